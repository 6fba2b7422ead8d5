// Everything that an open layout review holds.

import { leaseWords } from "../editing/words.ts";
import type { SharedDatabase, SyncState } from "../sync/index.ts";
import type { BoxRow, ConfigRow } from "../sync/layout.ts";
import { allBoxes, config, labelBoxes, moveCrop } from "../sync/layout.ts";
import type { Box, Label } from "./boxes.ts";
import type { Change } from "./changes.ts";
import { LayoutHistory, labelling, undoneLabels } from "./changes.ts";
import type { Region } from "./crop.ts";
import { isSame } from "./crop.ts";

export interface LayoutSnapshot {
  /** Whether the layout is here; there is nothing to show before. */
  readonly isLoaded: boolean;
  readonly boxes: readonly Box[];
  readonly crop: Region | null;
  readonly width: number;
  readonly height: number;
  readonly sync: SyncState;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

const known = new WeakMap<BoxRow, Box>();
const NONE: readonly Box[] = [];

export class LayoutSession {
  readonly #database: SharedDatabase;
  readonly #tell: (message: string) => void;
  readonly #history = new LayoutHistory();
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[];
  #boxes: readonly Box[] | null = null;
  #config: ConfigRow | null = null;
  /** A region that is being drawn, or on its way into the database. */
  #drawn: Region | null = null;
  #snapshot: LayoutSnapshot;

  constructor(database: SharedDatabase, tell: (message: string) => void) {
    this.#database = database;
    this.#tell = tell;
    this.#snapshot = this.#look();
    this.#ends = [
      database.subscribe(allBoxes, (rows) => {
        this.#boxes = rows.map(toBox);
        this.#publish();
      }),
      database.subscribe(config, ([row]) => {
        this.#config = row ?? null;
        this.#publish();
      }),
      database.onState(() => this.#publish()),
    ];
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): LayoutSnapshot => this.#snapshot;

  get canWrite(): boolean {
    return this.#database.state.lease.mayWrite;
  }

  takeLease(): void {
    this.#database.takeLease();
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end();
    await this.#database.close();
  }

  label(boxes: readonly Box[], label: Label | null): void {
    const change = labelling(boxes, label);
    if (change?.kind !== "labels" || !this.#mayWrite()) return;
    this.#history.add(change);
    this.#writeLabels(new Map([[label, [...change.before.keys()]]]));
  }

  /** Show the region while it is being drawn; `move` stores it. */
  draw(region: Region): void {
    if (!this.canWrite) return;
    this.#drawn = region;
    this.#publish();
  }

  move(region: Region): void {
    const before = storedRegion(this.#config);
    if (isSame(before, region)) {
      this.#drawn = null;
      this.#publish();
    } else if (this.#mayWrite()) {
      this.#history.add({ kind: "crop", before, after: region });
      this.#writeCrop(region);
    }
  }

  undo(): void {
    if (!this.#mayWrite()) return;
    const change = this.#history.undo(this.#snapshot.crop);
    if (change) this.#put(change, true);
    else this.#tell("Nothing to undo.");
  }

  redo(): void {
    if (!this.#mayWrite()) return;
    const change = this.#history.redo();
    if (change) this.#put(change, false);
    else this.#tell("Nothing to do again.");
  }

  #put(change: Change, isUndo: boolean): void {
    if (change.kind === "crop") this.#writeCrop((isUndo && change.before) || change.after);
    else if (isUndo) {
      this.#writeLabels(
        undoneLabels(change, new Map(this.#snapshot.boxes.map((box) => [box.id, box.label]))),
      );
    } else this.#writeLabels(new Map([[change.after, [...change.before.keys()]]]));
  }

  #writeLabels(labels: ReadonlyMap<Label | null, readonly number[]>): void {
    this.#write(async (tx) => {
      for (const [label, ids] of labels) await labelBoxes(tx, ids, label);
    });
  }

  #writeCrop(region: Region): void {
    this.#drawn = region;
    const { left: cropLeft, top: cropTop, right: cropRight, bottom: cropBottom } = region;
    this.#write((tx) => moveCrop(tx, { cropLeft, cropTop, cropRight, cropBottom }));
  }

  #write(work: Parameters<SharedDatabase["write"]>[0]): void {
    this.#publish();
    this.#database
      .write(work)
      .catch((error: unknown) => {
        this.#drawn = null;
        this.#tell(error instanceof Error ? error.message : "This was not saved.");
      })
      .finally(() => this.#publish());
  }

  #mayWrite(): boolean {
    if (this.canWrite) return true;
    this.#drawn = null;
    this.#publish();
    const words = leaseWords(this.#database.state, "layout");
    this.#tell(words?.text ?? "Still loading; try again in a moment.");
    return false;
  }

  #look(): LayoutSnapshot {
    const stored = storedRegion(this.#config);
    if (isSame(stored, this.#drawn)) this.#drawn = null;
    return {
      isLoaded: this.#config !== null && this.#boxes !== null,
      boxes: this.#boxes ?? NONE,
      crop: this.#drawn ?? stored,
      width: this.#config?.frameWidth ?? 16,
      height: this.#config?.frameHeight ?? 9,
      sync: this.#database.state,
      canUndo: this.#history.canUndo,
      canRedo: this.#history.canRedo,
    };
  }

  #publish(): void {
    this.#snapshot = this.#look();
    for (const listener of this.#listeners) listener();
  }
}

function storedRegion(row: ConfigRow | null): Region | null {
  if (!row) return null;
  const { cropLeft: left, cropTop: top, cropRight: right, cropBottom: bottom } = row;
  if (left === null || top === null || right === null || bottom === null) return null;
  return { left, top, right, bottom };
}

function toBox(row: BoxRow): Box {
  const before = known.get(row);
  if (before) return before;
  const box: Box = {
    id: row.id,
    frame: row.frameIndex,
    left: row.bboxLeft,
    top: row.bboxTop,
    right: row.bboxRight,
    bottom: row.bboxBottom,
    text: row.text,
    label: row.label,
    predicted: row.predictedLabel,
    predictedConfidence: row.predictedConfidence,
  };
  known.set(row, box);
  return box;
}
