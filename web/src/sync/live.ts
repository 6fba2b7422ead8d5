// Questions that are asked again when the answer may have changed.

import type { Output, Query } from "./query.ts";

const LONGEST_WAIT_MS = 100;

type Ask = (query: Query<unknown>) => Promise<Output[][]>;
type Listener = (rows: unknown[]) => void;

interface Known {
  readonly columns: Output[];
  readonly row: unknown;
}

/** One subscription; it tells its listener only of rows that are not the ones before. */
class Subscription {
  readonly query: Query<unknown>;
  readonly #listener: Listener;
  #known = new Map<Output | undefined, Known>();
  #rows: unknown[] | null = null;
  isOver = false;

  constructor(query: Query<unknown>, listener: Listener) {
    this.query = query;
    this.#listener = listener;
  }

  /** A row in which nothing has changed stays the same object, so that a page need not draw it anew. */
  take(found: Output[][]): void {
    const known = new Map<Output | undefined, Known>();
    const rows = found.map((columns) => {
      const before = this.#known.get(columns[0]);
      const kept =
        before !== undefined && isSame(before.columns, columns)
          ? before
          : { columns, row: this.query.row(columns) };
      known.set(columns[0], kept);
      return kept.row;
    });
    this.#known = known;
    if (this.isOver || (this.#rows !== null && isSame(this.#rows, rows))) return;
    this.#rows = rows;
    this.#listener(rows);
  }
}

/** All subscriptions of one database. */
export class LiveQueries {
  readonly #ask: Ask;
  readonly #onError: (error: unknown) => void;
  readonly #subscriptions = new Set<Subscription>();
  readonly #waiting = new Set<Subscription>();
  #isPlanned = false;

  constructor(ask: Ask, onError: (error: unknown) => void) {
    this.#ask = ask;
    this.#onError = onError;
  }

  subscribe<Row>(query: Query<Row>, listener: (rows: Row[]) => void): () => void {
    const subscription = new Subscription(query, listener as Listener);
    this.#subscriptions.add(subscription);
    void this.#refresh(subscription);
    return () => {
      subscription.isOver = true;
      this.#subscriptions.delete(subscription);
      this.#waiting.delete(subscription);
    };
  }

  /** Something was written in these tables, or in any. */
  touched(tables: ReadonlySet<string> | "all"): void {
    for (const one of this.#subscriptions) {
      if (tables === "all" || one.query.tables.some((table) => tables.has(table))) {
        this.#waiting.add(one);
      }
    }
    if (this.#waiting.size > 0 && !this.#isPlanned) {
      this.#isPlanned = true;
      whenIdle(() => this.#flush());
    }
  }

  #flush(): void {
    this.#isPlanned = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const one of waiting) void this.#refresh(one);
  }

  async #refresh(subscription: Subscription): Promise<void> {
    try {
      subscription.take(await this.#ask(subscription.query));
    } catch (error) {
      if (!subscription.isOver) this.#onError(error);
    }
  }
}

/** What comes soon after one another is read once, and reading does not hold up what is drawn. */
function whenIdle(work: () => void): void {
  const isSeen = globalThis.document?.visibilityState === "visible";
  if (isSeen && "requestIdleCallback" in globalThis) {
    requestIdleCallback(work, { timeout: LONGEST_WAIT_MS });
  } else setTimeout(work, 0);
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, index) => Object.is(one, others[index]));
}
