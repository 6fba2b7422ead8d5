import assert from "node:assert/strict";
import { test } from "node:test";
import { refreshAfter } from "./token.ts";

const NOW = 1_700_000_000_000;

function token(claims: object): string {
  return `header.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.signature`;
}

test("a token is replaced a minute before its end", () => {
  assert.equal(refreshAfter(token({ exp: NOW / 1000 + 3600, sub: "ü?>" }), NOW), 3540_000);
});

test("a short token is replaced after half of its time", () => {
  assert.equal(refreshAfter(token({ exp: NOW / 1000 + 10 }), NOW), 5000);
  assert.equal(refreshAfter(token({ exp: NOW / 1000 - 10 }), NOW), 0);
});

test("a token that does not say when it ends is not replaced", () => {
  for (const unknown of ["opaque", "a.b.c", token({}), token({ exp: "soon" })]) {
    assert.equal(refreshAfter(unknown, NOW), null);
  }
});
