import { useEffect, useReducer, useSyncExternalStore } from "react";
import type { EditorSession } from "./session.ts";
import type { Snapshot } from "./store.ts";

/** The captions, live. */
export function useCaptions(session: EditorSession): Snapshot {
  return useSyncExternalStore(session.store.subscribe, session.store.snapshot);
}

/** The session itself, rendered anew when selection, drafts or the connection change. */
export function useEditor(session: EditorSession): EditorSession {
  const [, render] = useReducer((count: number) => count + 1, 0);
  useEffect(() => session.subscribe(render), [session]);
  return session;
}
