import assert from "node:assert/strict";
import { test } from "node:test";

import {
  chunkName,
  chunkOf,
  cropFrameAt,
  cropFrameFrom,
  framesOfChunk,
  levelIndex,
  levelOf,
  levelOrdinal,
  standIns,
} from "./frames.ts";

test("each crop frame is found in exactly one chunk, at its place", () => {
  for (let index = 0; index < 5000; index++) {
    const { level, firstIndex, place } = chunkOf(index);
    assert.equal(level, levelOf(index));
    assert.equal(levelIndex(level, levelOrdinal(index)), index);
    assert.equal(framesOfChunk(level, firstIndex, 6000)[place], index);
  }
});

test("chunks have the names that the server gives them", () => {
  const { level, firstIndex } = chunkOf(1000);
  assert.equal(chunkName(2, level, firstIndex), "crop_frames_v2/modulo_4/chunk_0000000856.webm");
});

test("until a frame is there, those before it in coarser levels stand in", () => {
  assert.deepEqual(standIns(27), [27, 24, 16]);
  assert.deepEqual(standIns(32), [32, 32, 32]);
});

test("a moment and its crop frame agree with the server's", () => {
  assert.equal(cropFrameFrom(0.3), 3);
  assert.equal(cropFrameFrom(0.3000005), 3);
  assert.equal(cropFrameFrom(0.301), 4);
  assert.equal(cropFrameAt(0.39, 100), 3);
  assert.equal(cropFrameAt(99, 100), 99);
});
