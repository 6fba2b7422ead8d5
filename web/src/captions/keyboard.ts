// The editor's keys. With Alt they work everywhere, without it where nobody is writing. Keys are
// places on the keyboard, so that the pairs lie beside each other whatever is printed on them.

export type Command =
  | "confirm"
  | "previous"
  | "next"
  | "previousFlagged"
  | "nextFlagged"
  | "frameBack1"
  | "frameBack10"
  | "frameBack50"
  | "frameOn1"
  | "frameOn10"
  | "frameOn50"
  | "startEarlier"
  | "startLater"
  | "endEarlier"
  | "endLater"
  | "startEarlier10"
  | "startLater10"
  | "endEarlier10"
  | "endLater10"
  | "startHere"
  | "endHere"
  | "split"
  | "merge"
  | "insert"
  | "remove"
  | "gap"
  | "issue"
  | "takeReading"
  | "play"
  | "undo"
  | "redo"
  | "find"
  | "write"
  | "leave";

export interface Pressed {
  readonly key: string;
  readonly code: string;
  readonly altKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly isComposing: boolean;
  readonly keyCode: number;
}

/** Where the focus is: a caption's text, another field, a button or link, or none of them. */
export type Place = "text" | "field" | "control" | "page";

const IME_KEY = 229;

const FRAMES: Readonly<Record<string, readonly [Command, Command, Command]>> = {
  ArrowLeft: ["frameBack1", "frameBack10", "frameBack50"],
  ArrowRight: ["frameOn1", "frameOn10", "frameOn50"],
};

const PLAIN: Readonly<Record<string, Command>> = {
  ArrowUp: "previous",
  ArrowDown: "next",
  KeyQ: "startEarlier",
  KeyW: "startLater",
  KeyE: "endEarlier",
  KeyR: "endLater",
  KeyI: "startHere",
  KeyO: "endHere",
  KeyS: "split",
  KeyM: "merge",
  KeyN: "insert",
  KeyG: "gap",
  KeyX: "issue",
  KeyT: "takeReading",
  KeyA: "play",
  Delete: "remove",
  Backspace: "remove",
};

const SHIFTED: Readonly<Record<string, Command>> = {
  KeyQ: "startEarlier10",
  KeyW: "startLater10",
  KeyE: "endEarlier10",
  KeyR: "endLater10",
};

/** What the key means there; null if it is nobody's, or an input method's that is composing. */
export function commandOf(event: Pressed, place: Place): Command | null {
  if (event.isComposing || event.keyCode === IME_KEY) return null;
  if (event.key === "F8") return event.shiftKey ? "previousFlagged" : "nextFlagged";
  if (event.ctrlKey || event.metaKey) return withControl(event, place);
  if (event.altKey) return placed(event);
  if (place === "text") return inText(event);
  if (place === "field") return null;
  // Enter and the space bar press what has the focus.
  if (place === "control" && (event.key === "Enter" || event.key === " ")) return null;
  return onPage(event);
}

function withControl(event: Pressed, place: Place): Command | null {
  if (event.code in FRAMES) {
    const isFree = event.altKey || place === "page" || place === "control";
    return isFree ? FRAMES[event.code]![2] : null;
  }
  if (event.altKey) return null;
  // By what is printed: Ctrl+Z is at another place on other keyboards.
  const key = event.key.toLowerCase();
  if (key === "f") return "find";
  if (place === "field") return null;
  if (key === "z") return event.shiftKey ? "redo" : "undo";
  return key === "y" ? "redo" : null;
}

function placed(event: Pressed): Command | null {
  const frames = FRAMES[event.code];
  if (frames) return frames[event.shiftKey ? 1 : 0];
  return (event.shiftKey ? SHIFTED[event.code] : PLAIN[event.code]) ?? null;
}

function inText(event: Pressed): Command | null {
  if (event.key === "Enter") return event.shiftKey ? null : "confirm";
  return event.key === "Escape" ? "leave" : null;
}

function onPage(event: Pressed): Command | null {
  if (event.key === "Enter") return event.shiftKey ? "write" : "confirm";
  if (event.key === " ") return "play";
  if (event.key === "F2") return "write";
  return placed(event);
}

export interface Shortcut {
  readonly keys: readonly string[];
  readonly label: string;
  readonly command: Command;
}

function shortcut(label: string, command: Command, ...keys: string[]): Shortcut {
  return { label, command, keys };
}

/** All of them, for people. */
export const SHORTCUTS: Readonly<Record<string, readonly Shortcut[]>> = {
  Text: [
    shortcut("Confirm, and on to the next", "confirm", "Enter"),
    shortcut("Take what was read", "takeReading", "Alt+t", "t"),
    shortcut("Find and replace", "find", "Mod+f"),
    shortcut("Undo", "undo", "Mod+z"),
    shortcut("Redo", "redo", "Mod+Shift+z", "Mod+y"),
    shortcut("Into the text", "write", "F2"),
    shortcut("Out of it: no Alt needed there", "leave", "Escape"),
  ],
  "Going through": [
    shortcut("Next caption", "next", "Alt+ArrowDown", "ArrowDown"),
    shortcut("Caption before", "previous", "Alt+ArrowUp", "ArrowUp"),
    shortcut("Next one to look at", "nextFlagged", "F8"),
    shortcut("Last one to look at", "previousFlagged", "Shift+F8"),
    shortcut("A frame on", "frameOn1", "Alt+ArrowRight", "ArrowRight"),
    shortcut("A frame back", "frameBack1", "Alt+ArrowLeft", "ArrowLeft"),
    shortcut("10 frames on", "frameOn10", "Alt+Shift+ArrowRight", "Shift+ArrowRight"),
    shortcut("10 frames back", "frameBack10", "Alt+Shift+ArrowLeft", "Shift+ArrowLeft"),
    shortcut("50 frames on", "frameOn50", "Mod+Alt+ArrowRight", "Mod+ArrowRight"),
    shortcut("50 frames back", "frameBack50", "Mod+Alt+ArrowLeft", "Mod+ArrowLeft"),
    shortcut("Play or stop", "play", "Alt+a", " "),
  ],
  "Times, by native frames (Shift: 10)": [
    shortcut("Start earlier", "startEarlier", "Alt+q", "q"),
    shortcut("Start later", "startLater", "Alt+w", "w"),
    shortcut("End earlier", "endEarlier", "Alt+e", "e"),
    shortcut("End later", "endLater", "Alt+r", "r"),
    shortcut("Start here", "startHere", "Alt+i", "i"),
    shortcut("End here", "endHere", "Alt+o", "o"),
  ],
  Captions: [
    shortcut("Split here, the text at the cursor", "split", "Alt+s", "s"),
    shortcut("Merge with the next", "merge", "Alt+m", "m"),
    shortcut("New caption here", "insert", "Alt+n", "n"),
    shortcut("Delete", "remove", "Alt+Delete", "Delete"),
    shortcut("Gap: no caption here", "gap", "Alt+g", "g"),
    shortcut("Mark, to come back to it", "issue", "Alt+x", "x"),
  ],
};
