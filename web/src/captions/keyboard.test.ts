import assert from "node:assert/strict";
import { test } from "node:test";

import type { Command, Place, Pressed } from "./keyboard.ts";
import { commandOf } from "./keyboard.ts";

function press(text: string, place: Place, fields: Partial<Pressed> = {}): Command | null {
  const parts = text.split("+");
  const key = parts.at(-1)!;
  return commandOf(
    {
      key: key.replace(/^Key/, "").replace(/^(.)$/, (one) => one.toLowerCase()),
      code: key,
      altKey: parts.includes("Alt"),
      ctrlKey: parts.includes("Ctrl"),
      metaKey: parts.includes("Meta"),
      shiftKey: parts.includes("Shift"),
      isComposing: false,
      keyCode: 0,
      ...fields,
    },
    place,
  );
}

test("one key confirms and goes on, from the text and from elsewhere", () => {
  assert.equal(press("Enter", "text"), "confirm");
  assert.equal(press("Enter", "page"), "confirm");
  assert.equal(press("Shift+Enter", "text"), null);
});

test("no key means anything while an input method composes", () => {
  for (const key of ["Enter", "Escape", "Alt+KeyS", "F8", "Ctrl+KeyZ"]) {
    assert.equal(press(key, "text", { isComposing: true }), null, key);
    assert.equal(press(key, "text", { keyCode: 229 }), null, key);
  }
});

test("who writes can write: no plain key is taken from a text", () => {
  for (const key of [
    "KeyQ",
    "KeyS",
    "Delete",
    "Backspace",
    "ArrowLeft",
    "ArrowUp",
    "Ctrl+ArrowLeft",
  ]) {
    assert.equal(press(key, "text"), null, key);
    assert.equal(press(key, "field"), null, key);
  }
});

test("with Alt every command works while writing, without it elsewhere", () => {
  const commands: [string, Command][] = [
    ["KeyQ", "startEarlier"],
    ["KeyR", "endLater"],
    ["Shift+KeyW", "startLater10"],
    ["KeyS", "split"],
    ["KeyM", "merge"],
    ["KeyN", "insert"],
    ["Delete", "remove"],
    ["KeyG", "gap"],
    ["ArrowDown", "next"],
    ["ArrowRight", "frameOn1"],
    ["Shift+ArrowLeft", "frameBack10"],
  ];
  for (const [keys, command] of commands) {
    assert.equal(press(`Alt+${keys}`, "text"), command, keys);
    assert.equal(press(keys, "page"), command, keys);
  }
  assert.equal(press("Ctrl+Alt+ArrowRight", "text"), "frameOn50");
  assert.equal(press("Ctrl+ArrowRight", "page"), "frameOn50");
});

test("undo is at the printed letter, and another field's undo is its own", () => {
  assert.equal(press("Ctrl+KeyY", "text", { key: "z" }), "undo");
  assert.equal(press("Meta+Shift+KeyZ", "page"), "redo");
  assert.equal(press("Ctrl+KeyZ", "field"), null);
});
