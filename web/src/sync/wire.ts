// Changes as JSON, exact for every value that SQLite has; the counterpart of sync/wire.py, held to
// the same tests/unit/sync/vectors.json. An INTEGER is a bigint and a REAL a number, always: the
// two are one type in JavaScript otherwise, and would not stay what they are.

export type Value = null | bigint | number | string | Uint8Array;
export type WireValue = null | ["i" | "r" | "t" | "b", string];

/** A row of `crsql_changes`, in the order of its columns. */
export type Change = [
  table: string,
  pk: Uint8Array,
  cid: string,
  val: Value,
  colVersion: number,
  dbVersion: number,
  siteId: Uint8Array,
  cl: number,
  seq: number,
];
export type WireChange = [
  string,
  string,
  string,
  WireValue,
  number,
  number,
  string,
  number,
  number,
];

/** What came over the wire is not in order. */
export class WireError extends Error {}

const INTEGER = /^(?:-?[1-9][0-9]{0,18}|0)$/;
const REAL = /^(?:-?(?:[0-9]{1,400}(?:\.[0-9]{1,400})?(?:e[+-]?[0-9]{1,3})?|Infinity)|NaN)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const PARTS = 9;

export function encodeValue(value: Value): WireValue {
  if (value === null) return null;
  if (typeof value === "bigint") return ["i", value.toString()];
  if (typeof value === "number") return ["r", Object.is(value, -0) ? "-0.0" : String(value)];
  if (typeof value === "string") return ["t", value];
  return ["b", encodeBytes(value)];
}

export function decodeValue(wire: unknown): Value {
  if (wire === null) return null;
  if (!Array.isArray(wire) || wire.length !== 2 || typeof wire[1] !== "string") {
    throw new WireError("A value is not of the form [type, text].");
  }
  const [kind, text] = wire as [unknown, string];
  if (kind === "i" && INTEGER.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)) {
    return BigInt(text);
  }
  if (kind === "r" && REAL.test(text)) return decodeReal(text);
  if (kind === "t") return whole(text);
  if (kind === "b") return decodeBytes(text);
  throw new WireError("A value is not of the form [type, text].");
}

export function encodeChange(change: Change): WireChange {
  const [table, pk, cid, val, colVersion, dbVersion, siteId, cl, seq] = change;
  return [
    table,
    encodeBytes(pk),
    cid,
    encodeValue(val),
    colVersion,
    dbVersion,
    encodeBytes(siteId),
    cl,
    seq,
  ];
}

export function decodeChange(wire: unknown): Change {
  if (!Array.isArray(wire) || wire.length !== PARTS) {
    throw new WireError(`A change is not an array of ${PARTS}.`);
  }
  const [table, pk, cid, val, colVersion, dbVersion, siteId, cl, seq] = wire as unknown[];
  return [
    decodeText(table),
    decodeBytes(pk),
    decodeText(cid),
    decodeValue(val),
    decodeCount(colVersion),
    decodeCount(dbVersion),
    decodeBytes(siteId),
    decodeCount(cl),
    decodeCount(seq),
  ];
}

export function encodeBytes(content: Uint8Array): string {
  let binary = "";
  for (const byte of content) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function decodeBytes(wire: unknown): Uint8Array {
  if (typeof wire !== "string" || !BASE64.test(wire)) throw new WireError("Bytes are not base64.");
  return Uint8Array.from(atob(wire), (one) => one.charCodeAt(0));
}

function decodeReal(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) && /[0-9]$/.test(text)) {
    throw new WireError("A number is out of range.");
  }
  return value;
}

function decodeText(wire: unknown): string {
  if (typeof wire !== "string") throw new WireError("A part of a change is not a text.");
  return whole(wire);
}

function whole(text: string): string {
  if (!text.isWellFormed()) throw new WireError("A text holds half a character.");
  return text;
}

function decodeCount(wire: unknown): number {
  if (!Number.isSafeInteger(wire) || (wire as number) < 0) {
    throw new WireError("A version is not an integer from 0 to 2^53.");
  }
  return wire as number;
}
