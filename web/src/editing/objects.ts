// Presigned URLs of a video's objects: asked for together, and kept while they are good.

import { api, call } from "../api/client.ts";

const AT_ONCE = 100;
const GOOD_FOR_MS = 800_000;

interface Kept {
  readonly url: Promise<string>;
  readonly until: number;
}

export class ObjectUrls {
  readonly #videoId: string;
  readonly #kept = new Map<string, Kept>();
  #waiting = new Map<
    string,
    { resolve: (url: string) => void; reject: (error: unknown) => void }
  >();

  constructor(videoId: string) {
    this.#videoId = videoId;
  }

  /** Where to read the object of this name, such as `thumbnails/frame_000000.jpg`. */
  of(name: string): Promise<string> {
    const kept = this.#kept.get(name);
    if (kept && kept.until > performance.now()) return kept.url;
    const url = new Promise<string>((resolve, reject) => {
      if (this.#waiting.size === 0) queueMicrotask(() => this.#ask());
      this.#waiting.set(name, { resolve, reject });
    });
    this.#kept.set(name, { url, until: performance.now() + GOOD_FOR_MS });
    url.catch(() => this.#kept.delete(name));
    return url;
  }

  #ask(): void {
    const waiting = [...this.#waiting];
    this.#waiting = new Map();
    for (let first = 0; first < waiting.length; first += AT_ONCE) {
      void this.#answer(new Map(waiting.slice(first, first + AT_ONCE)));
    }
  }

  async #answer(
    waiting: Map<string, { resolve: (url: string) => void; reject: (error: unknown) => void }>,
  ): Promise<void> {
    const params = { path: { video_id: this.#videoId }, query: { name: [...waiting.keys()] } };
    try {
      const { urls } = await call(api.GET("/v1/videos/{video_id}/objects", { params }));
      for (const [name, { resolve, reject }] of waiting) {
        const url = urls[name];
        if (url === undefined) reject(new Error(`No address of ${name}.`));
        else resolve(url);
      }
    } catch (error) {
      for (const { reject } of waiting.values()) reject(error);
    }
  }
}

/** The object's content; null if there is no such object. */
export async function readObject(
  urls: ObjectUrls,
  name: string,
  signal?: AbortSignal,
): Promise<ArrayBuffer | null> {
  const answer = await fetch(await urls.of(name), signal ? { signal } : {});
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`The object store answered ${answer.status}.`);
  return answer.arrayBuffer();
}
