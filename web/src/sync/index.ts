// The databases of a video, shared live with the server and with every other page.

export { loadEngine } from "./engine.ts";
export type { Lease, LeaseReason, Problem } from "./messages.ts";
export type { Input, Query, Transaction } from "./query.ts";
export { select } from "./query.ts";
export type { DatabaseOptions, SharedDatabase, SyncState } from "./session.ts";
export { openDatabase, WriteRefused } from "./session.ts";
export { forgetSaved } from "./store.ts";
