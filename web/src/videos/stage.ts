// Where a video stands, as a person would say it.

import type { Video } from "../api/client.ts";

export type Stage =
  | { kind: "working"; name: string; doing: string; done: number | null }
  | { kind: "layout"; name: string }
  | { kind: "captions"; name: string }
  | { kind: "done"; name: string }
  | { kind: "none"; name: string; hint: string }
  | { kind: "failed"; name: string };

const FLOWS: Record<string, string> = {
  "video-initial-processing": "Looking for captions",
  "crop-and-infer": "Finding the captions' times",
  "median-ocr": "Reading the captions",
};

/** The phases of each flow in their order, with their typical share of its time, and in words. */
const PHASES: Record<string, [phase: string, share: number, doing: string][]> = {
  "video-initial-processing": [
    ["probe", 0.04, "opening the video"],
    ["sample frames", 0.14, "picking frames"],
    ["read frames", 0.78, "reading frames"],
    ["find the captions", 0.04, "telling them from other text"],
  ],
  "crop-and-infer": [
    ["find boundaries", 0.96, "watching the band"],
    ["store results", 0.04, "storing them"],
  ],
  "median-ocr": [["read captions", 1, "one after the other"]],
};

type Facts = Pick<
  Video,
  | "status"
  | "layout_status"
  | "captions_status"
  | "text_status"
  | "crop_region"
  | "caption_count"
  | "active_version"
  | "work"
>;

export function stageOf(video: Facts): Stage {
  const work = video.work ?? null;
  const stages = [video.status, video.layout_status, video.captions_status, video.text_status];
  if (stages.includes("error")) return { kind: "failed", name: "Failed" };
  if (work !== null) return working(work);
  if (video.status === "processing") {
    return { kind: "working", name: "Waiting", doing: "for its turn", done: null };
  }
  if (video.layout_status === "annotate") return layoutStage(video);
  if (video.text_status === "done") return { kind: "done", name: "Done" };
  if (video.captions_status === "annotate" || video.captions_status === "done") {
    return captionsStage(video);
  }
  return { kind: "working", name: "Waiting", doing: "for its turn", done: null };
}

function working(work: NonNullable<Facts["work"]>): Stage {
  const name = FLOWS[work.flow] ?? work.flow;
  const done = work.state === "queued" ? 0 : overall(work);
  return { kind: "working", name, doing: doing(work), done };
}

type Work = Pick<NonNullable<Facts["work"]>, "flow" | "state" | "phase">;

/** What the machine is doing in a flow. */
export function doing({ flow, state, phase }: Work): string {
  if (state === "queued") return "waiting for its turn";
  const known = PHASES[flow]?.find(([name]) => name === phase);
  return known?.[2] ?? phase ?? "starting";
}

/** How much of the flow is done, 0-1. */
export function overall(work: { flow: string; phase?: string | null; progress: number }): number {
  const phases = PHASES[work.flow] ?? [];
  let before = 0;
  for (const [phase, share] of phases) {
    if (phase === work.phase) return before + share * work.progress;
    before += share;
  }
  return work.phase === null || work.phase === undefined ? 0 : work.progress;
}

function layoutStage(video: Facts): Stage {
  if (video.crop_region !== null) return { kind: "layout", name: "Layout to approve" };
  const hint = "No captions were found by themselves. Show where they are, if there are any.";
  return { kind: "none", name: "No captions found", hint };
}

function captionsStage(video: Facts): Stage {
  if (video.caption_count !== 0) return { kind: "captions", name: "Captions to check" };
  const hint = "Nothing was found in the approved place. Another crop region may help.";
  return { kind: "none", name: "No captions found", hint };
}

/** Estimates the time left from how the fraction grew; one for each piece of work. */
export class Eta {
  #from: { at: number; done: number } | null = null;
  #key = "";

  /** Seconds left, or null while that cannot be told. `key` names the piece of work. */
  estimate(key: string, done: number | null, now: number): number | null {
    if (done === null || key !== this.#key || this.#from === null || done < this.#from.done) {
      this.#key = key;
      this.#from = done === null ? null : { at: now, done };
      return null;
    }
    const grown = done - this.#from.done;
    const elapsed = (now - this.#from.at) / 1000;
    if (grown < 0.03 || elapsed < 2) return null;
    return (elapsed / grown) * (1 - done);
  }
}

/** "12 s", "3 min", "1 h 20 min", "7 days". */
export function inWords(seconds: number): string {
  if (seconds < 60) return `${Math.max(Math.ceil(seconds), 1)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 2880) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.ceil(minutes / 1440)} days`;
}

/** "0:08", "12:05", "2:00:00". */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(whole % 60)}`
    : `${minutes}:${two(whole % 60)}`;
}
