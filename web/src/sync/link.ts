// One socket after another: connects, notices when nothing comes any more, and tries again.

import { type ClientMessage, encodeMessage } from "./messages.ts";

/** How long things take, in milliseconds. */
export interface Timing {
  /** Between two signs of life. */
  readonly ping: number;
  /** Until a server that says nothing is taken for lost; longer than between two pings. */
  readonly answer: number;
  /** Before the second try; doubled for each further one. */
  readonly retry: number;
  readonly longestRetry: number;
  /** Until a page that is not seen lets go of its socket. */
  readonly hidden: number;
  /** For the last acks when a database is closed. */
  readonly farewell: number;
}

export const TIMING: Timing = {
  ping: 10_000,
  answer: 15_000,
  retry: 500,
  longestRetry: 30_000,
  hidden: 60_000,
  farewell: 2_000,
};

const GONE = 1000;
/** The server keeps the lease for a page that has not said goodbye. */
const BACK_SOON = 4000;

/** Who is told of what the link does. */
export interface Ends {
  /** The socket is open. */
  opened(): void;
  received(message: string | ArrayBuffer): void;
  /** It was closed, or could not be opened; another try follows. */
  lost(code: number): void;
}

export class Link {
  readonly #url: string;
  readonly #timing: Timing;
  readonly #ends: Ends;
  #socket: WebSocket | null = null;
  #isWanted = false;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #beating: ReturnType<typeof setInterval> | undefined;
  #heardAt = 0;
  #isAnswered = false;

  constructor(url: string, timing: Timing, ends: Ends) {
    this.#url = url;
    this.#timing = timing;
    this.#ends = ends;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connects now, and again whenever the socket is lost. */
  start(): void {
    this.#isWanted = true;
    clearTimeout(this.#retry);
    if (this.#socket === null) this.#connect();
  }

  /** Closes the socket and leaves it so; the server gives the lease to who waits for it. */
  stop(): void {
    this.#isWanted = false;
    clearTimeout(this.#retry);
    this.#drop(GONE);
  }

  /** Closes the socket and connects anew, at once. */
  restart(): void {
    this.#tries = 0;
    this.#drop(BACK_SOON);
    this.start();
  }

  /** Connects at once if it waits for its next try. */
  hurry(): void {
    if (this.#isWanted && this.#socket === null) this.restart();
  }

  /** Takes the socket for lost. */
  lose(): void {
    if (this.#socket !== null) this.#lost(1006);
  }

  /** The server has welcomed us: the next loss is tried again soon. */
  settled(): void {
    this.#tries = 0;
  }

  send(message: ClientMessage): void {
    if (this.isOpen) this.#socket?.send(encodeMessage(message));
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const isCurrent = () => this.#socket === socket;
    socket.onopen = () => {
      if (isCurrent()) this.#ends.opened();
    };
    socket.onmessage = ({ data }) => {
      if (!isCurrent()) return;
      this.#heardAt = performance.now();
      this.#isAnswered = true;
      this.#ends.received(data as string | ArrayBuffer);
    };
    socket.onclose = ({ code }) => {
      if (isCurrent()) this.#lost(code);
    };
    this.#heardAt = performance.now();
    this.#isAnswered = false;
    this.#beating = setInterval(() => this.#beat(), this.#timing.ping);
  }

  /** Whoever is silent loses the lease, also while much comes in. */
  #beat(): void {
    if (performance.now() - this.#heardAt >= this.#timing.answer) this.lose();
    else if (this.#isAnswered) this.send({ type: "ping" }); // the first message is the hello
  }

  #lost(code: number): void {
    this.#drop(BACK_SOON);
    this.#ends.lost(code);
    if (this.#isWanted && this.#socket === null) this.#plan();
  }

  /** Everybody who was cut off at once does not come back at once. */
  #plan(): void {
    const longest = Math.min(this.#timing.retry * 2 ** this.#tries, this.#timing.longestRetry);
    this.#tries += 1;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.start(), longest * (0.5 + Math.random() / 2));
  }

  #drop(code: number): void {
    clearInterval(this.#beating);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(code);
  }
}
