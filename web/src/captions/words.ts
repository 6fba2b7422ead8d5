// What flags and states are called.

import type { Caption } from "./caption.ts";
import { isPending, textConfidence } from "./caption.ts";
import type { Flag } from "./flags.ts";

export const FLAG_WORDS: Readonly<Record<Flag, string>> = {
  low_confidence: "unsure",
  very_short: "very short",
  near_duplicate_neighbour: "like its neighbour",
  text_outside_dictionary: "odd characters",
  empty_text: "no text",
  overlap: "overlaps",
};

const SURE = 0.95;
const FAIRLY_SURE = 0.85;

/** How sure a caption is, as a class for its colour; a person's word is beyond doubt. */
export function confidenceClass(caption: Caption): "gap" | "sure" | "done" | "fair" | "unsure" {
  if (caption.boundaryState === "gap") return "gap";
  if (!isPending(caption)) return "done";
  const confidence = Math.min(textConfidence(caption), caption.boundaryConfidence ?? 1);
  if (confidence >= SURE) return "sure";
  return confidence >= FAIRLY_SURE ? "fair" : "unsure";
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
