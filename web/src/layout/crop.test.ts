import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleCaption } from "../captions/sample.ts";
import type { Box } from "./boxes.ts";
import { byFrame, cutBy, inside, labelOf, telling } from "./boxes.ts";
import { consequencesOf } from "./consequences.ts";
import { around, between, isSame, LEAST_SIDE, withPlace, withSidesMoved } from "./crop.ts";

const REGION = { left: 0.1, top: 0.7, right: 0.9, bottom: 0.9 };

function box(id: number, fields: Partial<Box> = {}): Box {
  return {
    id,
    frame: 0,
    text: "",
    left: 0.3,
    top: 0.75,
    right: 0.7,
    bottom: 0.85,
    label: null,
    predicted: "in",
    predictedConfidence: 0.9,
    ...fields,
  };
}

test("a region keeps its size when it is moved against the frame's edge", () => {
  const moved = withPlace(REGION, 0.5, 0.5);
  assert.ok(isSame(moved, { left: 0.2, top: 0.8, right: 1, bottom: 1 }));
});

test("sides stop at the frame's edge and before each other", () => {
  assert.equal(withSidesMoved(REGION, ["left"], -1, 0).left, 0);
  assert.equal(withSidesMoved(REGION, ["top"], 0, 1).top, 0.9 - LEAST_SIDE);
  const corner = withSidesMoved(REGION, ["right", "bottom"], 0.05, 0.05);
  assert.ok(isSame(corner, { left: 0.1, top: 0.7, right: 0.95, bottom: 0.95 }));
});

test("a region can be drawn from any corner", () => {
  assert.deepEqual(between(0.9, 1.2, 0.1, 0.7), { left: 0.1, top: 0.7, right: 0.9, bottom: 1 });
});

test("a caption that would be cut is noticed, other text is not", () => {
  const cut = [box(1, { left: 0.05 }), box(2, { bottom: 0.93 }), box(3, { top: 0.1, bottom: 0.2 })];
  const fine = [
    box(4),
    box(5, { top: 0.1, bottom: 0.2, predicted: "out" }),
    box(6, { left: 0.05, label: "out" }),
    box(7, { left: 0.0, label: "clear" }),
  ];
  assert.deepEqual(cutBy([...cut, ...fine], REGION), cut);
});

test("a person's label counts before the program's", () => {
  assert.equal(labelOf(box(1, { label: "out" })), "out");
  assert.equal(labelOf(box(1)), "in");
});

test("drag-select takes every box that it touches", () => {
  const boxes = [box(1), box(2, { top: 0.1, bottom: 0.2 })];
  assert.deepEqual(inside(boxes, between(0.6, 0.8, 0.95, 0.95)), [boxes[0]]);
});

test("the preview shows frames with captions from all over the video", () => {
  const boxes = Array.from({ length: 100 }, (_, frame) =>
    box(frame, { frame, predicted: frame % 2 ? "in" : "out" }),
  );
  assert.deepEqual(telling(byFrame(boxes), 3), [1, 51, 99]);
});

test("the region around labelled captions has room on every side", () => {
  assert.ok(
    isSame(around([box(1), box(2, { right: 0.99 })], 0.02), {
      left: 0.28,
      top: 0.73,
      right: 1,
      bottom: 0.87,
    }),
  );
  assert.equal(around([], 0.02), null);
});

test("what a person has worked on is kept when the layout changes", () => {
  const captions = [
    sampleCaption(1, 0, 1),
    sampleCaption(2, 1, 2, { text: "written" }),
    sampleCaption(3, 2, 3, { boundaryState: "gap" }),
    sampleCaption(4, 3, 4, { textNotes: "sung" }),
  ];
  assert.deepEqual(consequencesOf(captions), { kept: 3, redone: 1 });
});
