// Leases and saving in words that a person would use.

import type { SyncState } from "../sync/index.ts";

export interface Words {
  readonly tone: "calm" | "locked" | "busy" | "warning" | "danger";
  readonly text: string;
  /** What a person can do about it. */
  readonly action: "edit-here" | null;
}

type DatabaseName = "layout" | "captions";

/** Why nothing can be changed here now; null if it can. */
export function leaseWords(state: SyncState, name: DatabaseName): Words | null {
  const { lease } = state;
  if (lease.mayWrite || !state.isComplete) return null;
  const holder = lease.holder?.name ?? "Somebody else";
  switch (lease.reason) {
    case "transferred":
      return warning("You have this open in another tab.", "edit-here");
    case "held_by_other":
      return lease.holder?.isSelf
        ? warning("You have this open in another tab.", "edit-here")
        : warning(`${holder} is editing. You see every change as it is made.`);
    case "held_by_run":
      return { tone: "busy", text: RUN_WORDS[name], action: null };
    case "viewer":
      return warning("You can look at this, but not change it: you are a viewer here.");
    case "expired":
      return warning("You were away for a while, so others could edit this.", "edit-here");
    case "deleted":
      return { tone: "danger", text: "This video was deleted.", action: null };
    default:
      return state.connection === "online" || state.connection === "offline"
        ? warning("You are looking only.", "edit-here")
        : null;
  }
}

const RUN_WORDS: Readonly<Record<DatabaseName, string>> = {
  layout: "The machine is cutting the caption band, back in a moment.",
  captions: "The machine is writing captions here, back in a moment.",
};

/** Whether what was changed is safe. */
export function saveWords(state: SyncState, isDraft: boolean): Words {
  if (state.problem) {
    const hint = state.problem.hint ? ` ${state.problem.hint}` : "";
    return { tone: "danger", text: `${state.problem.message}${hint}`, action: null };
  }
  const waiting = state.unsaved + (isDraft ? 1 : 0);
  if (state.connection === "offline" || state.connection === "closed") {
    return waiting === 0
      ? warning("Offline")
      : warning(`Offline · ${counted(waiting, "change")} kept on this device`);
  }
  if (!state.isComplete) return { tone: "busy", text: "Loading…", action: null };
  if (waiting > 0) return { tone: "busy", text: "Saving…", action: null };
  return state.lease.mayWrite
    ? { tone: "calm", text: "Saved", action: null }
    : { tone: "locked", text: "Read only", action: null };
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

function warning(text: string, action: Words["action"] = null): Words {
  return { tone: "warning", text, action };
}
