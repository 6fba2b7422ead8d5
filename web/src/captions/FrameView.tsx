// The crop frame where one is, as large as fits; a coarser one stands in until it is there.

import { useEffect, useRef } from "react";
import { cropFrameAt } from "./frames.ts";
import { draw } from "./picture.ts";
import type { EditorSession } from "./session.ts";
import { timecode } from "./timecode.ts";

const AHEAD = [0, 1, -1, 8, -8];

export function FrameView({ session }: { session: EditorSession }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const label = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const { frames, playhead } = session;
    let shown = "";
    const show = () => {
      const index = cropFrameAt(playhead.timeS, frames.frameCount);
      const found = frames.best(index);
      const state = found ? (found.isExact ? "exact" : "near") : "empty";
      if (label.current) {
        label.current.textContent = `${timecode(playhead.timeS, 2)} · frame ${index}`;
      }
      element.dataset.state = state;
      const key = `${found?.index}`;
      if (!found || key === shown) return;
      shown = key;
      fit(element, found.picture.init.codedWidth, found.picture.init.codedHeight);
      draw(context, found.picture);
    };
    const ends = [
      playhead.onMove(() => {
        const index = cropFrameAt(playhead.timeS, frames.frameCount);
        frames.want(AHEAD.map((by) => index + by));
        show();
      }),
      frames.onArrival(show),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [session]);
  return (
    <figure className="frame-view">
      <canvas
        ref={canvas}
        role="img"
        aria-label="The caption band at this frame"
        width={1280}
        height={128}
      />
      <figcaption className="small numbers">
        <span ref={label} />
      </figcaption>
    </figure>
  );
}

export function fit(canvas: HTMLCanvasElement, width: number, height: number): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
