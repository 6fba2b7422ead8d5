// What a person should look at: the counterpart of captions/flags.py, held to the same
// tests/unit/captions/flag_vectors.json.

import { distance } from "fastest-levenshtein";

import type { Caption } from "./caption.ts";
import { currentText, isBeingRead, textConfidence } from "./caption.ts";

export type Flag =
  | "low_confidence"
  | "very_short"
  | "near_duplicate_neighbour"
  | "text_outside_dictionary"
  | "empty_text"
  | "overlap";

/** What counts for its flags. */
export interface Flaggable {
  readonly startS: number;
  readonly endS: number;
  readonly text: string;
  readonly confidence: number;
}

const LOW_CONFIDENCE = 0.85;
const VERY_SHORT_S = 0.5;
const NEAR_DUPLICATE = 0.25;
const NEIGHBOUR_GAP_S = 1.0;
const OVERLAP_TOLERANCE_S = 1e-6;
const NEVER_TEXT = /[\p{Cc}\p{Cn}\p{Co}\p{Cs}\ufffd]/u;

/** The flags of each of `items`, which are in order of time. */
export function flagsOf(items: readonly Flaggable[]): readonly (readonly Flag[])[] {
  return items.map((item, index) => flagsAmong(item, [items[index - 1], items[index + 1]]));
}

function flagsAmong(item: Flaggable, neighbours: readonly (Flaggable | undefined)[]): Flag[] {
  const around = neighbours.filter((one) => one !== undefined);
  const flags: Flag[] = [];
  if (!item.text.trim()) flags.push("empty_text");
  else if (item.confidence < LOW_CONFIDENCE) flags.push("low_confidence");
  if (item.endS - item.startS < VERY_SHORT_S) flags.push("very_short");
  if (around.some((other) => areNear(item, other) && areAlike(item.text, other.text))) {
    flags.push("near_duplicate_neighbour");
  }
  if (NEVER_TEXT.test(item.text.replace(/\s/gu, ""))) flags.push("text_outside_dictionary");
  if (around.some((other) => overlapS(item, other) > OVERLAP_TOLERANCE_S)) flags.push("overlap");
  return flags;
}

interface Found {
  readonly before: Caption | undefined;
  readonly after: Caption | undefined;
  readonly flags: readonly Flag[];
}

/** The flags of captions as they change: only what changed, or has a changed neighbour, is judged. */
export class FlagFinder {
  readonly #found = new WeakMap<Caption, Found>();

  /** By id; gaps have none, and what is being read is not called empty. */
  find(captions: readonly Caption[]): ReadonlyMap<number, readonly Flag[]> {
    const shown = captions.filter((caption) => caption.boundaryState !== "gap");
    return new Map(
      shown.map((caption, index) => [
        caption.id,
        this.#flagsOf(caption, shown[index - 1], shown[index + 1]),
      ]),
    );
  }

  #flagsOf(caption: Caption, before?: Caption, after?: Caption): readonly Flag[] {
    const known = this.#found.get(caption);
    if (known && known.before === before && known.after === after) return known.flags;
    const others = [before, after].map((one) => one && flaggable(one));
    const all = flagsAmong(flaggable(caption), others);
    const flags = isBeingRead(caption) ? all.filter(isAboutTime) : all;
    this.#found.set(caption, { before, after, flags });
    return flags;
  }
}

function flaggable(caption: Caption): Flaggable {
  return {
    startS: caption.startS,
    endS: caption.endS,
    text: currentText(caption),
    confidence: textConfidence(caption),
  };
}

function isAboutTime(flag: Flag): boolean {
  return flag === "very_short" || flag === "overlap";
}

function areNear(one: Flaggable, other: Flaggable): boolean {
  return Math.max(other.startS - one.endS, one.startS - other.endS) <= NEIGHBOUR_GAP_S;
}

function areAlike(text: string, otherText: string): boolean {
  const one = foldText(text);
  const other = foldText(otherText);
  if (!one || !other) return false;
  const longest = Math.max(one.length, other.length);
  if (Math.abs(one.length - other.length) > NEAR_DUPLICATE * longest) return false;
  return distance(one, other) <= NEAR_DUPLICATE * longest;
}

function overlapS(one: Flaggable, other: Flaggable): number {
  return Math.min(one.endS, other.endS) - Math.max(one.startS, other.startS);
}

/** The text as far as it matters for comparison, one UTF-16 unit a character. */
export function foldText(text: string): string {
  const folded = text.normalize("NFKC").toLowerCase().replace(/ß/g, "ss").replace(/\s/gu, "");
  // Beyond the basic plane a character is two units, which would count as two differences.
  return folded.replace(/[\u{10000}-\u{10ffff}]/gu, (one) =>
    String.fromCharCode(0xe000 + (one.codePointAt(0)! % 0x1900)),
  );
}
