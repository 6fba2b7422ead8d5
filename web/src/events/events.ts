// What changes on the server, told live. Where it comes from (our event stream, or Supabase's
// Realtime) makes no difference to who listens.

import { openSession } from "../session/session.ts";
import type { Events } from "./kinds.ts";
import { openStream } from "./stream.ts";

export type { Events, Kind } from "./kinds.ts";

export type Connection = "connecting" | "live" | "offline";

type Listener<K extends keyof Events> = (data: Events[K]) => void;
type Listeners = { [K in keyof Events]: Set<Listener<K>> };

/** Tells whoever wants to know; begins with the first listener. */
class EventHub {
  readonly #listeners: Listeners = { video: new Set(), run: new Set(), captions: new Set() };
  readonly #watchers = new Set<() => void>();
  #connection: Connection = "connecting";
  #isOpen = false;

  get connection(): Connection {
    return this.#connection;
  }

  on<K extends keyof Events>(kind: K, listener: Listener<K>): () => void {
    this.#listeners[kind].add(listener);
    this.#open();
    return () => this.#listeners[kind].delete(listener);
  }

  onConnection(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const sink = {
      tell: <K extends keyof Events>(kind: K, data: Events[K]) => {
        for (const listener of [...this.#listeners[kind]]) listener(data);
      },
      connected: (state: Connection) => {
        this.#connection = state;
        for (const watcher of [...this.#watchers]) watcher();
      },
    };
    void openSource(sink);
  }
}

export interface Sink {
  tell<K extends keyof Events>(kind: K, data: Events[K]): void;
  connected(state: Connection): void;
}

async function openSource(sink: Sink): Promise<void> {
  const { config, session } = await openSession();
  if (config.supabase === null) return openStream(sink);
  const { openRealtime } = await import("./realtime.ts");
  return openRealtime(session, sink);
}

export const events = new EventHub();
