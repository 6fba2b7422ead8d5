// Edits as data: which captions were how, and how they are. So they can be stored, undone and
// done again, and what somebody else has changed meanwhile is noticed.

import type { Caption, OwnField } from "./caption.ts";
import { inOrderOfTime, OWN_FIELDS } from "./caption.ts";

/** One caption before and after: null before it was made, null after it was removed. */
export interface Step {
  readonly before: Caption | null;
  readonly after: Caption | null;
}

export interface Edit {
  /** What was done, for a person: "Split", "Correct text". */
  readonly title: string;
  readonly steps: readonly Step[];
  /** Edits with the same key in a row are one for undo, as keystrokes in one text. */
  readonly mergeKey?: string;
  /** Where to look at it. */
  readonly focusId: number;
}

/** Why something cannot be done, for a person. */
export class Refusal {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

export function idOf(step: Step): number {
  return (step.after ?? step.before)!.id;
}

/** The fields of a person's that an edit of a caption that stays changes. */
export function changedFields(step: Step): OwnField[] {
  const { before, after } = step;
  if (!before || !after) return [...OWN_FIELDS];
  return OWN_FIELDS.filter((field) => before[field] !== after[field]);
}

/** `captions`, in order of time, after `steps`; only what a person may change is touched. */
export function applySteps(captions: readonly Caption[], steps: readonly Step[]): Caption[] {
  const byId = new Map(steps.map((step) => [idOf(step), step]));
  const result: Caption[] = [];
  for (const caption of captions) {
    const step = byId.get(caption.id);
    if (!step) result.push(caption);
    else if (step.after) result.push(withFields(caption, step.after, changedFields(step)));
    if (step) byId.delete(caption.id);
  }
  for (const step of byId.values()) {
    if (step.after && !step.before) result.push(step.after);
  }
  return isInOrder(result) ? result : result.sort(inOrderOfTime);
}

function isInOrder(captions: readonly Caption[]): boolean {
  return captions.every(
    (one, place) => place === 0 || inOrderOfTime(captions[place - 1]!, one) <= 0,
  );
}

/** `caption` with some fields of `other`. */
export function withFields(caption: Caption, other: Caption, fields: readonly OwnField[]): Caption {
  const changed = Object.fromEntries(fields.map((field) => [field, other[field]]));
  return { ...caption, ...changed };
}

export function reversed(edit: Edit): Edit {
  const steps = edit.steps.map(({ before, after }) => ({ before: after, after: before }));
  return { ...edit, steps };
}

/** Two edits in a row as one. */
export function joined(first: Edit, second: Edit): Edit {
  const steps = new Map(first.steps.map((step) => [idOf(step), step]));
  for (const step of second.steps) {
    const earlier = steps.get(idOf(step));
    steps.set(idOf(step), earlier ? { before: earlier.before, after: step.after } : step);
  }
  return { ...second, steps: [...steps.values()] };
}

/**
 * Whether `captions` are still as `edit` left them, as far as it changed them: else somebody else
 * has worked on them, and to undo it would undo theirs.
 */
export function isUntouched(captions: ReadonlyMap<number, Caption>, edit: Edit): boolean {
  return edit.steps.every((step) => {
    const now = captions.get(idOf(step));
    if (!step.after) return now === undefined;
    if (now === undefined) return false;
    const fields = step.before ? changedFields(step) : OWN_FIELDS;
    return fields.every((field) => now[field] === step.after![field]);
  });
}
