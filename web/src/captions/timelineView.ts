// Which part of the video a time line shows, and what of it is in sight.

import type { Caption } from "./caption.ts";
import { indexAt } from "./caption.ts";

export interface View {
  readonly startS: number;
  readonly pxPerS: number;
  readonly widthPx: number;
}

export const LEAST_PX_PER_S = 4;
export const MOST_PX_PER_S = 800;

export function endOf(view: View): number {
  return view.startS + view.widthPx / view.pxPerS;
}

export function xOf(view: View, timeS: number): number {
  return (timeS - view.startS) * view.pxPerS;
}

export function timeAt(view: View, x: number): number {
  return view.startS + x / view.pxPerS;
}

/** The captions in sight, of those in order of time. */
export function inSight(captions: readonly Caption[], view: View): readonly Caption[] {
  const first = Math.max(indexAt(captions, view.startS), 0);
  const last = indexAt(captions, endOf(view));
  return captions.slice(first, last + 1);
}

/** The view with `timeS` in sight: it stays if it is, else it turns the page. */
export function showing(view: View, timeS: number, durationS: number): View {
  const lengthS = view.widthPx / view.pxPerS;
  const marginS = Math.min(lengthS / 10, 2);
  if (timeS >= view.startS + marginS && timeS <= endOf(view) - marginS) return view;
  return kept({ ...view, startS: timeS - lengthS / 3 }, durationS);
}

/** Nearer or farther, with the moment at `x` where it is. */
export function zoomed(view: View, factor: number, x: number, durationS: number): View {
  const pxPerS = Math.min(Math.max(view.pxPerS * factor, LEAST_PX_PER_S), MOST_PX_PER_S);
  return kept({ ...view, pxPerS, startS: timeAt(view, x) - x / pxPerS }, durationS);
}

export function scrolled(view: View, byPx: number, durationS: number): View {
  return kept({ ...view, startS: view.startS + byPx / view.pxPerS }, durationS);
}

function kept(view: View, durationS: number): View {
  const latestS = Math.max(durationS - view.widthPx / view.pxPerS, 0);
  return { ...view, startS: Math.min(Math.max(view.startS, 0), latestS) };
}

/** The boundary that a pointer at `x` would take hold of. */
export function edgeNear(
  captions: readonly Caption[],
  view: View,
  x: number,
  reachPx: number,
  preferredId: number | null,
): { id: number; edge: "start" | "end" } | null {
  let nearest: { id: number; edge: "start" | "end"; distance: number } | null = null;
  for (const caption of inSight(captions, view)) {
    for (const edge of ["start", "end"] as const) {
      const timeS = edge === "start" ? caption.startS : caption.endS;
      // Of two boundaries in one place, the selected caption's is meant.
      const distance = Math.abs(xOf(view, timeS) - x) + (caption.id === preferredId ? 0 : 0.5);
      if (distance <= reachPx && (!nearest || distance < nearest.distance)) {
        nearest = { id: caption.id, edge, distance };
      }
    }
  }
  return nearest && { id: nearest.id, edge: nearest.edge };
}
