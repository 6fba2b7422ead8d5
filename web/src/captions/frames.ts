// Frames and times: crop frames (10 Hz) in chunks of three levels, and the times of native frames.

export const LEVELS = [16, 4, 1] as const;
export type Level = (typeof LEVELS)[number];
export const FRAMES_PER_CHUNK = 32;
export const CROP_HZ = 10;

// A frame due at k / 10 s is due there also if the file rounds its times to microseconds.
const TOLERANCE_S = 1e-6;

/** Where a crop frame lies: a chunk, named by level and first frame, and its place there. */
export interface ChunkPlace {
  readonly level: Level;
  readonly firstIndex: number;
  readonly place: number;
}

/** The level that holds crop frame `index`. */
export function levelOf(index: number): Level {
  return index % 16 === 0 ? 16 : index % 4 === 0 ? 4 : 1;
}

/** How many crop frames of the same level come before `index`. */
export function levelOrdinal(index: number): number {
  const level = levelOf(index);
  if (level === 16) return index / 16;
  // A finer level holds three of every four of its multiples; the fourth is in a coarser one.
  return Math.floor(index / (4 * level)) * 3 + Math.floor((index % (4 * level)) / level) - 1;
}

/** The crop frame that `ordinal` others of `level` come before. */
export function levelIndex(level: Level, ordinal: number): number {
  if (level === 16) return ordinal * 16;
  return Math.floor(ordinal / 3) * 4 * level + ((ordinal % 3) + 1) * level;
}

export function chunkOf(index: number): ChunkPlace {
  const level = levelOf(index);
  const ordinal = levelOrdinal(index);
  const place = ordinal % FRAMES_PER_CHUNK;
  return { level, firstIndex: levelIndex(level, ordinal - place), place };
}

/** The crop frames of a chunk that exist among `frameCount`. */
export function framesOfChunk(level: Level, firstIndex: number, frameCount: number): number[] {
  const first = levelOrdinal(firstIndex);
  const indexes = Array.from({ length: FRAMES_PER_CHUNK }, (_, one) =>
    levelIndex(level, first + one),
  );
  return indexes.filter((index) => index < frameCount);
}

/** The object's name below the video's folder. */
export function chunkName(version: number, level: Level, firstIndex: number): string {
  return `crop_frames_v${version}/modulo_${level}/chunk_${String(firstIndex).padStart(10, "0")}.webm`;
}

/** Coarse to fine: the crop frames nearest to `index` that are worth showing until it is there. */
export function standIns(index: number): number[] {
  return LEVELS.map((level) => index - (index % level)).reverse();
}

/** The first crop frame at or after `timeS`. */
export function cropFrameFrom(timeS: number): number {
  return Math.max(Math.ceil((timeS - TOLERANCE_S) * CROP_HZ), 0);
}

/** The crop frame that is shown at `timeS`, of `frameCount`. */
export function cropFrameAt(timeS: number, frameCount: number): number {
  return Math.min(Math.max(Math.floor((timeS + TOLERANCE_S) * CROP_HZ), 0), frameCount - 1);
}

/**
 * The native frames' times, in seconds and rising; the last one is when the last frame goes. The
 * file holds little-endian float64, as does every machine that runs browsers.
 */
export class FrameTimes {
  readonly #pts: Float64Array;

  constructor(pts: Float64Array) {
    if (pts.length < 2) throw new RangeError("A video has at least one frame and an end.");
    this.#pts = pts;
  }

  static of(content: ArrayBuffer): FrameTimes {
    return new FrameTimes(new Float64Array(content));
  }

  get endS(): number {
    return this.#pts[this.#pts.length - 1]!;
  }

  /** Index of the frame whose time is nearest to `timeS`. */
  nearest(timeS: number): number {
    const pts = this.#pts;
    let low = 0;
    let high = pts.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (pts[middle]! < timeS) low = middle + 1;
      else high = middle;
    }
    return low > 0 && timeS - pts[low - 1]! <= pts[low]! - timeS ? low - 1 : low;
  }

  /** The time `count` native frames after (before, if negative) the frame nearest to `timeS`. */
  step(timeS: number, count: number): number {
    const index = Math.min(Math.max(this.nearest(timeS) + count, 0), this.#pts.length - 1);
    return this.#pts[index]!;
  }

  snap(timeS: number): number {
    return this.step(timeS, 0);
  }
}
