import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import type { Flag } from "./flags.ts";
import { FlagFinder, flagsOf } from "./flags.ts";
import { sampleCaption } from "./sample.ts";

interface Vector {
  readonly name: string;
  readonly captions: readonly [number, number, string, number][];
  readonly flags: readonly Flag[][];
}

const FILE = new URL("../../../tests/unit/captions/flag_vectors.json", import.meta.url);
const VECTORS = JSON.parse(readFileSync(FILE, "utf8")) as Vector[];

for (const { name, captions, flags } of VECTORS) {
  test(`flags are the server's: ${name}`, () => {
    const items = captions.map(([startS, endS, text, confidence]) => ({
      startS,
      endS,
      text,
      confidence,
    }));
    assert.deepEqual(flagsOf(items), flags);
  });
}

test("what is being read is not called empty, and a gap has no flags", () => {
  const captions = [
    sampleCaption(1, 0, 2, { ocrText: null, ocrConfidence: null, ocrStatus: "queued" }),
    sampleCaption(2, 3, 3.2, { boundaryState: "gap" }),
    sampleCaption(3, 5, 7, { ocrText: null, ocrConfidence: null }),
    sampleCaption(4, 9, 12, { ocrConfidence: 0.1, text: "a person's" }),
  ];
  assert.deepEqual(
    [...new FlagFinder().find(captions)],
    [
      [1, []],
      [3, ["empty_text"]],
      [4, []],
    ],
  );
});

test("a caption that changes is judged again, and so are its neighbours", () => {
  const finder = new FlagFinder();
  const before = [
    sampleCaption(1, 0, 2, { text: "Where are we now" }),
    sampleCaption(2, 2, 4, { text: "something else" }),
    sampleCaption(3, 4, 6),
  ];
  assert.deepEqual([...finder.find(before).values()], [[], [], []]);
  const after = before.map((one) => (one.id === 2 ? { ...one, text: "Where are we now?" } : one));
  const duplicate = ["near_duplicate_neighbour"];
  assert.deepEqual([...finder.find(after).values()], [duplicate, duplicate, []]);
});
