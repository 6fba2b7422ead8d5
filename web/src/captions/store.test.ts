import assert from "node:assert/strict";
import { test } from "node:test";

import type { Step } from "./edits.ts";
import { applySteps } from "./edits.ts";
import { remove, setText, split } from "./operations.ts";
import { sampleCaption, TIMES } from "./sample.ts";
import { CaptionStore } from "./store.ts";

const START = [sampleCaption(1, 0, 2), sampleCaption(2, 2, 4)];

/** A store over a database that answers when it is told to. */
function open() {
  const answers: { steps: readonly Step[]; resolve: () => void; reject: (error: Error) => void }[] =
    [];
  const told: string[] = [];
  const store = new CaptionStore(
    (steps) => new Promise((resolve, reject) => answers.push({ steps, resolve, reject })),
    (message) => told.push(message),
  );
  store.receive(START);
  const texts = () => store.snapshot().captions.map((one) => one.text ?? one.ocrText);
  return { store, answers, told, texts };
}

const settled = () => new Promise(setImmediate);

test("an edit shows before it is stored, and stays while the database catches up", async () => {
  const { store, answers, texts } = open();
  store.perform(setText(store.snapshot().captions, 1, "new"));
  assert.deepEqual(texts(), ["new", "caption 2"]);
  store.receive(START.map((one) => (one.id === 2 ? { ...one, ocrText: "theirs" } : one)));
  assert.deepEqual(texts(), ["new", "theirs"]);
  answers[0]!.resolve();
  await settled();
  assert.deepEqual(texts(), ["new", "theirs"]);
});

test("what is refused is taken back and told", async () => {
  const { store, answers, told, texts } = open();
  store.perform(remove(store.snapshot().captions, 1));
  assert.deepEqual(texts(), ["caption 2"]);
  answers[0]!.reject(new Error("Anna is editing."));
  await settled();
  assert.deepEqual(texts(), ["caption 1", "caption 2"]);
  assert.deepEqual(told, ["Anna is editing."]);
  assert.equal(store.snapshot().canUndo, false);
});

test("undo is stored like any edit", async () => {
  const { store, answers } = open();
  store.perform(split(store.snapshot().captions, 2, 3, TIMES));
  store.undo();
  for (const { resolve } of answers) resolve();
  await settled();
  const stored = answers.map(({ steps }) => steps).reduce(applySteps, [...START]);
  assert.deepEqual(stored, START);
  assert.deepEqual(store.snapshot().captions, START);
});

test("others' captions appear in order of time", () => {
  const { store } = open();
  store.receive([...START, sampleCaption(9, 1, 1.5)]);
  assert.deepEqual(
    store.snapshot().captions.map((one) => one.id),
    [1, 9, 2],
  );
});
