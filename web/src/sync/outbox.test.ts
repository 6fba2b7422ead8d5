import assert from "node:assert/strict";
import { test } from "node:test";
import type { Problem } from "./messages.ts";
import { Outbox } from "./outbox.ts";
import { type Batch, memoryStore, type Store } from "./store.ts";
import type { WireChange } from "./wire.ts";

const MANY = 1e9;
const never = (problem: Problem) => assert.fail(problem.message);

function change(row: number, column = "text", text = "x"): WireChange {
  return ["captions", `row ${row}`, column, ["t", text], 1, 1, "site", 1, 0];
}

function sender(): [string[], (batch: Batch) => void] {
  const sent: string[] = [];
  return [sent, ({ id }) => sent.push(id)];
}

test("a large transaction leaves in parts, and no row is torn", async () => {
  const outbox = new Outbox(memoryStore(), never);
  const changes = [..."ab"].flatMap((column) =>
    Array.from({ length: 400 }, (_, row) => change(row, column)),
  );
  await outbox.add(changes);
  const parts = outbox.waiting.map((batch) => batch.changes);
  assert.equal(parts.flat().length, changes.length);
  assert.ok(parts.length > 1);
  const rows = parts.map((part) => new Set(part.map(([, pk]) => pk)));
  assert.equal(
    rows.reduce((sum, row) => sum + row.size, 0),
    400,
  );
});

test("long texts are divided by their size", async () => {
  const outbox = new Outbox(memoryStore(), never);
  await outbox.add([
    change(1, "text", "x".repeat(150_000)),
    change(2, "text", "x".repeat(150_000)),
  ]);
  assert.equal(outbox.waiting.length, 2);
});

test("a bounded number is on its way, in order, and each once", async () => {
  const outbox = new Outbox(memoryStore(), never);
  for (let row = 0; row < 20; row++) await outbox.add([change(row)]);
  const order = outbox.waiting.map((batch) => batch.id);
  const [sent, send] = sender();
  outbox.flush(send, MANY);
  outbox.flush(send, MANY);
  assert.deepEqual(sent, order.slice(0, sent.length));
  assert.ok(sent.length < 20);
  await outbox.acked(sent[0] as string);
  outbox.flush(send, MANY);
  assert.deepEqual(sent, order.slice(0, sent.length));
});

test("what was not confirmed is sent again after an interruption", async () => {
  const outbox = new Outbox(memoryStore(), never);
  for (let row = 0; row < 3; row++) await outbox.add([change(row)]);
  const [sent, send] = sender();
  outbox.flush(send, MANY);
  await outbox.acked(sent[0] as string);
  outbox.interrupted();
  outbox.flush(send, MANY);
  assert.deepEqual(sent.slice(3), sent.slice(1, 3));
});

test("the server's limit of messages is kept", async () => {
  const outbox = new Outbox(memoryStore(), never);
  for (let row = 0; row < 8; row++) await outbox.add([change(row)]);
  const [sent, send] = sender();
  outbox.flush(send, 4);
  outbox.interrupted();
  assert.ok(sent.length > 0 && sent.length <= 3, `${sent.length} at once`);
});

test("confirmed batches are held until an image has them", async () => {
  const outbox = new Outbox(memoryStore(), never);
  for (let row = 0; row < 3; row++) await outbox.add([change(row)]);
  const held = [...outbox.unkept];
  for (const { id } of held.slice(0, 2)) await outbox.acked(id);
  assert.equal(outbox.unkept.length, 3);
  outbox.kept(held);
  assert.deepEqual(outbox.unkept, [held[2]]);
});

test("a browser that cannot keep an edit says so, and the edit is sent all the same", async () => {
  const full: Store = { ...memoryStore(), add: () => Promise.reject(new Error("full")) };
  const problems: Problem[] = [];
  const outbox = new Outbox(full, (problem) => problems.push(problem));
  await outbox.add([change(1)]);
  assert.deepEqual(
    problems.map(({ code }) => code),
    ["local_storage_failed"],
  );
  assert.equal(outbox.waiting.length, 1);
});
