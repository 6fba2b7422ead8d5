import assert from "node:assert/strict";
import { test } from "node:test";

import { CropFrames } from "./cropFrames.ts";
import { FRAMES_PER_CHUNK } from "./frames.ts";
import type { Picture } from "./picture.ts";

const FRAME_BYTES = 100;

const fail = (error: unknown) => assert.fail(String(error));

/** A store of chunks that answers when it is told to. */
class Chunks {
  readonly asked: string[] = [];
  readonly #waiting: (() => void)[] = [];

  read = (name: string): Promise<Picture[]> => {
    this.asked.push(name.split("/")[1]!);
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(Array.from({ length: FRAMES_PER_CHUNK }, picture)));
    });
  };

  async answerAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      for (const answer of this.#waiting.splice(0)) answer();
      await new Promise(setImmediate);
    }
  }
}

function picture(): Picture {
  const init = { format: "I420" as const, codedWidth: 1, codedHeight: 1, timestamp: 0 };
  return { planes: new Uint8Array(FRAME_BYTES), init };
}

test("coarse frames come before fine ones, and stand in for them", async () => {
  const chunks = new Chunks();
  const frames = new CropFrames(1, 1000, chunks.read, fail);
  assert.equal(frames.best(27), null);
  frames.want([27, 600]);
  assert.deepEqual(chunks.asked, ["modulo_16", "modulo_16", "modulo_4"]);
  await chunks.answerAll();
  assert.deepEqual(chunks.asked.slice(3), ["modulo_4", "modulo_1"]);
  assert.deepEqual([frames.best(27)?.index, frames.best(27)?.isExact], [27, true]);
  assert.deepEqual([frames.best(41)?.index, frames.best(41)?.isExact], [41, true]);
  assert.equal(frames.best(300)?.isExact, false);
});

test("memory is bounded, and what was looked at last stays", async () => {
  const chunks = new Chunks();
  const frames = new CropFrames(1, 100_000, chunks.read, fail, 4 * FRAMES_PER_CHUNK * FRAME_BYTES);
  for (let index = 1; index < 50_000; index += 1000) {
    frames.want([index]);
    await chunks.answerAll();
    assert.ok(frames.heldBytes <= 4 * FRAMES_PER_CHUNK * FRAME_BYTES);
    assert.equal(frames.best(index)?.isExact, true);
  }
});

test("what is no longer wanted is not loaded", async () => {
  const chunks = new Chunks();
  const frames = new CropFrames(1, 100_000, chunks.read, fail);
  for (let index = 1; index < 50_000; index += 1000) frames.want([index]);
  await chunks.answerAll();
  assert.ok(chunks.asked.length <= 9, `${chunks.asked.length} chunks`);
  assert.equal(frames.best(49_001)?.isExact, true);
});

test("a chunk that fails leaves the coarser frame, is told once, and is not asked for over and over", async () => {
  let asked = 0;
  const told: unknown[] = [];
  const read = (name: string) => {
    asked += 1;
    if (name.includes("modulo_1/")) return Promise.reject(new Error("gone"));
    return Promise.resolve(Array.from({ length: FRAMES_PER_CHUNK }, picture));
  };
  const frames = new CropFrames(1, 1000, read, (error) => told.push(error));
  for (let round = 0; round < 5; round++) {
    frames.want([27]);
    await new Promise(setImmediate);
  }
  assert.equal(frames.best(27)?.index, 24);
  assert.equal(asked, 3);
  assert.equal(told.length, 1);
});

test("frames beyond the video are not asked for", () => {
  const chunks = new Chunks();
  new CropFrames(1, 10, chunks.read, fail).want([-1, 10]);
  assert.deepEqual(chunks.asked, []);
});
