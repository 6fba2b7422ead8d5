import assert from "node:assert/strict";
import { test } from "node:test";

import { markStep, timecode } from "./timecode.ts";

test("times are read as a clock, and no second has sixty parts too many", () => {
  assert.equal(timecode(0), "0:00.00");
  assert.equal(timecode(59.999), "1:00.00");
  assert.equal(timecode(3723.456, 3), "1:02:03.456");
  assert.equal(timecode(61, 0), "1:01");
});

test("marks keep their distance at any zoom", () => {
  for (const pxPerS of [0.1, 1, 7, 50, 400]) {
    assert.ok(markStep(pxPerS, 60) * pxPerS >= 60);
  }
});
