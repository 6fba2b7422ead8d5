// A database that is the same here, on the server and in every other page that has it open.

import { Link, TIMING, type Timing } from "./link.ts";
import { LiveQueries } from "./live.ts";
import {
  decodeMessage,
  type Lease,
  type Limits,
  NO_LEASE,
  type Problem,
  type ServerMessage,
} from "./messages.ts";
import { Outbox, storageProblem } from "./outbox.ts";
import type { Query, Transaction } from "./query.ts";
import { Replica } from "./replica.ts";
import { Serial } from "./serial.ts";
import { type Batch, memoryStore, persistentStore, type Store } from "./store.ts";
import { refreshAfter } from "./token.ts";
import { type Change, decodeChange, encodeBytes, encodeChange, WireError } from "./wire.ts";

export interface SyncState {
  readonly connection: "connecting" | "online" | "offline" | "closed";
  readonly lease: Lease;
  /** Batches of edits that the server has not confirmed. */
  readonly unsaved: number;
  readonly problem: Problem | null;
  /** Whether everything that the server had when this page connected last is here. */
  readonly isComplete: boolean;
  /** Whether edits that are not saved yet survive a reload of the page. */
  readonly isPersistent: boolean;
}

/** The edit was not made, because this page may not write now; the lease says why. */
export class WriteRefused extends Error {
  override readonly name = "WriteRefused";
  readonly lease: Lease;

  constructor(lease: Lease) {
    super(`This page may not write: ${lease.reason ?? "closed"}.`);
    this.lease = lease;
  }
}

export interface SharedDatabase {
  readonly state: SyncState;
  onState(listener: (state: SyncState) => void): () => void;
  /** Waits for the first sync, if nothing is here yet. Not inside `write`: that has its own. */
  query<Row>(query: Query<Row>): Promise<Row[]>;
  /** Rows at once and, soon after, whenever they have changed; how to end it. */
  subscribe<Row>(query: Query<Row>, listener: (rows: Row[]) => void): () => void;
  /**
   * One transaction, to be seen here at once and then on its way to everybody; on return it
   * outlives the page (if `state.isPersistent`). Rejects with `WriteRefused` without the lease.
   */
  write(work: (transaction: Transaction) => Promise<void>): Promise<void>;
  /** Asks for the lease, also from another tab of the same person. */
  takeLease(): void;
  /** Gives the lease back once everything is saved. */
  releaseLease(): void;
  /** The person has read what the problem was. */
  dismissProblem(): void;
  /** Waits shortly for what is not saved yet. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** The server: `wss://host`, without a path. */
  readonly url: string;
  readonly videoId: string;
  readonly name: "layout" | "captions";
  /** A valid access token; asked for at each connection and before the last one ends. */
  readonly token: () => Promise<string>;
  readonly wants: "write" | "read";
  /** `persistent`: edits that are not saved yet survive a reload. */
  readonly storage: "persistent" | "memory";
  /** Who is signed in; nobody else gets what is kept in this browser. */
  readonly user?: string;
  readonly timing?: Partial<Timing>;
}

const UNAUTHENTICATED = 4401;
const FOR_GOOD = new Set([4400, 4403, 4404, 4413]);
const IMAGE_EVERY = 100;

/**
 * Opens a database of a video. It resolves before the first sync: `state` says how far it is.
 */
export async function openDatabase(options: DatabaseOptions): Promise<SharedDatabase> {
  const { store, problem } = await storeFor(options);
  const session = new Session(options, store, problem);
  await session.start();
  return session;
}

/** Without the browser's storage, as in some private windows, edits live as long as the page. */
async function storeFor(
  options: DatabaseOptions,
): Promise<{ store: Store; problem: Problem | null }> {
  const { storage, url, user, videoId, name } = options;
  if (storage === "memory") return { store: memoryStore(), problem: null };
  try {
    const store = await persistentStore([url, user ?? "", videoId, name].join(" "));
    return { store, problem: null };
  } catch (error) {
    return { store: memoryStore(), problem: storageProblem(error) };
  }
}

class Session implements SharedDatabase {
  readonly #options: DatabaseOptions;
  readonly #timing: Timing;
  readonly #store: Store;
  readonly #outbox: Outbox;
  readonly #link: Link;
  readonly #live: LiveQueries;
  readonly #connection = crypto.randomUUID();
  readonly #work = new Serial();
  readonly #inbox = new Serial();
  readonly #listeners = new Set<(state: SyncState) => void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #over = new AbortController();
  #state: SyncState;
  #wants: "write" | "read";
  #replica: Replica | null = null;
  /** The server's copy that this one follows, and how far. */
  #copy: string | null = null;
  #dbVersion = 0;
  /** Something here was refused, so that this copy is not the server's any more. */
  #isWrong = false;
  /** Which socket it is; what belongs to an earlier one comes too late. */
  #epoch = 0;
  #limits: Limits | null = null;
  #awaited: { copy: string; dbVersion: number } | null = null;
  #goal = Number.POSITIVE_INFINITY;
  #error: Problem | null = null;
  #rejections = 0;
  #refresh: ReturnType<typeof setTimeout> | undefined;
  #hiding: ReturnType<typeof setTimeout> | undefined;
  #isReleasing = false;

  constructor(options: DatabaseOptions, store: Store, problem: Problem | null) {
    this.#options = options;
    this.#timing = { ...TIMING, ...options.timing };
    this.#store = store;
    this.#wants = options.wants;
    this.#outbox = new Outbox(store, (problem) => this.#set({ problem }));
    this.#state = {
      connection: "connecting",
      lease: NO_LEASE,
      unsaved: this.#outbox.waiting.length,
      problem,
      isComplete: false,
      isPersistent: store.isPersistent,
    };
    this.#ready.promise.catch(() => undefined); // who waits for it is told
    this.#live = new LiveQueries(
      (query) => this.#withReplica((replica) => replica.columns(query)),
      (error) => this.#failed(error),
    );
    const path = `/v1/videos/${options.videoId}/databases/${options.name}/sync`;
    this.#link = new Link(options.url + path, this.#timing, {
      opened: () => void this.#greet(),
      received: (data) => this.#receive(data),
      lost: (code) => this.#lost(code),
    });
  }

  get state(): SyncState {
    return this.#state;
  }

  /** What is kept in this browser is shown at once, and the server asked for what is new. */
  async start(): Promise<void> {
    const { image, batches } = this.#store;
    if (image !== null) {
      const replica = await Replica.open(image.file);
      for (const batch of batches) await replica.apply(batch.changes.map(decodeChange));
      this.#replica = replica;
      this.#copy = image.copy;
      this.#dbVersion = image.dbVersion;
      this.#ready.resolve();
    }
    this.#watchPage();
    this.#link.start();
  }

  onState(listener: (state: SyncState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  query<Row>(query: Query<Row>): Promise<Row[]> {
    return this.#withReplica((replica) => replica.query(query));
  }

  subscribe<Row>(query: Query<Row>, listener: (rows: Row[]) => void): () => void {
    return this.#live.subscribe(query, listener);
  }

  async write(work: (transaction: Transaction) => Promise<void>): Promise<void> {
    await this.#ready.promise;
    const stored = await this.#withReplica(async (replica) => {
      if (!this.#state.lease.mayWrite) throw new WriteRefused(this.#state.lease);
      const changes = await replica.write(work);
      if (changes.length === 0) return null;
      this.#live.touched(tablesOf(changes));
      return { done: this.#outbox.add(changes.map(encodeChange)) }; // the disk holds up no query
    });
    this.#flush();
    await stored?.done;
  }

  takeLease(): void {
    this.#wants = "write";
    this.#isReleasing = false;
    this.#link.send({ type: "lease", wants: "write" });
  }

  releaseLease(): void {
    this.#wants = "read";
    this.#isReleasing = true;
    this.#set({ lease: NO_LEASE });
    this.#settle();
  }

  dismissProblem(): void {
    this.#set({ problem: null });
  }

  async close(): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    const hasSaved = () => this.#state.unsaved === 0 || this.#state.connection !== "online";
    await this.#until(hasSaved, this.#timing.farewell);
    await this.#keepImage().catch(() => undefined); // the image before it and the edits are there
    this.#end();
    await this.#work.run(async () => this.#replica?.close());
    this.#store.release();
  }

  // The way to the server and back

  async #greet(): Promise<void> {
    const epoch = ++this.#epoch;
    const token = await this.#token();
    if (token === null || epoch !== this.#epoch) return;
    const isKnown = this.#copy !== null && !this.#isWrong && this.#replica !== null;
    this.#link.send({
      type: "hello",
      token,
      site_id: encodeBytes(this.#store.siteId),
      connection: this.#connection,
      seen: isKnown ? { copy: this.#copy as string, db_version: this.#dbVersion } : null,
      wants: this.#wants,
      snapshot: true,
    });
  }

  async #token(): Promise<string | null> {
    clearTimeout(this.#refresh);
    try {
      const token = await this.#options.token();
      const wait = refreshAfter(token, Date.now());
      if (wait !== null) this.#refresh = setTimeout(() => void this.#renew(), wait);
      return token;
    } catch (error) {
      this.#set({
        problem: { code: "no_session", message: String(error), hint: "Sign in again." },
      });
      this.#link.lose();
      return null;
    }
  }

  async #renew(): Promise<void> {
    const token = await this.#token();
    if (token !== null) this.#link.send({ type: "token", token });
  }

  #receive(data: string | ArrayBuffer): void {
    const epoch = this.#epoch;
    void this.#inbox.run(async () => {
      if (epoch !== this.#epoch) return;
      try {
        await this.#handle(data, epoch);
      } catch (error) {
        this.#failed(error);
      }
    });
  }

  async #handle(data: string | ArrayBuffer, epoch: number): Promise<void> {
    if (typeof data !== "string") return this.#takeSnapshot(new Uint8Array(data), epoch);
    const message = decodeMessage(data);
    switch (message?.type) {
      case "welcome":
        return this.#welcome(message, epoch);
      case "changes":
        return this.#takeChanges(message);
      case "ack":
        await this.#outbox.acked(message.batch);
        return this.#settle();
      case "refused":
        await this.#outbox.refused(message.batch);
        return this.#refused(message.problem);
      case "lease":
        return this.#setLease(message.lease);
      case "transferred":
        this.#wants = "read";
        return this.#setLease({ ...NO_LEASE, reason: "transferred" });
      case "error":
        this.#error = message.problem;
    }
  }

  async #welcome(message: ServerMessage & { type: "welcome" }, epoch: number): Promise<void> {
    this.#rejections = 0;
    this.#limits = message.limits;
    if (message.acked !== null) await this.#outbox.acked(message.acked);
    if (this.#copy !== null && this.#copy !== message.copy) await this.#giveUp();
    if (epoch !== this.#epoch) return;
    this.#setLease(message.lease);
    this.#goal = message.dbVersion;
    const { copy, snapshotVersion } = message;
    if (snapshotVersion !== null) this.#awaited = { copy, dbVersion: snapshotVersion };
    else if (copy !== this.#copy || this.#replica === null)
      throw new WireError("No snapshot came.");
    else this.#online(epoch);
  }

  /** The server's copy is another one: what was not saved has no place in it. */
  async #giveUp(): Promise<void> {
    const lost = await this.#outbox.giveUp();
    if (lost === 0) return;
    const message = `The server has replaced this database; ${lost} unsaved edits are lost.`;
    this.#set({ problem: { code: "copy_replaced", message, hint: "Look at your last edits." } });
  }

  /** A database file takes the place of what was here; edits that are under way are made in it too. */
  async #takeSnapshot(packed: Uint8Array, epoch: number): Promise<void> {
    const awaited = this.#awaited;
    if (awaited === null) throw new WireError("A snapshot came that was not announced.");
    this.#awaited = null;
    const file = await unpacked(packed);
    const fresh = await Replica.open(file);
    await this.#work.run(async () => {
      for (const one of this.#outbox.waiting) await fresh.apply(one.changes.map(decodeChange));
      const old = this.#replica;
      this.#replica = fresh;
      this.#copy = awaited.copy;
      this.#dbVersion = awaited.dbVersion;
      this.#isWrong = false;
      await old?.close();
    });
    this.#ready.resolve();
    this.#live.touched("all");
    this.#online(epoch);
    const held = this.#outbox.unkept.filter((batch) => batch.isAcked);
    await this.#keep(file, held);
  }

  async #takeChanges(message: ServerMessage & { type: "changes" }): Promise<void> {
    const changes = message.changes.map(decodeChange);
    await this.#withReplica((replica) => replica.apply(changes));
    this.#dbVersion = Math.max(this.#dbVersion, message.dbVersion);
    this.#live.touched(tablesOf(changes));
    this.#link.send({ type: "ack", db_version: message.dbVersion });
    if (message.isLast) this.#goal = 0;
    this.#settle();
  }

  /** Unless that socket was lost meanwhile. */
  #online(epoch: number): void {
    if (epoch !== this.#epoch) return;
    this.#set({ connection: "online" });
    this.#settle();
    this.#flush();
  }

  #refused(problem: Problem): void {
    this.#isWrong = true;
    this.#set({ problem });
    void this.#store.dropImage().catch(() => undefined); // the next image is kept or fails as well
    this.#settle();
  }

  #setLease(lease: Lease): void {
    this.#set({ lease: this.#isReleasing ? NO_LEASE : lease });
  }

  #flush(): void {
    this.#set({ unsaved: this.#outbox.waiting.length });
    const { connection } = this.#state;
    if (connection !== "online" || this.#limits === null) return;
    const send = ({ id, changes }: Batch) =>
      this.#link.send({ type: "changes", batch: id, changes });
    this.#outbox.flush(send, this.#limits.messagesPerS);
  }

  /** Something was confirmed or has arrived: what has waited for it follows. */
  #settle(): void {
    if (this.#dbVersion >= this.#goal && !this.#state.isComplete) this.#set({ isComplete: true });
    if (this.#state.isComplete) this.#link.settled();
    this.#flush();
    if (this.#state.unsaved > 0 || this.#state.connection !== "online") return;
    if (this.#isWrong) {
      this.#lost(1000);
      this.#link.restart();
    } else if (this.#isReleasing) {
      this.#isReleasing = false;
      this.#link.send({ type: "lease", wants: "none" });
    } else if (this.#outbox.unkept.length >= IMAGE_EVERY) {
      void this.#keepImage().catch((error: unknown) => this.#failed(error));
    }
  }

  #lost(code: number): void {
    this.#epoch += 1;
    this.#awaited = null;
    this.#outbox.interrupted();
    this.#rejections += code === UNAUTHENTICATED ? 1 : 0;
    const problem = this.#error;
    this.#error = null;
    if (!FOR_GOOD.has(code) && this.#rejections < 2) {
      this.#set({ connection: "offline" });
      return;
    }
    const unknown = {
      code: "closed",
      message: `The server has closed the sync (${code}).`,
      hint: null,
    };
    this.#set({ problem: problem ?? unknown });
    this.#end();
  }

  /** Something that should not happen: say so, and begin anew with the server's state. */
  #failed(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#isWrong = true;
    this.#set({
      problem: { code: "sync_failed", message: String(error), hint: "Reload the page." },
    });
    this.#link.lose();
  }

  #end(): void {
    clearTimeout(this.#refresh);
    clearTimeout(this.#hiding);
    this.#over.abort();
    this.#link.stop();
    this.#outbox.interrupted();
    this.#ready.reject(new Error("The database is closed."));
    this.#set({ connection: "closed", lease: NO_LEASE });
  }

  // What is here

  async #withReplica<T>(work: (replica: Replica) => Promise<T>): Promise<T> {
    await this.#ready.promise;
    return this.#work.run(() => work(this.#replica as Replica));
  }

  /** Keeps the database as it is now, so that the next page starts from there. */
  async #keepImage(): Promise<void> {
    if (!this.#state.isComplete || this.#isWrong || this.#replica === null) return;
    const batches = [...this.#outbox.unkept];
    await this.#keep(this.#replica.file(), batches);
  }

  async #keep(file: Uint8Array, batches: readonly Batch[]): Promise<void> {
    if (!this.#store.isPersistent || this.#copy === null) return;
    await this.#store.keep({ file, copy: this.#copy, dbVersion: this.#dbVersion }, batches);
    this.#outbox.kept(batches);
  }

  #set(part: Partial<SyncState>): void {
    const entries = Object.entries(part) as [keyof SyncState, unknown][];
    if (entries.every(([name, value]) => Object.is(this.#state[name], value))) return;
    this.#state = { ...this.#state, ...part };
    for (const listener of [...this.#listeners]) listener(this.#state);
  }

  #until(isTrue: () => boolean, atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (isTrue()) return resolve();
      const end = () => {
        clearTimeout(timer);
        stop();
        resolve();
      };
      const timer = setTimeout(end, atMostMs);
      const stop = this.onState(() => isTrue() && end());
    });
  }

  /** A network that comes and goes, and a page that nobody looks at. */
  #watchPage(): void {
    const { signal } = this.#over;
    globalThis.addEventListener?.("online", () => this.#link.hurry(), { signal });
    globalThis.addEventListener?.("offline", () => this.#link.lose(), { signal });
    const { document } = globalThis;
    document?.addEventListener(
      "visibilitychange",
      () => {
        clearTimeout(this.#hiding);
        if (document.visibilityState === "visible") this.#link.start();
        else this.#hiding = setTimeout(() => this.#rest(), this.#timing.hidden);
      },
      { signal },
    );
  }

  /** An open socket keeps the server awake. */
  #rest(): void {
    if (this.#state.unsaved > 0) return;
    this.#link.stop();
    this.#lost(1000);
    this.#set({ lease: NO_LEASE });
    void this.#keepImage().catch(() => undefined); // there will be another time
  }
}

function tablesOf(changes: readonly Change[]): Set<string> {
  return new Set(changes.map(([table]) => table));
}

async function unpacked(gzip: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([gzip as Uint8Array<ArrayBuffer>]).stream();
  const plain = stream.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}
