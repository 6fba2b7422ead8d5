// Typed SQL: what a page asks for, and what it gets.

import { parameter } from "./binding.ts";
import type { Value } from "./wire.ts";

/** What a page puts into SQL; whole numbers and flags go as INTEGER, which a REAL column makes its own. */
export type Input = null | boolean | number | string;

/** What the engine gives back; a `bigint` only beyond 2^53. */
export type Output = null | number | bigint | string | Uint8Array;

/** A question whose rows are of one type. The first column identifies a row. */
export interface Query<Row> {
  readonly sql: string;
  readonly values: readonly Input[];
  /** The tables that it reads: a subscription is looked at anew when one of them was written. */
  readonly tables: readonly string[];
  readonly row: (columns: readonly Output[]) => Row;
}

/** SQL inside one transaction; it ends when the function that got it has ended. */
export interface Transaction {
  execute(sql: string, values?: readonly Input[]): Promise<void>;
  query<Row>(query: Query<Row>): Promise<Row[]>;
}

/** How the value of a column becomes a field of a row. */
export type Kind = "plain" | "flag";

/** The fields of a row, and what they are made of; the columns have the same names in snake case. */
export type Fields<Row> = { readonly [Field in keyof Row]-?: Kind };

/** The rows of a table; `rest` is what stands behind its name in the statement. */
export function select<Row>(
  table: string,
  fields: Fields<Row>,
  rest = "",
  values: readonly Input[] = [],
): Query<Row> {
  const kinds = Object.entries(fields) as [string, Kind][];
  const columns = kinds.map(([field]) => columnOf(field)).join(", ");
  return {
    sql: `SELECT ${columns} FROM ${table} ${rest}`,
    values,
    tables: [table],
    row: (found) => {
      const pairs = kinds.map(([field, kind], index) => {
        const value = found[index];
        return [field, kind === "flag" ? value !== 0 : value];
      });
      return Object.fromEntries(pairs) as Row;
    },
  };
}

/** The column behind a field: `startPtsS` is `start_pts_s`. */
export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The statement and its bindings, exact for each value; `sql` has no question mark but its parameters. */
export function bound(sql: string, values: readonly Input[]): [string, unknown[]] {
  const parameters = values.map((value) => parameter(stored(value)));
  const [start, ...rest] = sql.split("?");
  if (rest.length !== values.length) throw new TypeError(`${values.length} values for ${sql}`);
  const text = start + rest.map((part, index) => parameters[index]?.[0] + part).join("");
  return [text, parameters.map(([, bindable]) => bindable)];
}

function stored(value: Input): Value {
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  // Half a character, as when an emoji was cut, has no place in UTF-8.
  return typeof value === "string" ? value.toWellFormed() : value;
}
