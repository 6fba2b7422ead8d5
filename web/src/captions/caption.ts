// A caption as the editor knows it: the columns of `captions.db` that matter here. Extents are
// half-open; seconds are presentation times (PTS) of native frames, frame numbers count the crop
// frames (10 Hz).

export type BoundaryState = "predicted" | "confirmed" | "gap" | "issue";
export type OcrStatus = "queued" | "processing" | "completed" | "error";

export interface Caption {
  readonly id: number;
  readonly startFrame: number;
  readonly endFrame: number;
  readonly startS: number;
  readonly endS: number;
  readonly boundaryState: BoundaryState;
  readonly boundaryPending: boolean;
  /** 0 to 1; null for what a person has made. */
  readonly boundaryConfidence: number | null;
  /** What a person wrote; null until then. */
  readonly text: string | null;
  readonly textPending: boolean;
  readonly textStatus: string | null;
  readonly textNotes: string | null;
  /** What was read; from an earlier reading unless the status is `completed`. */
  readonly ocrText: string | null;
  readonly ocrConfidence: number | null;
  readonly ocrStatus: OcrStatus;
  readonly ocrError: string | null;
}

/** What a person may change of a caption; the rest is the server's. */
export const OWN_FIELDS = [
  "startFrame",
  "endFrame",
  "startS",
  "endS",
  "boundaryState",
  "boundaryPending",
  "text",
  "textPending",
  "textStatus",
  "textNotes",
] as const satisfies readonly (keyof Caption)[];

export type OwnField = (typeof OWN_FIELDS)[number];

/** What a person wrote, else what was read, else nothing. */
export function currentText(caption: Caption): string {
  return caption.text ?? caption.ocrText ?? "";
}

/** How sure the text is, 0 to 1: a person's is beyond doubt. */
export function textConfidence(caption: Caption): number {
  return caption.text === null ? (caption.ocrConfidence ?? 0) : 1;
}

/** Whether the text is being read, or waits for it. */
export function isBeingRead(caption: Caption): boolean {
  return caption.ocrStatus === "queued" || caption.ocrStatus === "processing";
}

/** Whether a person still has to say something about it. */
export function isPending(caption: Caption): boolean {
  return caption.boundaryPending || caption.textPending;
}

export function inOrderOfTime(one: Caption, other: Caption): number {
  return one.startS - other.startS || one.endS - other.endS || one.id - other.id;
}

/** Index of the last of `captions`, in order of time, that begins at or before `timeS`; -1 if none. */
export function indexAt(captions: readonly Caption[], timeS: number): number {
  let low = 0;
  let high = captions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (captions[middle]!.startS <= timeS) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The caption that is shown at `timeS`. */
export function captionAt(captions: readonly Caption[], timeS: number): Caption | undefined {
  const caption = captions[indexAt(captions, timeS)];
  return caption && timeS < caption.endS ? caption : undefined;
}
