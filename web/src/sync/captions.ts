// The captions of a video, as rows and edits.

import {
  columnOf,
  type Fields,
  type Input,
  type Query,
  select,
  type Transaction,
} from "./query.ts";

/** A caption; its extent is half-open, in crop frames (10 Hz) and in seconds of the video. */
export interface CaptionRow {
  readonly id: number;
  readonly startFrameIndex: number;
  readonly endFrameIndex: number;
  readonly startPtsS: number;
  readonly endPtsS: number;
  readonly boundaryState: "predicted" | "confirmed" | "gap" | "issue";
  readonly boundaryPending: boolean;
  readonly boundaryConfidence: number | null;
  /** What a person wrote; null until then. */
  readonly text: string | null;
  readonly textPending: boolean;
  readonly textStatus: string | null;
  readonly textNotes: string | null;
  /** What was read from the frames; old while the status is not `completed`. */
  readonly captionOcr: string | null;
  readonly captionOcrConfidence: number | null;
  readonly captionOcrStatus: "queued" | "processing" | "completed" | "error";
  readonly captionOcrError: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

type ServersFields =
  | "boundaryConfidence"
  | "captionOcr"
  | "captionOcrConfidence"
  | "captionOcrStatus"
  | "captionOcrError";

/** What a person can change. */
export type CaptionEdit = Partial<
  Omit<CaptionRow, ServersFields | "id" | "createdAt" | "updatedAt">
>;

/** What a new caption needs. */
export type NewCaption = CaptionEdit &
  Pick<CaptionRow, "startFrameIndex" | "endFrameIndex" | "startPtsS" | "endPtsS">;

const FIELDS: Fields<CaptionRow> = {
  id: "plain",
  startFrameIndex: "plain",
  endFrameIndex: "plain",
  startPtsS: "plain",
  endPtsS: "plain",
  boundaryState: "plain",
  boundaryPending: "flag",
  boundaryConfidence: "plain",
  text: "plain",
  textPending: "flag",
  textStatus: "plain",
  textNotes: "plain",
  captionOcr: "plain",
  captionOcrConfidence: "plain",
  captionOcrStatus: "plain",
  captionOcrError: "plain",
  createdAt: "plain",
  updatedAt: "plain",
};
const FIRST_ID = 2 ** 32;

/** All captions in the order of the video. */
export const allCaptions: Query<CaptionRow> = select(
  "captions",
  FIELDS,
  "ORDER BY start_frame_index, id",
);

/** One caption, or none. */
export function captionById(id: number): Query<CaptionRow> {
  return select("captions", FIELDS, "WHERE id = ?", [id]);
}

/** Adds a caption; its id. `again` is the id of one that was deleted, to bring it back. */
export async function insertCaption(
  transaction: Transaction,
  caption: NewCaption,
  again?: number,
): Promise<number> {
  const id = again ?? newId();
  const now = new Date().toISOString();
  const [columns, values] = assignments({ ...caption, createdAt: now, updatedAt: now });
  const places = values.map(() => "?").join(", ");
  await transaction.execute(
    `INSERT INTO captions (id, ${columns.join(", ")}) VALUES (?, ${places})`,
    [id, ...values],
  );
  return id;
}

export async function updateCaption(
  transaction: Transaction,
  id: number,
  edit: CaptionEdit,
): Promise<void> {
  const [columns, values] = assignments({ ...edit, updatedAt: new Date().toISOString() });
  const list = columns.map((column) => `${column} = ?`).join(", ");
  await transaction.execute(`UPDATE captions SET ${list} WHERE id = ?`, [...values, id]);
}

export async function deleteCaption(transaction: Transaction, id: number): Promise<void> {
  await transaction.execute("DELETE FROM captions WHERE id = ?", [id]);
}

/** The server counts from 1; a page takes its ids by chance from where the server does not come. */
function newId(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];
  return FIRST_ID + (high % 2 ** 20) * 2 ** 32 + low;
}

function assignments(fields: Record<string, Input>): [columns: string[], values: Input[]] {
  return [Object.keys(fields).map(columnOf), Object.values(fields)];
}
