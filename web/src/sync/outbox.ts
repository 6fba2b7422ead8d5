// Edits of this page that the server has not confirmed, in order.

import type { Problem } from "./messages.ts";
import type { Batch, Store } from "./store.ts";
import type { WireChange } from "./wire.ts";

const MOST_CHANGES = 500;
const MOST_CHARACTERS = 200_000;
const MOST_IN_FLIGHT = 8;

export class Outbox {
  readonly #store: Store;
  readonly #onProblem: (problem: Problem) => void;
  #batches: Batch[];
  #number: number;
  #inFlight = new Set<string>();
  /** When the next message may leave, so that the server's limit is kept. */
  #free = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;

  constructor(store: Store, onProblem: (problem: Problem) => void) {
    this.#store = store;
    this.#onProblem = onProblem;
    this.#batches = [...store.batches];
    this.#number = (this.#batches.at(-1)?.number ?? 0) + 1;
  }

  /** Batches that the server has not confirmed. */
  get waiting(): Batch[] {
    return this.#batches.filter((batch) => !batch.isAcked);
  }

  /** Batches that no image holds yet, also those that the server has. */
  get unkept(): readonly Batch[] {
    return this.#batches;
  }

  /** Takes the changes of one transaction; they are on the disk of this browser on return. */
  async add(changes: readonly WireChange[]): Promise<void> {
    const batches = split(changes).map((part) => ({
      id: crypto.randomUUID(),
      number: this.#number++,
      changes: part,
      isAcked: false,
    }));
    this.#batches.push(...batches);
    for (const batch of batches) await this.#stored(this.#store.add(batch));
  }

  /** Sends what is waiting as far as the server's limits allow; the rest follows by itself. */
  flush(send: (batch: Batch) => void, messagesPerS: number): void {
    clearTimeout(this.#pause);
    for (const batch of this.waiting) {
      if (this.#inFlight.size >= MOST_IN_FLIGHT) return;
      if (this.#inFlight.has(batch.id)) continue;
      const now = performance.now();
      if (this.#free > now) {
        this.#pause = setTimeout(() => this.flush(send, messagesPerS), this.#free - now);
        return;
      }
      this.#free = Math.max(this.#free, now - 1000) + 2000 / messagesPerS;
      this.#inFlight.add(batch.id);
      send(batch);
    }
  }

  /** Nothing is on its way any more: the socket is gone. */
  interrupted(): void {
    clearTimeout(this.#pause);
    this.#inFlight.clear();
  }

  /** The server has this batch. */
  async acked(id: string): Promise<void> {
    this.#inFlight.delete(id);
    await this.#settle(
      this.waiting.filter((batch) => batch.id === id),
      "taken",
    );
  }

  /** The server does not want this batch. */
  async refused(id: string): Promise<void> {
    this.#inFlight.delete(id);
    await this.#settle(
      this.waiting.filter((batch) => batch.id === id),
      "refused",
    );
  }

  /** Gives up what is waiting; how many batches it was. */
  async giveUp(): Promise<number> {
    const { waiting } = this;
    this.interrupted();
    await this.#settle(waiting, "refused");
    return waiting.length;
  }

  /** An image holds the batches up to now. */
  kept(batches: readonly Batch[]): void {
    this.#batches = this.#batches.filter((one) => !one.isAcked || !batches.includes(one));
  }

  async #settle(batches: readonly Batch[], outcome: "taken" | "refused"): Promise<void> {
    if (batches.length === 0) return;
    if (outcome === "taken") for (const batch of batches) batch.isAcked = true;
    else this.#batches = this.#batches.filter((batch) => !batches.includes(batch));
    await this.#stored(this.#store.settle(batches, outcome));
  }

  /** A full disk here does not keep an edit from the server. */
  async #stored(storing: Promise<void>): Promise<void> {
    try {
      await storing;
    } catch (error) {
      this.#onProblem(storageProblem(error));
    }
  }
}

export function storageProblem(error: unknown): Problem {
  return {
    code: "local_storage_failed",
    message: `This browser cannot keep your edits: ${error}.`,
    hint: "Stay online until everything is saved.",
  };
}

/** Parts that the server takes in one message; a row is never in two of them. */
function split(changes: readonly WireChange[]): WireChange[][] {
  const parts: WireChange[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const row of rowsOf(changes)) {
    const characters = JSON.stringify(row).length;
    const last = parts.at(-1);
    if (last && last.length + row.length <= MOST_CHANGES && size + characters <= MOST_CHARACTERS) {
      last.push(...row);
      size += characters;
    } else {
      parts.push([...row]);
      size = characters;
    }
  }
  return parts;
}

function rowsOf(changes: readonly WireChange[]): Iterable<WireChange[]> {
  const rows = new Map<string, WireChange[]>();
  for (const change of changes) {
    const key = `${change[0]} ${change[1]}`;
    const row = rows.get(key);
    if (row) row.push(change);
    else rows.set(key, [change]);
  }
  return rows.values();
}
