import assert from "node:assert/strict";
import { test } from "node:test";
import { fileName } from "./formats.ts";
import { timecode } from "./timecode.ts";

test("the file is called as the video", () => {
  assert.equal(fileName("film.mp4", "srt"), "film.srt");
  assert.equal(fileName("Dr. No: part 1.mkv", "vtt"), "Dr. No_ part 1.vtt");
  assert.equal(fileName("字幕", "json"), "字幕.json");
  assert.equal(fileName(".mp4", "txt"), "subtitles.txt");
});

test("times are exact to the hundredth", () => {
  const times = [0, 8.44, 59.999, 3725].map(timecode);
  assert.deepEqual(times, ["0:00.00", "0:08.44", "1:00.00", "1:02:05.00"]);
});
