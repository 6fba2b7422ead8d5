// Our own server-sent events, over fetch, as an EventSource cannot carry a token. A stream that
// ends is taken up again after the last event that was seen, so nothing is missed.

import { EventSourceParserStream } from "eventsource-parser/stream";
import { getToken } from "../session/session.ts";
import type { Sink } from "./events.ts";
import type { Kind } from "./kinds.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const SILENCE_MS = 40_000; // the server says something every 15 s
const UNSEEN_MS = 60_000;

/** Tell everything, until the page is closed. */
export async function openStream(sink: Sink): Promise<never> {
  let lastId: string | null = null;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    await untilSeen();
    try {
      await follow(lastId, sink, (id) => {
        lastId = id;
        pause = FIRST_PAUSE_MS;
      });
    } catch (error) {
      if (error instanceof StreamRefused && error.status === 422) lastId = null;
    }
    sink.connected("offline");
    await comeBack(pause);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    sink.connected("connecting");
  }
}

class StreamRefused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`The event stream was refused with ${status}.`);
    this.status = status;
  }
}

async function follow(lastId: string | null, sink: Sink, seen: (id: string) => void) {
  const watchdog = new Watchdog(SILENCE_MS);
  const seenStill = new Attention(UNSEEN_MS);
  try {
    const answer = await fetch("/v1/events", {
      headers: {
        Authorization: `Bearer ${await getToken()}`,
        ...(lastId === null ? {} : { "Last-Event-ID": lastId }),
      },
      signal: AbortSignal.any([watchdog.signal, seenStill.signal]),
    });
    if (!answer.ok || answer.body === null) throw new StreamRefused(answer.status);
    sink.connected("live");
    const bytes = answer.body.pipeThrough(watchdog.watch());
    const texts = bytes.pipeThrough(
      new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>,
    );
    for await (const event of texts.pipeThrough(new EventSourceParserStream())) {
      if (event.id !== undefined) seen(event.id);
      if (event.event !== undefined) sink.tell(event.event as Kind, JSON.parse(event.data));
    }
  } finally {
    watchdog.end();
    seenStill.end();
  }
}

/** Aborts when the page has been out of sight for a while: a stream keeps a server awake. */
class Attention {
  readonly #controller = new AbortController();
  readonly #afterMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
    document.addEventListener("visibilitychange", this.#look);
    this.#look();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#look);
  }

  readonly #look = () => {
    clearTimeout(this.#timer);
    if (document.visibilityState === "hidden") {
      this.#timer = setTimeout(() => this.#controller.abort(), this.#afterMs);
    }
  };
}

function untilSeen(): Promise<void> {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
  });
}

/** Aborts what has been silent for too long: a connection can be dead without an end. */
class Watchdog {
  readonly #controller = new AbortController();
  readonly #afterMs: number;
  #timer: ReturnType<typeof setTimeout>;

  constructor(afterMs: number) {
    this.#afterMs = afterMs;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  watch(): TransformStream<Uint8Array, Uint8Array> {
    return new TransformStream({
      transform: (chunk, controller) => {
        clearTimeout(this.#timer);
        this.#timer = this.#start();
        controller.enqueue(chunk);
      },
    });
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #start() {
    return setTimeout(() => this.#controller.abort(), this.#afterMs);
  }
}

/** After a pause, or at once when the network is back or the laptop was opened again. */
function comeBack(pauseMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      document.removeEventListener("visibilitychange", done);
      resolve();
    };
    const timer = setTimeout(done, pauseMs);
    addEventListener("online", done);
    document.addEventListener("visibilitychange", done);
  });
}
