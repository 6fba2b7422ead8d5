// What a person does to captions, as edits; nothing here writes. Captions never overlap: whoever
// grows takes the time from the neighbour, down to its last frame.

import type { BoundaryState, Caption } from "./caption.ts";
import { captionAt, currentText, indexAt } from "./caption.ts";
import type { Edit, Step } from "./edits.ts";
import { Refusal } from "./edits.ts";
import { foldText } from "./flags.ts";
import type { FrameTimes } from "./frames.ts";
import { cropFrameFrom } from "./frames.ts";

export type Edge = "start" | "end";
type Outcome = Edit | Refusal;

const NEW_CAPTION_S = 2;
const SAME_MOMENT_S = 1e-6;
/** The ids that clients may give; the server counts from 1. */
const FIRST_ID = 2 ** 32;
const LAST_ID = 2 ** 53;

/** An id by chance, so that two people never make the same one. */
export function newId(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  const id = (high! % 2 ** 21) * 2 ** 32 + low!;
  return id < FIRST_ID ? id + FIRST_ID : Math.min(id, LAST_ID - 1);
}

/** Move a boundary by so many native frames. */
export function nudge(
  captions: readonly Caption[],
  id: number,
  edge: Edge,
  count: number,
  times: FrameTimes,
): Outcome {
  const caption = find(captions, id);
  if (!caption) return gone();
  const from = edge === "start" ? caption.startS : caption.endS;
  return moveEdge(captions, id, edge, times.step(from, count), times);
}

/** Move a boundary to the native frame nearest to `toS`. */
export function moveEdge(
  captions: readonly Caption[],
  id: number,
  edge: Edge,
  toS: number,
  times: FrameTimes,
): Outcome {
  const index = captions.findIndex((caption) => caption.id === id);
  const caption = captions[index];
  if (!caption) return gone();
  const timeS = times.snap(toS);
  const isStart = edge === "start";
  if (timeS === (isStart ? caption.startS : caption.endS)) {
    return new Refusal(isStart ? "The video begins here." : "The video ends here.");
  }
  if (isStart ? timeS >= caption.endS : timeS <= caption.startS) {
    return new Refusal("A caption lasts at least one frame. Delete it instead (Ctrl+Delete).");
  }
  const steps: Step[] = [
    { before: caption, after: moved(caption, isStart ? { startS: timeS } : { endS: timeS }) },
  ];
  const neighbour = captions[isStart ? index - 1 : index + 1];
  const isMet =
    neighbour &&
    (isStart ? neighbour.endS > timeS + SAME_MOMENT_S : neighbour.startS < timeS - SAME_MOMENT_S);
  if (isMet) {
    if (isStart ? neighbour.startS >= timeS : neighbour.endS <= timeS) {
      return new Refusal("The next caption is in the way. Merge them (Ctrl+M) or delete it first.");
    }
    const after = trimmed(neighbour, isStart ? { endS: timeS } : { startS: timeS });
    steps.push({ before: neighbour, after });
  }
  return {
    title: isStart ? "Move start" : "Move end",
    steps,
    mergeKey: `${edge}:${id}`,
    focusId: id,
  };
}

/** Cut a caption in two at the native frame nearest to `atS`; with `caret`, its text too. */
export function split(
  captions: readonly Caption[],
  id: number,
  atS: number,
  times: FrameTimes,
  caret: number | null = null,
): Outcome {
  const caption = find(captions, id);
  if (!caption) return gone();
  const timeS = times.snap(atS);
  if (timeS <= caption.startS || timeS >= caption.endS) {
    return new Refusal("Go to a frame inside the caption first: it is cut there.");
  }
  const [head, tail] = cutText(caption, caret);
  const first = { ...moved(caption, { endS: timeS }), text: head };
  const second = made(timeS, caption.endS, tail, caption.boundaryState);
  return {
    title: "Split",
    steps: [
      { before: caption, after: first },
      { before: null, after: second },
    ],
    focusId: second.id,
  };
}

/** One caption of this one and the next. */
export function mergeWithNext(captions: readonly Caption[], id: number): Outcome {
  const index = captions.findIndex((caption) => caption.id === id);
  const caption = captions[index];
  const next = captions[index + 1];
  if (!caption) return gone();
  if (!next) return new Refusal("There is no caption after this one.");
  const isWritten = caption.text !== null || next.text !== null;
  const merged = {
    ...moved(caption, { endS: next.endS }),
    text: isWritten ? joinedText(caption, next) : null,
  };
  return {
    title: "Merge",
    steps: [
      { before: caption, after: merged },
      { before: next, after: null },
    ],
    focusId: id,
  };
}

/** A new caption from the native frame nearest to `atS`, where there is none. */
export function insert(captions: readonly Caption[], atS: number, times: FrameTimes): Outcome {
  const startS = times.snap(atS);
  if (captionAt(captions, startS)) {
    return new Refusal("There is a caption here already. Split it instead (Ctrl+Enter).");
  }
  const next = captions[indexAt(captions, startS) + 1];
  const endS = Math.min(times.snap(startS + NEW_CAPTION_S), next?.startS ?? times.endS);
  if (endS <= startS) return new Refusal("The video ends here.");
  const caption = made(startS, endS, null, "confirmed");
  return { title: "Insert", steps: [{ before: null, after: caption }], focusId: caption.id };
}

export function remove(captions: readonly Caption[], id: number): Outcome {
  const index = captions.findIndex((caption) => caption.id === id);
  const caption = captions[index];
  if (!caption) return gone();
  const neighbour = captions[index + 1] ?? captions[index - 1];
  return {
    title: "Delete",
    steps: [{ before: caption, after: null }],
    focusId: neighbour?.id ?? id,
  };
}

/** Say that there is no caption here, which later predictions respect; or take that back. */
export function toggleGap(captions: readonly Caption[], id: number): Outcome {
  return judge(captions, id, "gap", "Gap");
}

/** Mark a caption to come back to; or take that back. */
export function toggleIssue(captions: readonly Caption[], id: number): Outcome {
  return judge(captions, id, "issue", "Mark");
}

export function setText(captions: readonly Caption[], id: number, text: string): Outcome {
  const caption = find(captions, id);
  if (!caption) return gone();
  if (text === currentText(caption)) return new Refusal("The text is like that already.");
  const after = { ...caption, text, textPending: false };
  return {
    title: "Correct text",
    steps: [{ before: caption, after }],
    mergeKey: `text:${id}`,
    focusId: id,
  };
}

/** Take what was read in place of what was written. */
export function takeReading(captions: readonly Caption[], id: number): Outcome {
  const caption = find(captions, id);
  if (!caption) return gone();
  if (caption.text === null || caption.ocrText === null) {
    return new Refusal("The text is as it was read.");
  }
  const after = { ...caption, text: null, textPending: true };
  return { title: "Take the reading", steps: [{ before: caption, after }], focusId: id };
}

/** Boundaries and text are right: no prediction takes their place from now on. */
export function confirm(captions: readonly Caption[], id: number): Outcome {
  const caption = find(captions, id);
  if (!caption) return gone();
  const isGap = caption.boundaryState === "gap";
  const text = isGap || caption.ocrStatus !== "completed" ? caption.text : currentText(caption);
  const after: Caption = {
    ...caption,
    boundaryState: isGap ? "gap" : "confirmed",
    boundaryPending: false,
    text,
    textPending: !isGap && text === null,
  };
  const steps = [{ before: caption, after }];
  return { title: "Confirm", steps, mergeKey: `text:${id}`, focusId: id };
}

function judge(
  captions: readonly Caption[],
  id: number,
  state: BoundaryState,
  title: string,
): Outcome {
  const caption = find(captions, id);
  if (!caption) return gone();
  const isTakenBack = caption.boundaryState === state;
  const after: Caption = {
    ...caption,
    boundaryState: isTakenBack ? "confirmed" : state,
    boundaryPending: !isTakenBack && state === "issue",
  };
  return {
    title: isTakenBack ? `Un-${title.toLowerCase()}` : title,
    steps: [{ before: caption, after }],
    focusId: id,
  };
}

function find(captions: readonly Caption[], id: number): Caption | undefined {
  return captions.find((caption) => caption.id === id);
}

function gone(): Refusal {
  return new Refusal("This caption is gone: somebody has removed it.");
}

/** A caption that a person has moved: no prediction any more, and to be read again. */
function moved(caption: Caption, edges: Partial<Pick<Caption, "startS" | "endS">>): Caption {
  const isPredicted = caption.boundaryState === "predicted";
  return {
    ...trimmed(caption, edges),
    boundaryState: isPredicted ? "confirmed" : caption.boundaryState,
    boundaryPending: caption.boundaryState === "issue",
    textPending: caption.boundaryState !== "gap",
  };
}

/** A caption that gives way; what a person thinks of it stays. */
function trimmed(caption: Caption, edges: Partial<Pick<Caption, "startS" | "endS">>): Caption {
  const startS = edges.startS ?? caption.startS;
  const endS = edges.endS ?? caption.endS;
  const startFrame = cropFrameFrom(startS);
  return {
    ...caption,
    startS,
    endS,
    startFrame,
    endFrame: Math.max(cropFrameFrom(endS), startFrame + 1),
  };
}

function made(startS: number, endS: number, text: string | null, state: BoundaryState): Caption {
  const startFrame = cropFrameFrom(startS);
  return {
    id: newId(),
    startS,
    endS,
    startFrame,
    endFrame: Math.max(cropFrameFrom(endS), startFrame + 1),
    boundaryState: state === "gap" ? "gap" : "confirmed",
    boundaryPending: false,
    boundaryConfidence: null,
    text,
    textPending: text === null,
    textStatus: null,
    textNotes: null,
    ocrText: null,
    ocrConfidence: null,
    ocrStatus: "queued",
    ocrError: null,
  };
}

function cutText(caption: Caption, caret: number | null): [string | null, string | null] {
  if (caret === null) return [caption.text, null];
  const text = currentText(caption);
  return [text.slice(0, caret).trim(), text.slice(caret).trim()];
}

/** Both texts, or one if they say the same: rather what a person wrote. */
function joinedText(first: Caption, second: Caption): string {
  const texts = [first, second].map(currentText).filter((text) => text.trim());
  if (texts.length === 2 && foldText(texts[0]!) === foldText(texts[1]!)) {
    return first.text ?? second.text ?? texts[0]!;
  }
  return texts.join("\n");
}
