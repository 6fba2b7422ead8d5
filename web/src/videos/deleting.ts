// Deleting with two ways back: nothing is deleted until the time to change one's mind is over, or the
// page is left; what is deleted can be restored.

import { api, call } from "../api/client.ts";
import { getToken } from "../session/session.ts";

export const UNDO_MS = 8_000;

type Hidden = ReadonlySet<string>;

interface Waiting {
  timer: ReturnType<typeof setTimeout>;
  failed: (error: unknown) => void;
}

let hidden: Hidden = new Set();
const waiting = new Map<string, Waiting>();
const listeners = new Set<() => void>();
let token = "";

/** Videos that the list still holds, though they are deleted or about to be. */
export function pendingDeletions(): Hidden {
  return hidden;
}

export function onPendingDeletions(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Delete it after a while; `failed` is told if the server refuses. */
export function deleteSoon(id: string, failed: (error: unknown) => void): void {
  change((before) => new Set([...before, id]));
  waiting.set(id, { timer: setTimeout(() => void deleteNow(id), UNDO_MS), failed });
  void keepToken().catch(() => undefined); // asked for again, and told, when its time has come
}

/** Delete at once what waits: whoever looks for it among the deleted videos is to find it there. */
export async function finishDeletions(): Promise<void> {
  await Promise.all([...waiting.keys()].map(deleteNow));
}

/** Whether it still waits or is deleted: have it back. Throws ApiProblem. */
export async function undoDeletion(id: string): Promise<void> {
  if (waiting.has(id)) {
    take(id);
    endHiding(id);
  } else {
    await restore(id);
  }
}

/** Have a deleted video back. Throws ApiProblem, also if it is being removed for good. */
export async function restore(id: string): Promise<void> {
  const params = { path: { video_id: id } };
  await call(api.POST("/v1/videos/{video_id}/actions/restore", { params }));
  endHiding(id);
}

/** The list no longer holds it, or is to show it again. */
export function endHiding(id: string): void {
  if (hidden.has(id)) change((before) => new Set([...before].filter((one) => one !== id)));
}

async function deleteNow(id: string): Promise<void> {
  const failed = take(id)?.failed;
  try {
    await keepToken();
    const answer = await ask(id);
    if (!answer.ok && answer.status !== 404) {
      throw new Error(`The video could not be deleted (${answer.status}).`);
    }
  } catch (error) {
    endHiding(id);
    failed?.(error);
  }
}

function take(id: string): Waiting | undefined {
  const taken = waiting.get(id);
  waiting.delete(id);
  clearTimeout(taken?.timer);
  return taken;
}

/** A page that is being left cannot wait for one. */
async function keepToken(): Promise<void> {
  token = await getToken();
}

function ask(id: string): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}` };
  return fetch(`/v1/videos/${id}`, { method: "DELETE", headers, keepalive: true });
}

function change(by: (before: Hidden) => Hidden): void {
  hidden = by(hidden);
  for (const listener of [...listeners]) listener();
}

addEventListener("pagehide", () => {
  for (const id of [...waiting.keys()]) {
    take(id);
    void ask(id);
  }
});
