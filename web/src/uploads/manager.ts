// All uploads of this browser: what is sent, what waits, and what a person has to decide.

import { api, call, type Video } from "../api/client.ts";
import { ApiProblem, describeProblem } from "../api/problem.ts";
import { openSession } from "../session/session.ts";
import { whyRefused } from "./checking.ts";
import { fingerprint } from "./fingerprint.ts";
import { fileOf, forget, type Remembered, remember, remembered } from "./memory.ts";
import { begin, complete, send, type Watcher } from "./transfer.ts";

export type State =
  | { kind: "checking" }
  | { kind: "queued" }
  | { kind: "sending"; waiting: string | null }
  | { kind: "finishing" } // the server looks at what arrived
  | { kind: "done"; videoId: string }
  | { kind: "refused"; why: string; hint: string | null }
  | { kind: "duplicate"; video: Video }
  | { kind: "needs-file" } // or the permission to read it
  | { kind: "elsewhere" }; // another tab sends it

export interface Item {
  readonly id: string;
  readonly filename: string;
  readonly folder: string;
  readonly sizeBytes: number;
  readonly sentBytes: number;
  readonly state: State;
}

export interface Given {
  file: File;
  handle: FileSystemFileHandle | null;
}

interface Job {
  item: Item;
  known: Remembered | null;
  file: File | null;
  controller: AbortController;
  uploadId: string | null;
}

const TOGETHER = 2;
const DONE_MS = 6_000;

export class UploadManager {
  #jobs: Job[] = [];
  #items: readonly Item[] = [];
  #active = 0;
  readonly #listeners = new Set<() => void>();

  get items(): readonly Item[] {
    return this.#items;
  }

  onChange = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Take up what an earlier page left. */
  async restore(): Promise<void> {
    for (const known of await remembered()) {
      if (this.#jobs.some((job) => job.item.id === known.id)) continue;
      const { id, filename, folder, sizeBytes } = known;
      const job = this.#add({ id, filename, folder, sizeBytes }, known, null);
      await this.#takeUp(job, false);
    }
  }

  /** New files for a folder. */
  add(given: Given[], folder: string): void {
    for (const { file, handle } of given) {
      const id = crypto.randomUUID();
      const facts = { id, filename: file.name, folder, sizeBytes: file.size };
      const job = this.#add(facts, null, file);
      void this.#check(job, file, handle);
    }
  }

  /** Go on, though there is a video of the same file. */
  uploadAnyway(id: string): void {
    const job = this.#find(id);
    if (job?.known && job.file) {
      job.known = { ...job.known, isDuplicateWanted: true };
      void this.#remember(job, job.file).then(() => this.#enqueue(job));
    }
  }

  /** Go on with a file that has to be asked for: by its handle, or the same file chosen again. */
  async giveFile(id: string, given: Given | null): Promise<void> {
    const job = this.#find(id);
    if (job?.known == null) return;
    if (given === null) return this.#takeUp(job, true);
    if ((await fingerprint(given.file)) !== job.known.fingerprint) {
      throw new Error(`${given.file.name} is not the file that this upload was begun with.`);
    }
    job.file = given.file;
    job.known = { ...job.known, handle: given.handle };
    await this.#remember(job, given.file);
    this.#enqueue(job);
  }

  /** Drop it, and what has arrived of it. */
  async cancel(id: string): Promise<void> {
    const job = this.#find(id);
    if (job === undefined) return;
    job.controller.abort(new DOMException("It was cancelled.", "AbortError"));
    this.dismiss(id);
    if (job.uploadId !== null && job.item.state.kind !== "done") {
      const params = { path: { upload_id: job.uploadId } };
      await call(api.DELETE("/v1/uploads/{upload_id}", { params }));
    }
  }

  /** Take it off the list. */
  dismiss(id: string): void {
    this.#jobs = this.#jobs.filter((job) => job.item.id !== id);
    void forget(id);
    this.#changed();
  }

  #add(
    facts: Pick<Item, "id" | "filename" | "folder" | "sizeBytes">,
    known: Remembered | null,
    file: File | null,
  ): Job {
    const item: Item = { ...facts, sentBytes: 0, state: { kind: "checking" } };
    const job = { item, known, file, controller: new AbortController(), uploadId: null };
    this.#jobs.push(job);
    this.#changed();
    return job;
  }

  async #check(job: Job, file: File, handle: FileSystemFileHandle | null): Promise<void> {
    const { config } = await openSession();
    const why = await whyRefused(file, config.max_upload_bytes);
    if (why !== null) return this.#set(job, { kind: "refused", why, hint: null });
    const { id, filename, folder, sizeBytes } = job.item;
    const print = await fingerprint(file);
    if (this.#jobs.some((other) => other !== job && isUnderWay(other, print))) {
      return this.#set(job, {
        kind: "refused",
        why: "The file is being uploaded already.",
        hint: null,
      });
    }
    job.known = {
      id,
      filename,
      folder,
      sizeBytes,
      fingerprint: print,
      handle,
      file: null,
      isDuplicateWanted: false,
    };
    const twin = await this.#findTwin(print);
    if (twin !== null) return this.#set(job, { kind: "duplicate", video: twin });
    await this.#remember(job, file);
    this.#enqueue(job);
  }

  async #findTwin(print: string): Promise<Video | null> {
    try {
      const query = { fingerprint: print, limit: 1 };
      return (await call(api.GET("/v1/videos", { params: { query } }))).videos[0] ?? null;
    } catch {
      return null; // it can be told later; the upload itself waits for the server
    }
  }

  async #takeUp(job: Job, mayAsk: boolean): Promise<void> {
    if (job.known === null) return;
    job.file = await fileOf(job.known, mayAsk);
    if (job.file === null) this.#set(job, { kind: "needs-file" });
    else this.#enqueue(job);
  }

  async #remember(job: Job, file: File): Promise<void> {
    if (job.known !== null) await remember(job.known, file);
  }

  #enqueue(job: Job): void {
    this.#set(job, { kind: "queued" });
    this.#next();
  }

  #next(): void {
    const job = this.#jobs.find((one) => one.item.state.kind === "queued");
    if (job === undefined || this.#active >= TOGETHER) return;
    this.#active += 1;
    this.#set(job, { kind: "sending", waiting: null });
    void this.#run(job).finally(() => {
      this.#active -= 1;
      this.#next();
    });
    this.#next();
  }

  /** Only one tab sends a file: the others wait until it is done or closed. */
  async #run(job: Job): Promise<void> {
    const { id } = job.item;
    const { signal } = job.controller;
    try {
      await navigator.locks.request(`upload ${id}`, { ifAvailable: true }, async (lock) => {
        if (lock !== null) return this.#transfer(job);
        this.#set(job, { kind: "elsewhere" });
        void navigator.locks
          .request(`upload ${id}`, { signal }, () => this.#comeFromElsewhere(job))
          .catch(() => undefined);
      });
    } catch (error) {
      if (!signal.aborted) this.#fail(job, error);
    }
  }

  async #comeFromElsewhere(job: Job): Promise<void> {
    const isLeft = (await remembered()).some((one) => one.id === job.item.id);
    if (isLeft) this.#enqueue(job);
    else this.dismiss(job.item.id);
  }

  async #transfer(job: Job): Promise<void> {
    const { known, file, controller } = job;
    if (known === null || file === null) return;
    const { signal } = controller;
    const watcher: Watcher = {
      sent: (bytes) => this.#update(job, { sentBytes: bytes }),
      waiting: (why) => {
        if (job.item.state.kind === "sending") this.#set(job, { kind: "sending", waiting: why });
      },
    };
    const { filename, folder, sizeBytes } = known;
    const body = { filename, folder, size_bytes: sizeBytes, fingerprint: known.fingerprint };
    const upload = await begin(body, signal, watcher);
    job.uploadId = upload.id;
    await send(file, upload, signal, watcher);
    this.#set(job, { kind: "finishing" });
    const videoId = await complete(upload.id, signal, watcher);
    await forget(job.item.id);
    this.#set(job, { kind: "done", videoId });
    setTimeout(() => this.dismiss(job.item.id), DONE_MS); // by then it is among the videos
  }

  #fail(job: Job, error: unknown): void {
    const { message, hint } = describeProblem(error);
    const isOver = error instanceof ApiProblem && (error.status === 409 || error.status === 404);
    this.#set(job, { kind: "refused", why: message, hint: isOver ? "Add the file again." : hint });
    void forget(job.item.id);
  }

  #find(id: string): Job | undefined {
    return this.#jobs.find((job) => job.item.id === id);
  }

  #set(job: Job, state: State): void {
    this.#update(job, { state });
  }

  #update(job: Job, change: Partial<Item>): void {
    job.item = { ...job.item, ...change };
    this.#changed();
  }

  #changed(): void {
    this.#items = this.#jobs.map((job) => job.item);
    for (const listener of [...this.#listeners]) listener();
  }
}

function isUnderWay({ known, item }: Job, print: string): boolean {
  const isOver = item.state.kind === "done" || item.state.kind === "refused";
  return known?.fingerprint === print && !isOver;
}
