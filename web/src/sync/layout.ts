// Where the captions of a video are, as rows and edits.

import { columnOf, type Fields, type Query, select, type Transaction } from "./query.ts";

export type BoxLabel = "in" | "out" | "clear";

/** A line of text in a sampled frame (0.1 Hz); lengths are shares of the full frame. */
export interface BoxRow {
  readonly id: number;
  readonly frameIndex: number;
  readonly boxIndex: number;
  readonly bboxLeft: number;
  readonly bboxTop: number;
  readonly bboxRight: number;
  readonly bboxBottom: number;
  readonly text: string;
  readonly confidence: number;
  /** What a person said. */
  readonly label: BoxLabel | null;
  readonly labelUpdatedAt: string | null;
  readonly predictedLabel: BoxLabel | null;
  readonly predictedConfidence: number | null;
}

/** The caption band; null where there is none yet. */
export interface ConfigRow {
  readonly id: number;
  readonly frameWidth: number;
  readonly frameHeight: number;
  readonly cropLeft: number | null;
  readonly cropTop: number | null;
  readonly cropRight: number | null;
  readonly cropBottom: number | null;
  readonly anchorType: string | null;
  readonly anchorPosition: number | null;
  readonly verticalCenter: number | null;
  readonly updatedAt: string;
}

export interface PreferencesRow {
  readonly id: number;
  readonly layoutApproved: boolean;
}

const BOX: Fields<BoxRow> = {
  id: "plain",
  frameIndex: "plain",
  boxIndex: "plain",
  bboxLeft: "plain",
  bboxTop: "plain",
  bboxRight: "plain",
  bboxBottom: "plain",
  text: "plain",
  confidence: "plain",
  label: "plain",
  labelUpdatedAt: "plain",
  predictedLabel: "plain",
  predictedConfidence: "plain",
};
const CONFIG: Fields<ConfigRow> = {
  id: "plain",
  frameWidth: "plain",
  frameHeight: "plain",
  cropLeft: "plain",
  cropTop: "plain",
  cropRight: "plain",
  cropBottom: "plain",
  anchorType: "plain",
  anchorPosition: "plain",
  verticalCenter: "plain",
  updatedAt: "plain",
};
const PREFERENCES: Fields<PreferencesRow> = { id: "plain", layoutApproved: "flag" };

/** Every box of the video. */
export const allBoxes: Query<BoxRow> = select("boxes", BOX, "ORDER BY id");

/** The boxes of one sampled frame. */
export function boxesOf(frameIndex: number): Query<BoxRow> {
  return select("boxes", BOX, "WHERE frame_index = ? ORDER BY box_index", [frameIndex]);
}

/** One row, or none before the first run. */
export const config: Query<ConfigRow> = select("layout_config", CONFIG, "WHERE id = 1");

/** One row, or none before the first run. */
export const preferences: Query<PreferencesRow> = select(
  "preferences",
  PREFERENCES,
  "WHERE id = 1",
);

/** Says what boxes are; with null it is for the program to say again. */
export async function labelBoxes(
  transaction: Transaction,
  ids: readonly number[],
  label: BoxLabel | null,
): Promise<void> {
  const now = new Date().toISOString();
  for (const id of ids) {
    await transaction.execute("UPDATE boxes SET label = ?, label_updated_at = ? WHERE id = ?", [
      label,
      now,
      id,
    ]);
  }
}

/** The crop region, in shares of the full frame. */
export type Crop = Record<"cropLeft" | "cropTop" | "cropRight" | "cropBottom", number>;

export async function moveCrop(transaction: Transaction, crop: Crop): Promise<void> {
  const fields = { ...crop, updatedAt: new Date().toISOString() };
  const list = Object.keys(fields).map((field) => `${columnOf(field)} = ?`);
  await transaction.execute(
    `UPDATE layout_config SET ${list.join(", ")} WHERE id = 1`,
    Object.values(fields),
  );
}

export async function setLayoutApproved(
  transaction: Transaction,
  isApproved: boolean,
): Promise<void> {
  await transaction.execute("UPDATE preferences SET layout_approved = ? WHERE id = 1", [
    isApproved,
  ]);
}
