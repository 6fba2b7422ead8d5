import assert from "node:assert/strict";
import { test } from "node:test";

import { applySteps, Refusal } from "./edits.ts";
import type { Search } from "./find.ts";
import { expressionOf, findAll, replaceAll } from "./find.ts";
import { sampleCaption } from "./sample.ts";

const CAPTIONS = [
  sampleCaption(1, 0, 1, { ocrText: "The cat. The dog." }),
  sampleCaption(2, 1, 2, { text: "the end (really)" }),
  sampleCaption(3, 2, 3, { ocrText: "猫在这里" }),
];

function expression(pattern: string, fields: Partial<Search> = {}): RegExp {
  const found = expressionOf({ pattern, isRegex: false, isCaseSensitive: false, ...fields });
  assert.ok(found instanceof RegExp);
  return found;
}

test("all places are found, in order, in any script", () => {
  assert.deepEqual(
    findAll(CAPTIONS, expression("the")).map((one) => [one.id, one.start]),
    [
      [1, 0],
      [1, 9],
      [2, 0],
    ],
  );
  assert.equal(findAll(CAPTIONS, expression("the", { isCaseSensitive: true })).length, 1);
  assert.equal(findAll(CAPTIONS, expression("(really)")).length, 1);
  assert.equal(findAll(CAPTIONS, expression("在")).length, 1);
});

test("an expression's groups can be put back; plain text is taken as it is", () => {
  const groups = replaceAll(CAPTIONS, expression("(cat|dog)", { isRegex: true }), "[$1]", true);
  assert.ok(!(groups instanceof Refusal));
  assert.equal(applySteps(CAPTIONS, groups.steps)[0]?.text, "The [cat]. The [dog].");
  const plain = replaceAll(CAPTIONS, expression("cat"), "$1", false);
  assert.ok(!(plain instanceof Refusal));
  assert.equal(applySteps(CAPTIONS, plain.steps)[0]?.text, "The $1. The dog.");
});

test("what is not there, or no expression, is said", () => {
  assert.ok(replaceAll(CAPTIONS, expression("absent"), "", false) instanceof Refusal);
  assert.ok(
    expressionOf({ pattern: "(", isRegex: true, isCaseSensitive: false }) instanceof Refusal,
  );
  assert.equal(expressionOf({ pattern: "", isRegex: false, isCaseSensitive: false }), null);
});

test("an expression that matches nothing at all ends", () => {
  assert.deepEqual(findAll(CAPTIONS, expression("x*", { isRegex: true })), []);
});
