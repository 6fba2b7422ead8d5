// What a changed layout means for captions that exist already, in words.

import type { Caption } from "../captions/caption.ts";
import { counted } from "../editing/words.ts";

type Judged = Pick<Caption, "boundaryState" | "text" | "textStatus" | "textNotes">;

export interface Consequences {
  /** Captions that a person has worked on: they stay. */
  readonly kept: number;
  /** Predictions that are made anew. */
  readonly redone: number;
}

/** What a new approval keeps and what it does again: no prediction replaces a person's work. */
export function consequencesOf(captions: readonly Judged[]): Consequences {
  const kept = captions.filter(isKept).length;
  return { kept, redone: captions.length - kept };
}

function isKept(caption: Judged): boolean {
  const isWritten = caption.text !== null || caption.textStatus || caption.textNotes;
  return caption.boundaryState !== "predicted" || Boolean(isWritten);
}

/** The same in a sentence. */
export function consequenceWords({ kept, redone }: Consequences): string {
  const stays =
    kept === 0
      ? "Nobody has worked on a caption yet."
      : `${counted(kept, "caption")} that people worked on ${kept === 1 ? "stays" : "stay"} as ${kept === 1 ? "it is" : "they are"}.`;
  const rest =
    redone === 0
      ? "Others will be looked for"
      : `${counted(redone, kept === 0 ? "caption" : "other")} will be found and read again`;
  return `${stays} ${rest} in the new band. Until that is done, everything stays as it is now.`;
}
