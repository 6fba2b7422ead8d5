// The crop frames of a video, coarse to fine: what is asked for is shown by the nearest frame
// before it that is there, while its own chunk is on the way. Memory is bounded.

import type { Level } from "./frames.ts";
import { chunkName, chunkOf, framesOfChunk, standIns } from "./frames.ts";
import type { Picture } from "./picture.ts";
import { sizeBytes } from "./picture.ts";

/** Reads and decodes a chunk by its object's name. */
export type ChunkReader = (name: string) => Promise<readonly Picture[]>;

export interface Shown {
  readonly index: number;
  readonly picture: Picture;
  /** Whether it is the frame that was asked for. */
  readonly isExact: boolean;
}

interface Wish {
  readonly name: string;
  readonly level: Level;
  readonly firstIndex: number;
}

interface Chunk {
  readonly pictures: ReadonlyMap<number, Picture>;
  readonly bytes: number;
}

const LOADS_AT_ONCE = 3;
const BUDGET_BYTES = 80 << 20;
const AGAIN_AFTER_MS = 5000;

export class CropFrames {
  readonly frameCount: number;
  readonly #version: number;
  readonly #read: ChunkReader;
  readonly #budget: number;
  readonly #onTrouble: (error: unknown) => void;
  /** The least recently used first. */
  readonly #chunks = new Map<string, Chunk>();
  readonly #loading = new Set<string>();
  readonly #failed = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  /** What is shown elsewhere at the same time, and how often. */
  readonly #also = new Map<number, number>();
  #wanted: readonly number[] = [];
  #wishes: Wish[] = [];
  #bytes = 0;

  constructor(
    version: number,
    frameCount: number,
    read: ChunkReader,
    onTrouble: (error: unknown) => void,
    budgetBytes = BUDGET_BYTES,
  ) {
    this.#version = version;
    this.#onTrouble = onTrouble;
    this.frameCount = frameCount;
    this.#read = read;
    this.#budget = budgetBytes;
  }

  get heldBytes(): number {
    return this.#bytes;
  }

  /** What can be shown now for crop frame `index`. */
  best(index: number): Shown | null {
    for (const one of standIns(index)) {
      const name = this.#wish(one).name;
      const picture = this.#chunks.get(name)?.pictures.get(one);
      if (picture) {
        this.#touch(name);
        return { index: one, picture, isExact: one === index };
      }
    }
    return null;
  }

  /** Load these frames, the first ones first; what was wanted before and is not now is dropped. */
  want(indexes: readonly number[]): void {
    this.#wanted = indexes;
    this.#plan();
  }

  /** Load this frame as well, until the returned function is called. */
  alsoWant(index: number): () => void {
    this.#also.set(index, (this.#also.get(index) ?? 0) + 1);
    this.#plan();
    return () => {
      const left = (this.#also.get(index) ?? 1) - 1;
      if (left > 0) this.#also.set(index, left);
      else this.#also.delete(index);
    };
  }

  onArrival(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Forget everything. */
  close(): void {
    this.#wanted = [];
    this.#wishes = [];
    this.#also.clear();
    this.#chunks.clear();
    this.#listeners.clear();
    this.#bytes = 0;
  }

  /** Coarse to fine: the coarse frames of all come before the fine ones of any. */
  #plan(): void {
    const all = [...this.#wanted, ...this.#also.keys()];
    const inside = all.filter((index) => index >= 0 && index < this.frameCount);
    const byLevel = inside.map((index) => standIns(index).reverse());
    const wishes = new Map<string, Wish>();
    for (const place of [0, 1, 2]) {
      for (const levels of byLevel) {
        const wish = this.#wish(levels[place]!);
        wishes.set(wish.name, wishes.get(wish.name) ?? wish);
      }
    }
    this.#wishes = [...wishes.values()];
    this.#loadNext();
  }

  #wish(index: number): Wish {
    const { level, firstIndex } = chunkOf(index);
    return { level, firstIndex, name: chunkName(this.#version, level, firstIndex) };
  }

  #loadNext(): void {
    while (this.#loading.size < LOADS_AT_ONCE) {
      const wish = this.#wishes.shift();
      if (!wish) return;
      if (this.#chunks.has(wish.name)) this.#touch(wish.name);
      else if (!this.#loading.has(wish.name) && !this.#isResting(wish.name)) void this.#load(wish);
    }
  }

  async #load(wish: Wish): Promise<void> {
    this.#loading.add(wish.name);
    try {
      this.#keep(wish, await this.#read(wish.name));
    } catch (error) {
      // A coarser frame stays in its place; it is asked for again when it is looked at later.
      if (this.#failed.size === 0) this.#onTrouble(error);
      this.#failed.set(wish.name, performance.now());
    } finally {
      this.#loading.delete(wish.name);
    }
    for (const listener of this.#listeners) listener();
    this.#loadNext();
  }

  #keep(wish: Wish, pictures: readonly Picture[]): void {
    const indexes = framesOfChunk(wish.level, wish.firstIndex, this.frameCount);
    const bytes = pictures.reduce((sum, picture) => sum + sizeBytes(picture), 0);
    const placed = pictures.map((picture, place) => [indexes[place]!, picture] as const);
    this.#chunks.set(wish.name, { pictures: new Map(placed), bytes });
    this.#bytes += bytes;
    for (const [name, chunk] of this.#chunks) {
      if (this.#bytes <= this.#budget || name === wish.name) break;
      this.#chunks.delete(name);
      this.#bytes -= chunk.bytes;
    }
  }

  #touch(name: string): void {
    const chunk = this.#chunks.get(name)!;
    this.#chunks.delete(name);
    this.#chunks.set(name, chunk);
  }

  #isResting(name: string): boolean {
    const failedAt = this.#failed.get(name);
    return failedAt !== undefined && performance.now() - failedAt < AGAIN_AFTER_MS;
  }
}
