// Changes of a layout as data, to be written, undone and done again.

import type { Box, Label } from "./boxes.ts";
import type { Region } from "./crop.ts";
import { isSame } from "./crop.ts";

export type Change =
  | {
      readonly kind: "labels";
      readonly before: ReadonlyMap<number, Label | null>;
      readonly after: Label | null;
    }
  | { readonly kind: "crop"; readonly before: Region | null; readonly after: Region };

/** What labels some boxes, as far as they are not labelled like that already. */
export function labelling(boxes: readonly Box[], label: Label | null): Change | null {
  const changed = boxes.filter((box) => box.label !== label);
  if (changed.length === 0) return null;
  const before = new Map(changed.map((box) => [box.id, box.label]));
  return { kind: "labels", before, after: label };
}

/** Which labels undo it: only of boxes that nobody has labelled otherwise since. */
export function undoneLabels(
  change: Extract<Change, { kind: "labels" }>,
  now: ReadonlyMap<number, Label | null>,
): Map<Label | null, number[]> {
  const byLabel = new Map<Label | null, number[]>();
  for (const [id, label] of change.before) {
    if (now.get(id) !== change.after) continue;
    byLabel.set(label, [...(byLabel.get(label) ?? []), id]);
  }
  return byLabel;
}

/** What was done, and undone, by one person. */
export class LayoutHistory {
  #done: Change[] = [];
  #undone: Change[] = [];

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  add(change: Change): void {
    this.#undone = [];
    this.#done.push(change);
  }

  undo(crop: Region | null): Change | null {
    const change = this.#done.pop() ?? null;
    if (!change) return null;
    // A region that somebody else has moved since is theirs.
    if (change.kind === "crop" && (change.before === null || !isSame(change.after, crop)))
      return null;
    this.#undone.push(change);
    return change;
  }

  redo(): Change | null {
    const change = this.#undone.pop() ?? null;
    if (change) this.#done.push(change);
    return change;
  }
}
