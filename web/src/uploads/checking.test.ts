import assert from "node:assert/strict";
import { test } from "node:test";
import { inBytes } from "./bytes.ts";
import { whyRefused } from "./checking.ts";
import { fingerprint } from "./fingerprint.ts";

const MP4 = Buffer.from("000000206674797069736f6d0000020069736f6d69736f32617663316d703431", "hex");
const MKV = Buffer.from(
  "1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b614287810442858102",
  "hex",
);

const file = (content: BlobPart, name: string) => new File([content, "\0".repeat(5000)], name);

test("videos are taken, whatever they are called", async () => {
  assert.equal(await whyRefused(file(MP4, "film"), 1e9), null);
  assert.equal(await whyRefused(file(MP4, "film.txt"), 1e9), null);
  assert.equal(await whyRefused(file(MKV, "film.mkv"), 1e9), null);
  assert.equal(await whyRefused(file("unknown", "tape.ts"), 1e9), null);
});

test("what is no video is refused with what it is", async () => {
  const png = Buffer.from("89504e470d0a1a0a0000000d494844520000000100000001", "hex");
  assert.match((await whyRefused(file(png, "film.mp4"), 1e9)) ?? "", /no video but image\/png/);
  assert.match((await whyRefused(file("plain text", "film.mp4"), 1e9)) ?? "", /no video/);
  assert.match((await whyRefused(new File([], "film.mp4"), 1e9)) ?? "", /empty/);
  assert.match((await whyRefused(file(MP4, "film.mp4"), 100)) ?? "", /at most 100 B/);
});

test("a file is known again by its content, not by its name", async () => {
  const big = new Uint8Array(5 << 20).fill(7);
  const same = await fingerprint(new File([big], "a.mp4"));
  assert.equal(await fingerprint(new File([big], "b.mp4", { lastModified: 1 })), same);
  assert.notEqual(await fingerprint(new File([big, "x"], "a.mp4")), same);
  for (const place of [0, big.length >> 1, big.length - 1]) {
    const other = big.slice();
    other[place] = 8;
    assert.notEqual(await fingerprint(new File([other], "a.mp4")), same);
  }
});

test("sizes are short", () => {
  assert.deepEqual([0, 999, 1000, 3_440_000, 20e9].map(inBytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "3.4 MB",
    "20 GB",
  ]);
});
