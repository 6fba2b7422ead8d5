// WebM chunks to pictures, by the browser's own decoder.

import type { VideoSample } from "mediabunny";
import { BufferSource, Input, VideoSampleSink, WEBM } from "mediabunny";

import type { Picture } from "./picture.ts";

/** Whether this browser can show crop frames at all. */
export function canDecode(): boolean {
  return typeof VideoDecoder === "function" && typeof VideoFrame === "function";
}

/** The pictures of a chunk, in its order. */
export async function decodeChunk(content: ArrayBuffer): Promise<Picture[]> {
  const input = new Input({ source: new BufferSource(content), formats: [WEBM] });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw new Error("A chunk of crop frames holds no video.");
    const pictures: Picture[] = [];
    for await (const sample of new VideoSampleSink(track).samples()) {
      pictures.push(await pictureOf(sample));
    }
    return pictures;
  } finally {
    input.dispose();
  }
}

async function pictureOf(sample: VideoSample): Promise<Picture> {
  const frame = sample.toVideoFrame();
  try {
    const rect = frame.visibleRect ?? {
      x: 0,
      y: 0,
      width: frame.codedWidth,
      height: frame.codedHeight,
    };
    const planes = new Uint8Array(frame.allocationSize());
    const layout = await frame.copyTo(planes);
    if (frame.format === null) throw new Error("The decoder's pictures cannot be read.");
    const init: VideoFrameBufferInit = {
      format: frame.format,
      codedWidth: rect.width,
      codedHeight: rect.height,
      timestamp: 0,
      layout,
      colorSpace: frame.colorSpace,
    };
    return { planes, init };
  } finally {
    frame.close();
    sample.close();
  }
}
