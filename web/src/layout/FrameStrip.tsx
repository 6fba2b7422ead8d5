// All sampled frames in a row, to be scrubbed through; only those in sight are in the page.

import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useEffect, useRef } from "react";
import type { ObjectUrls } from "../editing/objects.ts";
import type { Box } from "./boxes.ts";
import { labelOf } from "./boxes.ts";
import { thumbnailName, useObjectUrl } from "./useImage.ts";

interface Props {
  urls: ObjectUrls;
  count: number;
  frame: number;
  frames: ReadonlyMap<number, readonly Box[]>;
  onFrame: (frame: number) => void;
}

const THUMB_PX = 128;

export function FrameStrip({ urls, count, frame, frames, onFrame }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const thumbs = useVirtualizer({
    horizontal: true,
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => THUMB_PX,
    overscan: 4,
  });
  useEffect(() => {
    if (count > 0) thumbs.scrollToIndex(frame, { align: "center" });
  }, [thumbs, frame, count]);
  return (
    <div className="strip">
      <input
        type="range"
        className="strip-range"
        aria-label="Frame"
        aria-valuetext={`Frame ${frame + 1} of ${count}`}
        min={0}
        max={Math.max(count - 1, 0)}
        value={frame}
        onChange={(event) => onFrame(event.target.valueAsNumber)}
      />
      <div className="strip-frames" ref={scroller} tabIndex={-1}>
        <div className="strip-all" style={{ width: thumbs.getTotalSize() }}>
          {thumbs.getVirtualItems().map(({ index, start }) => (
            <Thumb
              key={index}
              urls={urls}
              index={index}
              left={start}
              isChosen={index === frame}
              hasCaption={frames.get(index)?.some((box) => labelOf(box) === "in") ?? false}
              onFrame={onFrame}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

interface ThumbProps {
  urls: ObjectUrls;
  index: number;
  left: number;
  isChosen: boolean;
  hasCaption: boolean;
  onFrame: (frame: number) => void;
}

const Thumb = memo(function Thumb({
  urls,
  index,
  left,
  isChosen,
  hasCaption,
  onFrame,
}: ThumbProps) {
  const url = useObjectUrl(urls, thumbnailName(index));
  return (
    <button
      type="button"
      tabIndex={-1}
      className="thumb"
      aria-label={`Frame ${index + 1}${hasCaption ? ", with a caption" : ""}`}
      aria-current={isChosen}
      style={{ transform: `translateX(${left}px)` }}
      onClick={() => onFrame(index)}
    >
      {url ? <img src={url} alt="" draggable={false} /> : null}
      <span className={hasCaption ? "thumb-mark in" : "thumb-mark"} />
    </button>
  );
});
