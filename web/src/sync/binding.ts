// Values into and out of the browser's SQLite without a loss. Its JavaScript interface ends texts
// at a NUL, makes NULL of an empty blob, and binds whole numbers as INTEGER, so the SQL around a
// value says what it is.

import type { Value } from "./wire.ts";

export type Bindable = null | bigint | number | string | Uint8Array;

/** What stands for the value in SQL, and what to bind to its one parameter. */
export function parameter(value: Value): [sql: string, bindable: Bindable] {
  if (typeof value === "number") return ["CAST(? AS REAL)", value];
  if (typeof value === "string" && value.includes("\0")) {
    return ["CAST(? AS TEXT)", new TextEncoder().encode(value)];
  }
  if (value instanceof Uint8Array && value.length === 0) return ["CAST(? AS BLOB)", ""];
  return ["?", value];
}

/** The two columns to select of `expression`, for `readColumn`. */
export function readable(expression: string): string {
  const bytes = `CASE typeof(${expression}) WHEN 'text' THEN CAST(${expression} AS BLOB)`;
  return `typeof(${expression}), ${bytes} ELSE ${expression} END`;
}

/** The value in the two columns. */
export function readColumn(type: unknown, content: unknown): Value {
  switch (type) {
    case "integer":
      return BigInt(content as number | bigint);
    case "real":
      return content as number;
    case "text":
      return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes(content));
    case "blob":
      return bytes(content);
    default:
      return null;
  }
}

function bytes(content: unknown): Uint8Array {
  return content instanceof Uint8Array ? content.slice() : new Uint8Array();
}
