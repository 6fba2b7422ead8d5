// The captions as the editor shows them: what the database holds, with edits that are on their way
// to it already applied, so that a key shows at once.

import type { Caption } from "./caption.ts";
import { inOrderOfTime } from "./caption.ts";
import type { Edit, Step } from "./edits.ts";
import { applySteps, Refusal } from "./edits.ts";
import type { Flag } from "./flags.ts";
import { FlagFinder } from "./flags.ts";
import { History } from "./history.ts";

/** Writes one edit, whole or not at all. */
export type EditWriter = (steps: readonly Step[]) => Promise<void>;

export interface Snapshot {
  /** In order of time. */
  readonly captions: readonly Caption[];
  readonly byId: ReadonlyMap<number, Caption>;
  readonly flags: ReadonlyMap<number, readonly Flag[]>;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

const NOTHING: Snapshot = {
  captions: [],
  byId: new Map(),
  flags: new Map(),
  canUndo: false,
  canRedo: false,
};

export class CaptionStore {
  readonly #write: EditWriter;
  readonly #onRefused: (message: string) => void;
  readonly #history = new History();
  readonly #flags = new FlagFinder();
  readonly #listeners = new Set<() => void>();
  #stored: readonly Caption[] = [];
  #underWay: (readonly Step[])[] = [];
  #snapshot = NOTHING;

  constructor(write: EditWriter, onRefused: (message: string) => void) {
    this.#write = write;
    this.#onRefused = onRefused;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Snapshot => this.#snapshot;

  /** What the database holds now. */
  receive(captions: readonly Caption[]): void {
    this.#stored = captions.toSorted(inOrderOfTime);
    this.#show(this.#underWay.reduce(applySteps, this.#stored));
  }

  /** Do it, if it can be done; the refusal is told and returned. */
  perform(outcome: Edit | Refusal): Edit | null {
    if (outcome instanceof Refusal) {
      this.#onRefused(outcome.message);
      return null;
    }
    this.#history.add(outcome);
    this.#send(outcome);
    return outcome;
  }

  undo(): Edit | null {
    return this.#again(this.#history.undo(this.#snapshot.byId));
  }

  redo(): Edit | null {
    return this.#again(this.#history.redo(this.#snapshot.byId));
  }

  /** The next edit is one of its own for undo. */
  closeEdit(): void {
    this.#history.close();
  }

  #again(outcome: Edit | Refusal): Edit | null {
    if (outcome instanceof Refusal) {
      this.#onRefused(outcome.message);
      this.#show(this.#snapshot.captions);
      return null;
    }
    this.#send(outcome);
    return outcome;
  }

  #send(edit: Edit): void {
    const { steps } = edit;
    this.#underWay.push(steps);
    this.#show(applySteps(this.#snapshot.captions, steps));
    this.#write(steps)
      .then(() => {
        this.#stored = applySteps(this.#stored, steps);
        this.#underWay = this.#underWay.filter((one) => one !== steps);
      })
      .catch((error: unknown) => {
        this.#history.clear();
        this.#underWay = this.#underWay.filter((one) => one !== steps);
        this.#show(this.#underWay.reduce(applySteps, this.#stored));
        this.#onRefused(error instanceof Error ? error.message : "This was not saved.");
      });
  }

  #show(captions: readonly Caption[]): void {
    this.#snapshot = {
      captions,
      byId: new Map(captions.map((caption) => [caption.id, caption])),
      flags: this.#flags.find(captions),
      canUndo: this.#history.canUndo,
      canRedo: this.#history.canRedo,
    };
    for (const listener of this.#listeners) listener();
  }
}
