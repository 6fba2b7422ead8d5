// The editor's keys on the page, before any other's, and in the list of all shortcuts.

import { useEffect, useRef } from "react";
import { useShortcuts } from "../ui/shortcuts.tsx";
import type { Command, Place } from "./keyboard.ts";
import { commandOf, SHORTCUTS } from "./keyboard.ts";

export function useEditorKeys(run: (command: Command) => void): void {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const place = placeOf(event.target);
      const command = place && commandOf(event, place);
      if (!command) return;
      event.preventDefault();
      event.stopPropagation();
      latest.current(command);
    };
    addEventListener("keydown", onKey, { capture: true });
    return () => removeEventListener("keydown", onKey, { capture: true });
  }, []);
  useGroup("Captions", run);
  useGroup("Times, by native frames (Shift: 10)", run);
  useGroup("Going through", run);
  useGroup("Text", run);
}

function useGroup(group: string, run: (command: Command) => void): void {
  useShortcuts(
    group,
    (SHORTCUTS[group] ?? []).map(({ keys, label, command }) => ({
      keys: [...keys],
      label,
      run: () => run(command),
    })),
  );
}

/** Where the focus is; null where keys are somebody else's: dialogs, menus, pressed buttons. */
function placeOf(target: EventTarget | null): Place | null {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.closest('[role="dialog"], [role="menu"]')) return null;
  if (target.matches("[data-caption-text]")) return "text";
  if (target.matches("input, textarea, select")) return "field";
  return target.matches("button, a, summary, video") ? "control" : "page";
}
