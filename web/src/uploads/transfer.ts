// One file's way into the object store: in parts, several at once, and never given up. What arrived
// is asked of the store, so it goes on after anything: a reload, a lost network, a closed laptop.

import { api, call, type Schemas } from "../api/client.ts";
import { ApiProblem } from "../api/problem.ts";

type Upload = Schemas["UploadView"];

const AT_ONCE = 4;
const SIGNED_AT_ONCE = 16;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;

export interface Watcher {
  /** Bytes that have arrived or are on their way. */
  sent(bytes: number): void;
  /** Nothing gets through at the moment; `null` when it does again. */
  waiting(why: string | null): void;
}

/** A part was not taken. Status 0: it did not get through. */
class PartFailed extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`The store answered with ${status}.`);
    this.status = status;
  }
}

/** Begin an upload, or go on with that of the same file. */
export function begin(
  body: Schemas["NewUpload"],
  signal: AbortSignal,
  watcher: Watcher,
): Promise<Upload> {
  return insistently(() => call(api.POST("/v1/uploads", { body, signal })), signal, watcher);
}

/** Send what has not arrived. Throws what waiting cannot mend, such as an upload that is over. */
export async function send(
  file: Blob,
  upload: Upload,
  signal: AbortSignal,
  watcher: Watcher,
): Promise<void> {
  const sender = new Sender(file, upload, signal, watcher);
  await sender.run();
}

/** The video's id, once the server has looked at what arrived. */
export async function complete(id: string, signal: AbortSignal, watcher: Watcher): Promise<string> {
  const params = { path: { upload_id: id } };
  const ask = () => call(api.POST("/v1/uploads/{upload_id}/complete", { params, signal }));
  return (await insistently(ask, signal, watcher)).video_id;
}

class Sender {
  readonly #file: Blob;
  readonly #upload: Upload;
  readonly #signal: AbortSignal;
  readonly #watcher: Watcher;
  readonly #missing: number[];
  readonly #urls = new Map<number, string>();
  readonly #onTheWay = new Map<number, number>();
  #arrived: number;
  #signing: Promise<void> | null = null;

  constructor(file: Blob, upload: Upload, signal: AbortSignal, watcher: Watcher) {
    this.#file = file;
    this.#upload = upload;
    this.#signal = signal;
    this.#watcher = watcher;
    const there = new Set(upload.parts.map((part) => part.number));
    const all = Array.from({ length: upload.part_count }, (_, index) => index + 1);
    this.#missing = all.filter((number) => !there.has(number));
    this.#arrived = upload.parts.reduce((sum, part) => sum + part.size_bytes, 0);
  }

  async run(): Promise<void> {
    this.#tell();
    const lanes = Math.min(AT_ONCE, this.#missing.length);
    await Promise.all(Array.from({ length: lanes }, () => this.#lane()));
  }

  async #lane(): Promise<void> {
    for (let number = this.#missing.shift(); number !== undefined; number = this.#missing.shift()) {
      const part = number;
      await insistently(() => this.#put(part), this.#signal, this.#watcher);
      this.#onTheWay.delete(part);
      this.#arrived += this.#blob(part).size;
      this.#tell();
    }
  }

  async #put(number: number): Promise<void> {
    const url = this.#urls.get(number) ?? (await this.#sign(number));
    try {
      await put(url, this.#blob(number), this.#signal, (bytes) => {
        this.#onTheWay.set(number, bytes);
        this.#tell();
      });
    } catch (error) {
      this.#onTheWay.delete(number);
      this.#tell();
      if (error instanceof PartFailed && error.status !== 0) this.#urls.delete(number); // expired?
      throw error;
    }
  }

  async #sign(number: number): Promise<string> {
    while (!this.#urls.has(number)) {
      this.#signing ??= this.#signSome(number).finally(() => {
        this.#signing = null;
      });
      await this.#signing;
    }
    return this.#urls.get(number) ?? "";
  }

  async #signSome(first: number): Promise<void> {
    const numbers = [first, ...this.#missing.filter((one) => !this.#urls.has(one))];
    const params = { path: { upload_id: this.#upload.id } };
    const body = { numbers: numbers.slice(0, SIGNED_AT_ONCE) };
    const asked = api.POST("/v1/uploads/{upload_id}/parts", {
      params,
      body,
      signal: this.#signal,
    });
    for (const [one, url] of Object.entries((await call(asked)).urls)) {
      this.#urls.set(Number(one), url);
    }
  }

  #blob(number: number): Blob {
    const size = this.#upload.part_size_bytes;
    return this.#file.slice((number - 1) * size, number * size);
  }

  #tell(): void {
    const onTheWay = [...this.#onTheWay.values()].reduce((sum, bytes) => sum + bytes, 0);
    this.#watcher.sent(this.#arrived + onTheWay);
  }
}

/** XMLHttpRequest, as fetch does not tell how much has been sent. */
function put(url: string, part: Blob, signal: AbortSignal, sent: (bytes: number) => void) {
  return new Promise<void>((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort, { once: true });
    request.upload.onprogress = (event) => sent(event.loaded);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new PartFailed(request.status));
    };
    request.onerror = () => reject(new PartFailed(0));
    request.onabort = () => reject(signal.reason);
    request.onloadend = () => signal.removeEventListener("abort", abort);
    request.open("PUT", url);
    request.send(part);
  });
}

/** Again and again, unless it is aborted or the answer says that it is no use. */
async function insistently<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
  watcher: Watcher,
): Promise<T> {
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      const result = await work();
      watcher.waiting(null);
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (!isWorthWaiting(error)) throw error;
      watcher.waiting(navigator.onLine ? "Waiting for the server" : "Waiting for the network");
      await comeBack(pause, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }
}

function isWorthWaiting(error: unknown): boolean {
  if (error instanceof PartFailed) return true; // the API knows whether the upload is over
  return error instanceof ApiProblem && error.isTransient;
}

function comeBack(pauseMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, pauseMs);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
