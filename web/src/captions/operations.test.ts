import assert from "node:assert/strict";
import { test } from "node:test";

import type { Caption } from "./caption.ts";
import type { Edit } from "./edits.ts";
import { applySteps, isUntouched, Refusal, reversed } from "./edits.ts";
import { FrameTimes } from "./frames.ts";
import * as operations from "./operations.ts";
import { sampleCaption, TIMES } from "./sample.ts";

const ONE = sampleCaption(1, 1, 2);
const TWO = sampleCaption(2, 2, 4, { text: "second", textPending: false });
const THREE = sampleCaption(3, 6, 8);
const ALL = [ONE, TWO, THREE];

function done(outcome: Edit | Refusal): Edit {
  if (outcome instanceof Refusal) assert.fail(outcome.message);
  return outcome;
}

function after(outcome: Edit | Refusal, captions: readonly Caption[] = ALL): Caption[] {
  return applySteps(captions, done(outcome).steps);
}

test("a boundary moves by native frames, whatever the rate", () => {
  const varied = new FrameTimes(Float64Array.of(0, 1, 1.9, 1.95, 2, 2.5, 10));
  assert.equal(after(operations.nudge(ALL, 3, "start", 1, TIMES))[2]?.startS, 6.04);
  assert.equal(after(operations.nudge(ALL, 1, "end", -1, varied))[0]?.endS, 1.95);
  assert.equal(after(operations.nudge(ALL, 2, "end", 10, TIMES))[1]?.endS, 4.4);
});

test("a caption that is moved is confirmed and read again, and its crop frames fit", () => {
  const [moved] = after(operations.nudge(ALL, 1, "start", -3, TIMES));
  assert.equal(moved?.boundaryState, "confirmed");
  assert.equal(moved?.boundaryPending, false);
  assert.equal(moved?.textPending, true);
  assert.deepEqual([moved?.startFrame, moved?.endFrame], [9, 20]);
});

test("a boundary that meets the neighbour takes its time, and undo gives it back", () => {
  const edit = done(operations.nudge(ALL, 1, "end", 5, TIMES));
  const moved = applySteps(ALL, edit.steps);
  assert.deepEqual(
    moved.map((one) => [one.startS, one.endS]),
    [
      [1, 2.2],
      [2.2, 4],
      [6, 8],
    ],
  );
  assert.deepEqual(applySteps(moved, reversed(edit).steps), ALL);
});

test("no caption is pushed out of existence", () => {
  for (const [id, edge, count] of [
    [1, "end", 50],
    [1, "start", 25],
    [2, "start", -25],
    [3, "end", -50],
  ] as const) {
    assert.ok(operations.nudge(ALL, id, edge, count, TIMES) instanceof Refusal, `${id} ${edge}`);
  }
});

test("boundaries stay within the video", () => {
  const whole = [sampleCaption(1, 0, 10)];
  assert.ok(operations.nudge(whole, 1, "start", -1, TIMES) instanceof Refusal);
  assert.ok(operations.nudge(whole, 1, "end", 1, TIMES) instanceof Refusal);
});

test("a split gives two captions that share the moment", () => {
  const [first, second] = after(operations.split(ALL, 3, 7.01, TIMES)).slice(2);
  assert.deepEqual([first?.startS, first?.endS], [6, 7]);
  assert.deepEqual([second?.startS, second?.endS], [7, 8]);
  assert.ok(second!.id >= 2 ** 32 && second!.id < 2 ** 53);
});

test("a split at the caret divides the text too", () => {
  const whole = [sampleCaption(1, 0, 4, { ocrText: "one two" })];
  const [first, second] = after(operations.split(whole, 1, 2, TIMES, 3), whole);
  assert.deepEqual([first?.text, second?.text], ["one", "two"]);
});

test("a split outside the caption is refused", () => {
  assert.ok(operations.split(ALL, 3, 6, TIMES) instanceof Refusal);
  assert.ok(operations.split(ALL, 3, 9, TIMES) instanceof Refusal);
});

test("merging keeps both texts, and equal ones once", () => {
  const [merged] = after(operations.mergeWithNext(ALL, 1));
  assert.deepEqual([merged?.startS, merged?.endS, merged?.text], [1, 4, "caption 1\nsecond"]);
  const same = [ONE, sampleCaption(2, 2, 4, { text: "Caption 1" })];
  assert.equal(after(operations.mergeWithNext(same, 1), same)[0]?.text, "Caption 1");
  assert.ok(operations.mergeWithNext(ALL, 3) instanceof Refusal);
});

test("what nobody wrote is read again after a merge", () => {
  const unwritten = [ONE, sampleCaption(2, 2, 4)];
  assert.equal(after(operations.mergeWithNext(unwritten, 1), unwritten)[0]?.text, null);
});

test("a new caption fills the hole, no more", () => {
  const made = after(operations.insert(ALL, 5, TIMES)).find((one) => one.id >= 2 ** 32);
  assert.deepEqual([made?.startS, made?.endS, made?.ocrStatus], [5, 6, "queued"]);
  assert.ok(operations.insert(ALL, 3, TIMES) instanceof Refusal);
});

test("deleting goes on to the next caption", () => {
  const edit = done(operations.remove(ALL, 2));
  assert.equal(edit.focusId, 3);
  assert.deepEqual(applySteps(ALL, edit.steps), [ONE, THREE]);
  assert.equal(done(operations.remove(ALL, 3)).focusId, 2);
});

test("a gap can be taken back", () => {
  const gap = after(operations.toggleGap(ALL, 1));
  assert.equal(gap[0]?.boundaryState, "gap");
  assert.equal(after(operations.toggleGap(gap, 1), gap)[0]?.boundaryState, "confirmed");
});

test("confirming makes what was read a person's text", () => {
  const [confirmed] = after(operations.confirm(ALL, 1));
  assert.deepEqual(
    [confirmed?.text, confirmed?.textPending, confirmed?.boundaryPending, confirmed?.boundaryState],
    ["caption 1", false, false, "confirmed"],
  );
});

test("confirming does not vouch for a text that is being read", () => {
  const unread = [sampleCaption(1, 0, 1, { ocrStatus: "queued" })];
  const [confirmed] = after(operations.confirm(unread, 1), unread);
  assert.deepEqual([confirmed?.text, confirmed?.textPending], [null, true]);
});

test("an edit keeps what the server writes meanwhile", () => {
  const edit = done(operations.setText(ALL, 1, "corrected"));
  const read = [{ ...ONE, ocrText: "read again", ocrStatus: "completed" as const }, TWO, THREE];
  const [now] = applySteps(read, edit.steps);
  assert.deepEqual([now?.text, now?.ocrText], ["corrected", "read again"]);
});

test("an edit that somebody built on is noticed", () => {
  const edit = done(operations.setText(ALL, 1, "mine"));
  const mine = applySteps(ALL, edit.steps);
  const byId = (captions: Caption[]) => new Map(captions.map((one) => [one.id, one]));
  assert.ok(isUntouched(byId(mine), edit));
  assert.ok(!isUntouched(byId([{ ...mine[0]!, text: "theirs" }, TWO, THREE]), edit));
  assert.ok(isUntouched(byId([{ ...mine[0]!, endS: 1.96 }, TWO, THREE]), edit));
});
