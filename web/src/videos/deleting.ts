// Deleting with a way back: nothing is deleted until the time to change one's mind is over, or the
// page is left.

import { getToken } from "../session/session.ts";

export const UNDO_MS = 8_000;

type Pending = ReadonlySet<string>;

let pending: Pending = new Set();
const timers = new Map<string, ReturnType<typeof setTimeout>>();
const listeners = new Set<() => void>();
let token = "";

export function pendingDeletions(): Pending {
  return pending;
}

export function onPendingDeletions(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Delete it after a while; `failed` is told if the server refuses. */
export async function deleteSoon(id: string, failed: (error: unknown) => void): Promise<void> {
  change((before) => new Set([...before, id]));
  token = await getToken(); // a page that is being left cannot wait for one
  const timer = setTimeout(() => void deleteNow(id).catch(failed), UNDO_MS);
  timers.set(id, timer);
}

export function undoDeletion(id: string): void {
  clearTimeout(timers.get(id));
  timers.delete(id);
  change((before) => new Set([...before].filter((one) => one !== id)));
}

async function deleteNow(id: string): Promise<void> {
  timers.delete(id);
  try {
    const answer = await ask(id);
    if (!answer.ok && answer.status !== 404) {
      throw new Error(`The video could not be deleted (${answer.status}).`);
    }
  } catch (error) {
    undoDeletion(id);
    throw error;
  }
}

function ask(id: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}` };
  return fetch(`/v1/videos/${id}`, { method: "DELETE", headers, keepalive: true });
}

function change(by: (before: Pending) => Pending): void {
  pending = by(pending);
  for (const listener of [...listeners]) listener();
}

addEventListener("pagehide", () => {
  for (const [id, timer] of timers) {
    clearTimeout(timer);
    void ask(id);
  }
  timers.clear();
});
