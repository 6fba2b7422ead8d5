// What server and page say to each other; docs/api-architecture.md, "Sync", explains it.

import { decodeBytes, type WireChange, WireError } from "./wire.ts";

export type LeaseReason =
  | "held_by_other"
  | "held_by_run"
  | "transferred"
  | "viewer"
  | "expired"
  | "not_asked"
  | "deleted";

/** Who may write here, and if not this page, why not. */
export interface Lease {
  readonly mayWrite: boolean;
  readonly reason: null | LeaseReason;
  readonly holder: {
    readonly kind: "user" | "run";
    readonly name: string | null;
    readonly isSelf: boolean;
  } | null;
  readonly expiresAt: string | null;
}

/** Why something did not work, as a person can be told. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export interface Limits {
  readonly messageBytes: number;
  readonly changesPerBatch: number;
  readonly messagesPerS: number;
}

export type ServerMessage =
  | {
      type: "welcome";
      copy: string;
      siteId: Uint8Array;
      dbVersion: number;
      lease: Lease;
      acked: string | null;
      limits: Limits;
      /** Whether the next message is the database file, and the place to go on from after it. */
      snapshotVersion: number | null;
    }
  | { type: "changes"; changes: readonly unknown[]; dbVersion: number; isLast: boolean }
  | { type: "ack"; batch: string; dbVersion: number }
  | { type: "refused"; batch: string; problem: Problem }
  | { type: "lease"; lease: Lease }
  | { type: "transferred" }
  | { type: "pong" }
  | { type: "error"; problem: Problem };

export type ClientMessage =
  | {
      type: "hello";
      token: string;
      site_id: string;
      connection: string;
      seen: { copy: string; db_version: number } | null;
      wants: "write" | "read";
      snapshot: boolean;
    }
  | { type: "changes"; batch: string; changes: readonly WireChange[] }
  | { type: "ack"; db_version: number }
  | { type: "lease"; wants: "write" | "none" }
  | { type: "token"; token: string }
  | { type: "ping" };

export const NO_LEASE: Lease = {
  mayWrite: false,
  reason: "not_asked",
  holder: null,
  expiresAt: null,
};

export function encodeMessage(message: ClientMessage): string {
  return JSON.stringify({ v: 1, ...message });
}

/** The message in a text; one of a type that is not known is null, as a newer server may send. */
export function decodeMessage(text: string): ServerMessage | null {
  const message = part(JSON.parse(text), "message");
  switch (message.type) {
    case "welcome":
      return welcome(message);
    case "changes":
      if (!Array.isArray(message.changes)) throw new WireError("A message has no changes.");
      return {
        type: "changes",
        changes: message.changes,
        dbVersion: count(message.db_version),
        isLast: message.is_last === true,
      };
    case "ack":
      return { type: "ack", batch: word(message.batch), dbVersion: count(message.db_version) };
    case "refused":
      return { type: "refused", batch: word(message.batch), problem: problem(message) };
    case "lease":
      return { type: "lease", lease: lease(message.lease) };
    case "error":
      return { type: "error", problem: problem(message) };
    case "transferred":
    case "pong":
      return { type: message.type };
    default:
      return null;
  }
}

type Json = Record<string, unknown>;

function welcome(message: Json): ServerMessage {
  const limits = part(message.limits, "limits");
  const snapshot = message.snapshot == null ? null : part(message.snapshot, "snapshot");
  return {
    type: "welcome",
    copy: word(message.copy),
    siteId: decodeBytes(message.site_id),
    dbVersion: count(message.db_version),
    lease: lease(message.lease),
    acked: message.acked == null ? null : word(message.acked),
    limits: {
      messageBytes: count(limits.message_bytes),
      changesPerBatch: count(limits.changes_per_batch),
      messagesPerS: limits.messages_per_s as number,
    },
    snapshotVersion: snapshot === null ? null : count(snapshot.db_version),
  };
}

function lease(json: unknown): Lease {
  const { may_write, reason, holder, expires_at } = part(json, "lease");
  const held = holder == null ? null : part(holder, "holder");
  return {
    mayWrite: may_write === true,
    reason: (reason ?? null) as Lease["reason"],
    holder: held && {
      kind: held.kind === "run" ? "run" : "user",
      name: held.name == null ? null : word(held.name),
      isSelf: held.is_self === true,
    },
    expiresAt: expires_at == null ? null : word(expires_at),
  };
}

function problem(message: Json): Problem {
  const hint = message.hint == null ? null : word(message.hint);
  return { code: word(message.code), message: word(message.message), hint };
}

function part(json: unknown, name: string): Json {
  if (typeof json !== "object" || json === null) throw new WireError(`There is no ${name}.`);
  return json as Json;
}

function word(json: unknown): string {
  if (typeof json !== "string") throw new WireError("A part of a message is not a text.");
  return json;
}

function count(json: unknown): number {
  if (!Number.isSafeInteger(json) || (json as number) < 0) {
    throw new WireError("A part of a message is not a count.");
  }
  return json as number;
}
