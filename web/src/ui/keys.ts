// Key combinations as text: "ArrowLeft", "Shift+ArrowLeft", "Mod+z" (Ctrl, on a Mac ⌘), "?".

export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const NAMES: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  " ": "Space",
  Escape: "Esc",
  Delete: "Del",
};

export const isMac =
  typeof navigator !== "undefined" && /Mac|iP(hone|ad)/.test(navigator.userAgent);

/** Whether the press is this combination. Shift counts only for keys that it does not change. */
export function matches(press: KeyPress, combination: string, mac = isMac): boolean {
  const { key, modifiers } = parse(combination);
  const mod = mac ? press.metaKey : press.ctrlKey;
  const other = mac ? press.ctrlKey : press.metaKey;
  if (
    mod !== modifiers.has("Mod") ||
    other !== modifiers.has("Ctrl") ||
    press.altKey !== modifiers.has("Alt")
  ) {
    return false;
  }
  if (press.key.toLowerCase() !== key.toLowerCase()) return false;
  return isSymbol(key) || press.shiftKey === modifiers.has("Shift");
}

/** The keys as they are written on the keyboard. */
export function keyNames(combination: string, mac = isMac): string[] {
  const { key, modifiers } = parse(combination);
  const before = [...modifiers].map((one) => (one === "Mod" ? (mac ? "⌘" : "Ctrl") : one));
  return [...before, NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key)];
}

function parse(combination: string): { key: string; modifiers: Set<string> } {
  const parts = combination === "+" ? ["+"] : combination.split(/\+(?=.)/);
  const key = parts.at(-1) ?? "";
  return { key, modifiers: new Set(parts.slice(0, -1)) };
}

function isSymbol(key: string): boolean {
  return key.length === 1 && key !== " " && key.toLowerCase() === key.toUpperCase();
}
