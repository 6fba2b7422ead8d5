import assert from "node:assert/strict";
import { test } from "node:test";
import { keyNames, matches } from "./keys.ts";

const press = (key: string, held: string[] = []) => ({
  key,
  ctrlKey: held.includes("ctrl"),
  metaKey: held.includes("meta"),
  altKey: held.includes("alt"),
  shiftKey: held.includes("shift"),
});

test("a combination is met by just its modifiers", () => {
  assert.ok(matches(press("z", ["ctrl"]), "Mod+z", false));
  assert.ok(matches(press("z", ["meta"]), "Mod+z", true));
  assert.ok(matches(press("Z", ["ctrl", "shift"]), "Mod+Shift+z", false));
  assert.ok(!matches(press("Z", ["ctrl", "shift"]), "Mod+z", false));
  assert.ok(!matches(press("z"), "Mod+z", false));
  assert.ok(!matches(press("ArrowLeft", ["shift"]), "ArrowLeft", false));
  assert.ok(!matches(press("ArrowLeft", ["alt"]), "ArrowLeft", false));
});

test("a sign is met however the keyboard makes it", () => {
  assert.ok(matches(press("?", ["shift"]), "?", false));
  assert.ok(matches(press("?"), "?", false));
  assert.ok(matches(press("+", ["shift"]), "+", false));
  assert.ok(matches(press("+", ["ctrl", "shift"]), "Mod++", false));
});

test("keys are named as they are written on the keyboard", () => {
  assert.deepEqual(keyNames("Mod+Shift+ArrowLeft", false), ["Ctrl", "Shift", "←"]);
  assert.deepEqual(keyNames("Mod+z", true), ["⌘", "Z"]);
  assert.deepEqual(keyNames("+", false), ["+"]);
  assert.deepEqual(keyNames(" ", false), ["Space"]);
});
