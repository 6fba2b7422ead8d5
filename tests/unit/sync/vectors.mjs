// Holds the codec of the page to the vectors; prints every disagreement, nothing if there is none.
import { readFileSync } from "node:fs";

const [codec, vectors] = process.argv.slice(2);
const { decodeValue, encodeValue, decodeChange, encodeChange, WireError } = await import(codec);
const known = JSON.parse(readFileSync(vectors, "utf8"));
const hex = (bytes) => Buffer.from(bytes).toString("hex");

function exact(value) {
  if (value === null) return ["null", ""];
  if (typeof value === "bigint") return ["integer", value.toString()];
  if (typeof value === "string") return ["text", hex(new TextEncoder().encode(value))];
  if (value instanceof Uint8Array) return ["blob", hex(value)];
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  return ["real", hex(new Uint8Array(bits.buffer))];
}

function check(name, got, wanted) {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) {
    console.log(`${name}: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`);
  }
}

function checkRefused(name, decode) {
  try {
    decode();
    console.log(`${name}: accepted`);
  } catch (error) {
    if (!(error instanceof WireError)) console.log(`${name}: ${error}`);
  }
}

for (const { name, type, exact: wanted, wire } of [...known.values, ...known.also_accepted]) {
  check(name, exact(decodeValue(wire)), [type, wanted]);
  check(`${name} again`, exact(decodeValue(encodeValue(decodeValue(wire)))), [type, wanted]);
}
for (const { name, type, wire } of known.values) {
  if (type !== "real") check(`${name} encoded`, encodeValue(decodeValue(wire)), wire);
}
for (const { name, wire } of known.refused) checkRefused(name, () => decodeValue(wire));
for (const { name, wire } of known.accepted_changes) {
  check(name, encodeChange(decodeChange(wire)), wire);
}
for (const { name, wire } of known.refused_changes) checkRefused(name, () => decodeChange(wire));
