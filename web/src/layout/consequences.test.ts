import assert from "node:assert/strict";
import { test } from "node:test";
import { consequencesOf, consequenceWords } from "./consequences.ts";

const predicted = {
  boundaryState: "predicted",
  text: null,
  textStatus: null,
  textNotes: null,
} as const;

test("a caption stays as soon as a person has done anything to it", () => {
  const captions = [
    predicted,
    { ...predicted, boundaryState: "confirmed" as const },
    { ...predicted, text: "" },
    { ...predicted, textNotes: "who says this?" },
  ];
  assert.deepEqual(consequencesOf(captions), { kept: 3, redone: 1 });
});

test("what stays and what is done again is said in numbers", () => {
  const words = (kept: number, redone: number) =>
    consequenceWords({ kept, redone }).split(" Until");
  assert.equal(
    words(0, 13)[0],
    "Nobody has worked on a caption yet. 13 captions will be found and read again in the new band.",
  );
  assert.equal(
    words(1, 2)[0],
    "1 caption that people worked on stays as it is. 2 others will be found and read again in the new band.",
  );
  assert.equal(
    words(3, 0)[0],
    "3 captions that people worked on stay as they are. Others will be looked for in the new band.",
  );
});
