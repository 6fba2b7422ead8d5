// Find and replace over all captions' texts.

import type { Caption } from "./caption.ts";
import { currentText } from "./caption.ts";
import type { Edit } from "./edits.ts";
import { Refusal } from "./edits.ts";

export interface Search {
  readonly pattern: string;
  readonly isRegex: boolean;
  readonly isCaseSensitive: boolean;
}

export interface Found {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

/** The expression of a search; null if there is nothing to look for, a refusal if it is wrong. */
export function expressionOf(search: Search): RegExp | Refusal | null {
  if (!search.pattern) return null;
  const source = search.isRegex
    ? search.pattern
    : search.pattern.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
  try {
    return new RegExp(source, search.isCaseSensitive ? "gmu" : "gimu");
  } catch {
    return new Refusal("This is not a regular expression.");
  }
}

/** Every place, in order; what matches nothing at all, as `x*`, is nowhere. */
export function findAll(captions: readonly Caption[], expression: RegExp): Found[] {
  return captions.flatMap((caption) =>
    [...currentText(caption).matchAll(expression)]
      .filter((match) => match[0].length > 0)
      .map((match) => ({
        id: caption.id,
        start: match.index,
        end: match.index + match[0].length,
      })),
  );
}

/** Replace everywhere, or in the captions `only`; `$1` stands for a group if it is an expression. */
export function replaceAll(
  captions: readonly Caption[],
  expression: RegExp,
  replacement: string,
  isRegex: boolean,
  only?: ReadonlySet<number>,
): Edit | Refusal {
  const steps = captions
    .filter((caption) => only === undefined || only.has(caption.id))
    .map((before) => {
      const text = isRegex
        ? currentText(before).replace(expression, replacement)
        : currentText(before).replace(expression, () => replacement);
      return { before, after: { ...before, text, textPending: false } };
    })
    .filter(({ before, after }) => after.text !== currentText(before));
  if (steps.length === 0) return new Refusal("Nothing to replace.");
  const title = steps.length === 1 ? "Replace" : `Replace in ${steps.length} captions`;
  return { title, steps, focusId: steps[0]!.before.id };
}
