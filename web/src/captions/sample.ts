// Captions for tests.

import type { Caption } from "./caption.ts";
import { cropFrameFrom, FrameTimes } from "./frames.ts";

export function sampleCaption(
  id: number,
  startS: number,
  endS: number,
  fields: Partial<Caption> = {},
): Caption {
  return {
    id,
    startS,
    endS,
    startFrame: cropFrameFrom(startS),
    endFrame: cropFrameFrom(endS),
    boundaryState: "predicted",
    boundaryPending: true,
    boundaryConfidence: 0.9,
    text: null,
    textPending: true,
    textStatus: null,
    textNotes: null,
    ocrText: `caption ${id}`,
    ocrConfidence: 0.95,
    ocrStatus: "completed",
    ocrError: null,
    ...fields,
  };
}

/** Ten seconds of 25 frames a second. */
export const TIMES = new FrameTimes(Float64Array.from({ length: 251 }, (_, index) => index / 25));
