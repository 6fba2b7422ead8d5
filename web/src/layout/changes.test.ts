import assert from "node:assert/strict";
import { test } from "node:test";

import type { Box } from "./boxes.ts";
import { LayoutHistory, labelling, undoneLabels } from "./changes.ts";

function box(id: number, label: Box["label"]): Box {
  return {
    id,
    frame: 0,
    text: "",
    left: 0,
    top: 0,
    right: 1,
    bottom: 1,
    label,
    predicted: "in",
    predictedConfidence: 1,
  };
}

test("labels are undone to what each box had, unless somebody else has said otherwise", () => {
  const change = labelling([box(1, null), box(2, "out"), box(3, "in")], "in");
  assert.ok(change?.kind === "labels");
  assert.deepEqual([...change.before.keys()], [1, 2]);
  const now = new Map([
    [1, "in" as const],
    [2, "clear" as const],
  ]);
  assert.deepEqual([...undoneLabels(change, now)], [[null, [1]]]);
});

test("labelling what is labelled like that is nothing", () => {
  assert.equal(labelling([box(1, "in")], "in"), null);
});

test("a region that somebody else has moved since stays", () => {
  const region = { left: 0, top: 0, right: 1, bottom: 1 };
  const moved = { ...region, left: 0.1 };
  const history = new LayoutHistory();
  history.add({ kind: "crop", before: region, after: moved });
  assert.equal(history.undo({ ...region, left: 0.2 }), null);
  history.add({ kind: "crop", before: region, after: moved });
  assert.ok(history.undo(moved));
  assert.ok(history.canRedo);
});
