// Undo and redo of one person's edits. Undoing writes like any other edit, so others see it.

import type { Caption } from "./caption.ts";
import type { Edit } from "./edits.ts";
import { isUntouched, joined, Refusal, reversed } from "./edits.ts";

const LONGEST = 500;

export class History {
  #done: Edit[] = [];
  #undone: Edit[] = [];

  get canUndo(): boolean {
    return this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** Remember what was just done; what was undone before can no longer be done again. */
  add(edit: Edit): void {
    this.#undone = [];
    const last = this.#done.at(-1);
    if (last && edit.mergeKey !== undefined && last.mergeKey === edit.mergeKey) {
      this.#done[this.#done.length - 1] = joined(last, edit);
    } else {
      this.#done.push(edit);
      if (this.#done.length > LONGEST) this.#done.shift();
    }
  }

  /** Let the next edit be a new one for undo, whatever its key. */
  close(): void {
    const last = this.#done.at(-1);
    if (last?.mergeKey !== undefined) {
      const { mergeKey: _, ...edit } = last;
      this.#done[this.#done.length - 1] = edit;
    }
  }

  /** What undoes the last edit; an edit that somebody else built on is forgotten instead. */
  undo(captions: ReadonlyMap<number, Caption>): Edit | Refusal {
    const edit = this.#done.pop();
    if (!edit) return new Refusal("Nothing to undo.");
    if (!isUntouched(captions, edit)) {
      return new Refusal(`“${edit.title}” stays: somebody else has changed it since.`);
    }
    this.#undone.push(edit);
    return reversed(edit);
  }

  redo(captions: ReadonlyMap<number, Caption>): Edit | Refusal {
    const edit = this.#undone.pop();
    if (!edit) return new Refusal("Nothing to do again.");
    if (!isUntouched(captions, reversed(edit))) {
      return new Refusal(`“${edit.title}” is not done again: somebody else has changed it since.`);
    }
    this.#done.push(edit);
    return edit;
  }

  /** Forget an edit that was refused by the server, and all that was built on it. */
  clear(): void {
    this.#done = [];
    this.#undone = [];
  }
}
