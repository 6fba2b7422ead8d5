import assert from "node:assert/strict";
import { test } from "node:test";

import type { Lease, SyncState } from "../sync/index.ts";
import { leaseWords, saveWords } from "./words.ts";

function state(fields: Partial<SyncState> = {}, lease: Partial<Lease> = {}): SyncState {
  return {
    connection: "online",
    lease: { mayWrite: false, reason: null, holder: null, expiresAt: null, ...lease },
    unsaved: 0,
    problem: null,
    isComplete: true,
    isPersistent: true,
    ...fields,
  };
}

test("who may write is told nothing", () => {
  assert.equal(leaseWords(state({}, { mayWrite: true }), "captions"), null);
});

test("a lease is told as a person would say it", () => {
  const anna = { kind: "user", name: "Anna", isSelf: false } as const;
  const words = (lease: Partial<Lease>) => leaseWords(state({}, lease), "layout")?.text;
  assert.match(words({ reason: "held_by_other", holder: anna })!, /^Anna is editing/);
  assert.match(words({ reason: "held_by_run" })!, /cutting the caption band, back in a moment/);
  assert.match(words({ reason: "viewer" })!, /viewer/);
});

test("only what would help is offered", () => {
  const action = (reason: Lease["reason"]) => leaseWords(state({}, { reason }), "captions")?.action;
  assert.equal(action("transferred"), "edit-here");
  assert.equal(action("expired"), "edit-here");
  assert.equal(action("held_by_other"), null);
  assert.equal(action("viewer"), null);
});

test("nothing is called saved that is not", () => {
  const mine = { mayWrite: true };
  assert.equal(saveWords(state({}, mine), false).text, "Saved");
  assert.equal(saveWords(state({}, mine), true).text, "Saving…");
  assert.equal(saveWords(state({ unsaved: 2 }, mine), false).text, "Saving…");
  assert.match(
    saveWords(state({ unsaved: 2, connection: "offline" }, mine), true).text,
    /3 changes kept/,
  );
  const problem = { code: "conflict", message: "Refused.", hint: "Load again." };
  assert.equal(saveWords(state({ problem }, mine), false).text, "Refused. Load again.");
});
