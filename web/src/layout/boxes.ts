// Lines of text in the sampled frames, and which of them are captions.

import type { Region } from "./crop.ts";
import { meets } from "./crop.ts";

export type Label = "in" | "out" | "clear";

export interface Box extends Region {
  readonly id: number;
  readonly frame: number;
  readonly text: string;
  /** What a person said. */
  readonly label: Label | null;
  /** What the program thinks, and how sure it is, 0 to 1. */
  readonly predicted: Label | null;
  readonly predictedConfidence: number | null;
}

// A line may reach over the edge by the blur around its letters.
const TOLERANCE = 0.12;

/** What a box counts as: a person's word before the program's. */
export function labelOf(box: Box): Label | null {
  return box.label ?? box.predicted;
}

/** The frames and their boxes. */
export function byFrame(boxes: readonly Box[]): ReadonlyMap<number, readonly Box[]> {
  const frames = new Map<number, Box[]>();
  for (const box of boxes) {
    const others = frames.get(box.frame);
    if (others) others.push(box);
    else frames.set(box.frame, [box]);
  }
  return frames;
}

export function inside(boxes: readonly Box[], region: Region): Box[] {
  return boxes.filter((box) => meets(box, region));
}

/** Lines of captions that the region would cut, or leave out. */
export function cutBy(boxes: readonly Box[], region: Region): Box[] {
  return boxes.filter((box) => labelOf(box) === "in" && !holds(region, box));
}

function holds(region: Region, box: Box): boolean {
  const slackX = TOLERANCE * (box.bottom - box.top);
  const slackY = TOLERANCE * (box.bottom - box.top);
  return (
    box.left >= region.left - slackX &&
    box.right <= region.right + slackX &&
    box.top >= region.top - slackY &&
    box.bottom <= region.bottom + slackY
  );
}

/** Of `frames`, up to `count` that show captions, from all over the video. */
export function telling(frames: ReadonlyMap<number, readonly Box[]>, count: number): number[] {
  const shown = [...frames]
    .filter(([, boxes]) => boxes.some((box) => labelOf(box) === "in"))
    .map(([frame]) => frame)
    .sort((one, other) => one - other);
  if (shown.length <= count) return shown;
  return Array.from(
    { length: count },
    (_, one) => shown[Math.round((one * (shown.length - 1)) / (count - 1))]!,
  );
}
