import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { LiveQueries } from "./live.ts";
import type { Output, Query } from "./query.ts";

interface Row {
  id: Output | undefined;
  text: Output | undefined;
}

const query: Query<Row> = {
  sql: "",
  values: [],
  tables: ["captions"],
  row: ([id, text]) => ({ id, text }),
};
const soon = () => wait(5);

function watched(answers: { rows: Output[][] }) {
  let asked = 0;
  const live = new LiveQueries(
    async () => {
      asked += 1;
      return answers.rows;
    },
    (error) => assert.fail(String(error)),
  );
  const told: Row[][] = [];
  const stop = live.subscribe(query, (rows) => told.push(rows));
  return { live, told, stop, asked: () => asked };
}

test("a listener is told at once, and again when its table was written", async () => {
  const answers = { rows: [[1, "a"]] as Output[][] };
  const { live, told } = watched(answers);
  await soon();
  answers.rows = [[1, "b"]];
  live.touched(new Set(["captions"]));
  await soon();
  assert.deepEqual(
    told.map((rows) => rows[0]?.text),
    ["a", "b"],
  );
});

test("much at once is looked at once, and other tables not at all", async () => {
  const { live, asked } = watched({ rows: [] });
  await soon();
  live.touched(new Set(["boxes"]));
  for (let times = 0; times < 10; times++) live.touched(new Set(["captions"]));
  await soon();
  assert.equal(asked(), 2);
});

test("a row that has not changed stays the same object", async () => {
  const answers = {
    rows: [
      [1, "a"],
      [2, "b"],
    ] as Output[][],
  };
  const { live, told } = watched(answers);
  await soon();
  answers.rows = [
    [0, "new"],
    [1, "a"],
    [2, "c"],
  ];
  live.touched("all");
  await soon();
  assert.equal(told[1]?.[1], told[0]?.[0]);
  assert.notEqual(told[1]?.[2], told[0]?.[1]);
});

test("nothing is told when nothing has changed, or when the listener has gone", async () => {
  const answers = { rows: [[1, "a"]] as Output[][] };
  const { live, told, stop } = watched(answers);
  await soon();
  live.touched("all");
  await soon();
  assert.equal(told.length, 1);
  answers.rows = [];
  live.touched("all");
  stop();
  await soon();
  assert.equal(told.length, 1);
});
