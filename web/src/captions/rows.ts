// Captions from the shared database, and edits into it.

import type { CaptionRow, NewCaption } from "../sync/captions.ts";
import { allCaptions, deleteCaption, insertCaption, updateCaption } from "../sync/captions.ts";
import type { SharedDatabase } from "../sync/index.ts";
import type { Caption, OwnField } from "./caption.ts";
import { OWN_FIELDS } from "./caption.ts";
import type { Step } from "./edits.ts";
import { changedFields } from "./edits.ts";

export const captionsQuery = allCaptions;

const known = new WeakMap<CaptionRow, Caption>();

/** The caption in a row; the same row is the same caption. */
export function toCaption(row: CaptionRow): Caption {
  const before = known.get(row);
  if (before) return before;
  const caption: Caption = {
    id: row.id,
    startFrame: row.startFrameIndex,
    endFrame: row.endFrameIndex,
    startS: row.startPtsS,
    endS: row.endPtsS,
    boundaryState: row.boundaryState,
    boundaryPending: row.boundaryPending,
    boundaryConfidence: row.boundaryConfidence,
    text: row.text,
    textPending: row.textPending,
    textStatus: row.textStatus,
    textNotes: row.textNotes,
    ocrText: row.captionOcr,
    ocrConfidence: row.captionOcrConfidence,
    ocrStatus: row.captionOcrStatus,
    ocrError: row.captionOcrError,
  };
  known.set(row, caption);
  return caption;
}

const COLUMNS = {
  startFrame: "startFrameIndex",
  endFrame: "endFrameIndex",
  startS: "startPtsS",
  endS: "endPtsS",
  boundaryState: "boundaryState",
  boundaryPending: "boundaryPending",
  text: "text",
  textPending: "textPending",
  textStatus: "textStatus",
  textNotes: "textNotes",
} as const satisfies Record<OwnField, keyof CaptionRow>;

/** One edit, as one transaction: local at once, and one batch for the server. */
export function writeSteps(database: SharedDatabase, steps: readonly Step[]): Promise<void> {
  return database.write(async (tx) => {
    for (const { before, after } of steps) {
      if (!after) await deleteCaption(tx, before!.id);
      else if (!before) await insertCaption(tx, editOf(after, OWN_FIELDS), after.id);
      else await updateCaption(tx, after.id, editOf(after, changedFields({ before, after })));
    }
  });
}

function editOf(caption: Caption, fields: readonly OwnField[]): NewCaption {
  return Object.fromEntries(fields.map((field) => [COLUMNS[field], caption[field]])) as NewCaption;
}
