// Everything that an open caption editor holds: captions, where one is, and what is selected.

import { leaseWords } from "../editing/words.ts";
import type { SharedDatabase, SyncState } from "../sync/index.ts";
import type { Caption } from "./caption.ts";
import { captionAt, isPending } from "./caption.ts";
import type { CropFrames } from "./cropFrames.ts";
import type { Edit, Refusal } from "./edits.ts";
import type { FrameTimes } from "./frames.ts";
import { cropFrameAt } from "./frames.ts";
import { confirm, setText } from "./operations.ts";
import { Playhead } from "./playhead.ts";
import { captionsQuery, toCaption, writeSteps } from "./rows.ts";
import { CaptionStore } from "./store.ts";

export interface Notices {
  tell(message: string, rescued?: string): void;
}

interface Draft {
  readonly id: number;
  readonly text: string;
}

const DRAFT_REST_MS = 600;

export class EditorSession {
  readonly store: CaptionStore;
  readonly playhead = new Playhead();
  readonly frames: CropFrames;
  /** Null until the native frames' times are there. */
  times: FrameTimes | null = null;
  readonly #database: SharedDatabase;
  readonly #notices: Notices;
  readonly #listeners = new Set<() => void>();
  readonly #ends: (() => void)[];
  #selectedId: number | null = null;
  #draft: Draft | null = null;
  #draftTimer = 0;

  constructor(database: SharedDatabase, frames: CropFrames, notices: Notices) {
    this.#database = database;
    this.#notices = notices;
    this.frames = frames;
    this.store = new CaptionStore(
      (steps) => writeSteps(database, steps),
      (message) => notices.tell(message, this.#draft?.text),
    );
    this.#ends = [
      database.subscribe(captionsQuery, (rows) => {
        this.store.receive(rows.map(toCaption));
        this.#keepSelection();
      }),
      database.onState(() => this.#tell()),
    ];
  }

  get sync(): SyncState {
    return this.#database.state;
  }

  get canWrite(): boolean {
    return this.sync.lease.mayWrite;
  }

  get hasDraft(): boolean {
    return this.#draft !== null;
  }

  get selectedId(): number | null {
    return this.#selectedId;
  }

  get selected(): Caption | undefined {
    const { byId } = this.store.snapshot();
    return this.#selectedId === null ? undefined : byId.get(this.#selectedId);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  takeLease(): void {
    this.#database.takeLease();
  }

  async close(): Promise<void> {
    this.flushDraft();
    for (const end of this.#ends) end();
    this.frames.close();
    await this.#database.close();
  }

  /** Go to a caption; what is being written in another is kept. */
  select(id: number | null): void {
    if (id === this.#selectedId) return;
    this.flushDraft();
    this.store.closeEdit();
    this.#selectedId = id;
    const caption = this.selected;
    if (caption) this.playhead.moveTo(middleOf(caption));
    this.#tell();
  }

  /** Go to a moment, and to the caption there if `follow`. */
  goTo(timeS: number, follow: boolean): void {
    const caption = follow ? captionAt(this.store.snapshot().captions, timeS) : undefined;
    if (caption) this.select(caption.id);
    this.playhead.moveTo(timeS);
  }

  /** Go so many crop frames on, or back. */
  step(count: number): void {
    const { frameCount } = this.frames;
    const index = cropFrameAt(this.playhead.timeS, frameCount) + count;
    this.playhead.moveTo(Math.min(Math.max(index, 0), frameCount - 1) / 10);
  }

  selectNeighbour(by: 1 | -1, isWanted: (caption: Caption) => boolean = () => true): boolean {
    const { captions } = this.store.snapshot();
    const here = captions.findIndex((one) => one.id === this.#selectedId);
    const others = by === 1 ? captions.slice(here + 1) : captions.slice(0, Math.max(here, 0));
    const found = by === 1 ? others.find(isWanted) : others.findLast(isWanted);
    if (found) this.select(found.id);
    return found !== undefined;
  }

  isFlagged(caption: Caption): boolean {
    const flags = this.store.snapshot().flags.get(caption.id) ?? [];
    return caption.boundaryState === "issue" || (isPending(caption) && flags.length > 0);
  }

  tell(message: string): void {
    this.#notices.tell(message);
  }

  /** Do it if one may, and go to where it was done. */
  perform(outcome: Edit | Refusal): void {
    if (!this.#mayWrite()) return;
    const edit = this.store.perform(outcome);
    if (edit) this.#show(edit);
  }

  undo(): void {
    if (!this.#mayWrite()) return;
    this.flushDraft();
    this.#show(this.store.undo());
  }

  redo(): void {
    if (!this.#mayWrite()) return;
    this.flushDraft();
    this.#show(this.store.redo());
  }

  /** Boundaries and text are right; on to the next one that waits. */
  confirmAndGoOn(): void {
    const caption = this.selected;
    if (!caption || !this.#mayWrite()) return;
    this.flushDraft();
    if (this.store.perform(confirm(this.store.snapshot().captions, caption.id)) === null) return;
    this.store.closeEdit();
    if (!this.selectNeighbour(1, isPending) && !this.selectNeighbour(1)) {
      this.#notices.tell("This was the last caption.");
    }
    this.#tell();
  }

  /** What is in the text field now; stored when it rests for a moment. */
  draft(id: number, text: string): void {
    const wasDraft = this.#draft !== null;
    this.#draft = { id, text };
    clearTimeout(this.#draftTimer);
    this.#draftTimer = window.setTimeout(() => this.flushDraft(), DRAFT_REST_MS);
    if (!wasDraft) this.#tell();
  }

  flushDraft(): void {
    clearTimeout(this.#draftTimer);
    const draft = this.#draft;
    if (!draft) return;
    const { captions } = this.store.snapshot();
    const outcome = setText(captions, draft.id, draft.text);
    if ("steps" in outcome && this.#mayWrite()) this.store.perform(outcome);
    this.#draft = null;
    this.#tell();
  }

  /** Whether it may be changed; if not, the reason is told. */
  #mayWrite(): boolean {
    if (this.canWrite) return true;
    const words = leaseWords(this.sync, "captions");
    this.#notices.tell(words?.text ?? "Still loading; try again in a moment.", this.#draft?.text);
    return false;
  }

  #show(edit: Edit | null): void {
    if (!edit) return;
    const { byId } = this.store.snapshot();
    if (byId.has(edit.focusId)) this.#selectedId = edit.focusId;
    this.#keepSelection();
    const caption = this.selected;
    const edge = edit.mergeKey?.split(":")[0];
    if (caption && edge === "start") this.playhead.moveTo(caption.startS);
    if (caption && edge === "end") this.playhead.moveTo(caption.endS);
    this.#tell();
  }

  /** One begins where work waits; who looked at a caption that is gone looks at what follows. */
  #keepSelection(): void {
    const { captions, byId } = this.store.snapshot();
    if (this.#selectedId !== null && byId.has(this.#selectedId)) return;
    const isFirst = this.#selectedId === null;
    const next = isFirst
      ? (captions.find(isPending) ?? captions[0])
      : (captions.find((one) => one.endS > this.playhead.timeS) ?? captions.at(-1));
    this.#selectedId = next?.id ?? null;
    if (next && isFirst) this.playhead.moveTo(middleOf(next));
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function middleOf(caption: Caption): number {
  const last = Math.max(caption.endFrame - 1, caption.startFrame);
  return Math.floor((caption.startFrame + last) / 2) / 10;
}
