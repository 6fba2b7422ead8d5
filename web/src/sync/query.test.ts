import assert from "node:assert/strict";
import { test } from "node:test";
import { bound, columnOf, type Input, select } from "./query.ts";

test("a field is named as its column", () => {
  assert.equal(columnOf("startPtsS"), "start_pts_s");
});

test("whole numbers and flags are bound as integers, others as they are", () => {
  const values: Input[] = [1, true, 2.5, "a", null];
  assert.deepEqual(bound("SELECT ?, ?, ?, ?, ?", values), [
    "SELECT ?, ?, CAST(? AS REAL), ?, ?",
    [1n, 1n, 2.5, "a", null],
  ]);
});

test("a text that SQLite would cut is not cut, and half a character is replaced", () => {
  const [sql, [whole, half]] = bound("SELECT ?, ?", ["a\0b", "\ud83d"]);
  assert.equal(sql, "SELECT CAST(? AS TEXT), ?");
  assert.deepEqual(whole, new TextEncoder().encode("a\0b"));
  assert.equal(half, "\ufffd");
});

test("a statement gets as many values as it has places", () => {
  assert.throws(() => bound("SELECT ?", []), TypeError);
});

test("a row has the fields that were asked for", () => {
  const query = select<{ id: number; textPending: boolean }>("captions", {
    id: "plain",
    textPending: "flag",
  });
  assert.match(query.sql, /^SELECT id, text_pending FROM captions/);
  assert.deepEqual(query.row([7, 0]), { id: 7, textPending: false });
});
