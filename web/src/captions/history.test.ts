import assert from "node:assert/strict";
import { test } from "node:test";

import type { Caption } from "./caption.ts";
import type { Edit } from "./edits.ts";
import { applySteps, Refusal } from "./edits.ts";
import { History } from "./history.ts";
import { mergeWithNext, remove, setText, split } from "./operations.ts";
import { sampleCaption, TIMES } from "./sample.ts";

const START = [sampleCaption(1, 0, 2), sampleCaption(2, 2, 4), sampleCaption(3, 5, 8)];

/** Somebody who edits. */
class Editor {
  captions: Caption[] = START;
  readonly history = new History();

  do(outcome: Edit | Refusal): void {
    const edit = this.#apply(outcome);
    this.history.add(edit);
  }

  undo(): void {
    this.#apply(this.history.undo(this.byId));
  }

  redo(): void {
    this.#apply(this.history.redo(this.byId));
  }

  get byId(): Map<number, Caption> {
    return new Map(this.captions.map((one) => [one.id, one]));
  }

  #apply(outcome: Edit | Refusal): Edit {
    if (outcome instanceof Refusal) assert.fail(outcome.message);
    this.captions = applySteps(this.captions, outcome.steps);
    return outcome;
  }
}

test("everything can be undone and done again", () => {
  const editor = new Editor();
  const states = [editor.captions];
  const steps = [
    () => setText(editor.captions, 1, "first"),
    () => split(editor.captions, 3, 6, TIMES),
    () => mergeWithNext(editor.captions, 1),
    () => remove(editor.captions, 1),
  ];
  for (const step of steps) {
    editor.do(step());
    states.push(editor.captions);
  }
  for (const state of states.slice(0, -1).reverse()) {
    editor.undo();
    assert.deepEqual(editor.captions, state);
  }
  assert.equal(editor.history.canUndo, false);
  for (const state of states.slice(1)) {
    editor.redo();
    assert.deepEqual(editor.captions, state);
  }
});

test("keystrokes in one text are undone together, until the text is left", () => {
  const editor = new Editor();
  for (const text of ["a", "ab", "abc"]) editor.do(setText(editor.captions, 1, text));
  editor.history.close();
  editor.do(setText(editor.captions, 1, "abcd"));
  editor.undo();
  assert.equal(editor.captions[0]?.text, "abc");
  editor.undo();
  assert.equal(editor.captions[0]?.text, null);
});

test("undo never reaches into others' edits", () => {
  const editor = new Editor();
  editor.do(setText(editor.captions, 1, "mine"));
  editor.captions = editor.captions.map((one) => (one.id === 1 ? { ...one, text: "theirs" } : one));
  assert.ok(editor.history.undo(editor.byId) instanceof Refusal);
  assert.equal(editor.captions[0]?.text, "theirs");
});

test("a new edit ends what could be done again", () => {
  const editor = new Editor();
  editor.do(setText(editor.captions, 1, "mine"));
  editor.undo();
  editor.do(setText(editor.captions, 2, "other"));
  assert.equal(editor.history.canRedo, false);
});
