import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, Eta, inWords, overall, stageOf } from "./stage.ts";

const READY = {
  status: "active",
  layout_status: "done",
  captions_status: "annotate",
  text_status: "annotate",
  crop_region: [0, 0.8, 1, 1] as [number, number, number, number],
  caption_count: 12,
  active_version: 1,
  work: null,
} as const;

const work = (flow: "crop-and-infer" | "median-ocr", phase: string | null, progress: number) => ({
  run_id: "r",
  flow,
  state: "running" as const,
  phase,
  progress,
});

test("a video tells what a person has to do next", () => {
  assert.equal(stageOf(READY).kind, "captions");
  assert.equal(stageOf({ ...READY, text_status: "done" }).kind, "done");
  assert.equal(stageOf({ ...READY, layout_status: "annotate" }).kind, "layout");
  assert.equal(stageOf({ ...READY, caption_count: 0 }).kind, "none");
  assert.equal(stageOf({ ...READY, layout_status: "annotate", crop_region: null }).kind, "none");
});

test("work under way is shown before what waits, and a failure before both", () => {
  const busy = { ...READY, work: work("median-ocr", "read captions", 0.5) };
  assert.deepEqual(stageOf(busy), {
    kind: "working",
    name: "Reading the captions",
    doing: "one after the other",
    done: 0.5,
  });
  assert.equal(stageOf({ ...busy, text_status: "error" }).kind, "failed");
});

test("progress grows through the phases of a flow", () => {
  const fractions = [
    overall(work("crop-and-infer", null, 0)),
    overall(work("crop-and-infer", "find boundaries", 0.5)),
    overall(work("crop-and-infer", "find boundaries", 1)),
    overall(work("crop-and-infer", "store results", 1)),
  ];
  assert.deepEqual(
    fractions,
    fractions.toSorted((a, b) => a - b),
  );
  assert.equal(fractions.at(-1), 1);
});

test("the time left is told once there is something to go by", () => {
  const eta = new Eta();
  assert.equal(eta.estimate("r1", 0.1, 0), null);
  assert.equal(eta.estimate("r1", 0.11, 1000), null);
  assert.equal(eta.estimate("r1", 0.5, 4000), 5);
  assert.equal(eta.estimate("r2", 0.6, 5000), null);
  assert.equal(eta.estimate("r2", null, 9000), null);
});

test("times are as short as a person says them", () => {
  const words = ["1 s", "59 s", "2 min", "1 h 2 min", "7 days"];
  assert.deepEqual([0.2, 59, 61, 3700, 604_790].map(inWords), words);
  assert.deepEqual([8, 725, 7200].map(clock), ["0:08", "12:05", "2:00:00"]);
});
