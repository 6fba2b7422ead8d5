// One frame at full size: its lines of text, and the band over it. A drag selects lines; the band is
// moved by its grip, its sides and its corners, with the pointer or the arrow keys.

import { Move } from "lucide-react";
import { type CSSProperties, type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import type { ObjectUrls } from "../editing/objects.ts";
import type { Box } from "./boxes.ts";
import { inside, labelOf } from "./boxes.ts";
import type { Region, Side } from "./crop.ts";
import { between, SIDES, withPlace, withSidesMoved } from "./crop.ts";
import { frameName, useObjectUrl } from "./useImage.ts";

interface Props {
  urls: ObjectUrls;
  frame: number;
  ratio: number;
  boxes: readonly Box[];
  selected: ReadonlySet<number>;
  onSelect: (ids: ReadonlySet<number>) => void;
  crop: Region | null;
  onDraw: (region: Region) => void;
  onMove: (region: Region) => void;
  canWrite: boolean;
}

const CLICK = 0.004;

export function FrameStage(props: Props) {
  const { urls, frame, ratio, boxes, selected, onSelect, crop, canWrite } = props;
  const url = useObjectUrl(urls, frameName(frame));
  const stage = useRef<HTMLDivElement>(null);
  const from = useRef<{ x: number; y: number; isMore: boolean } | null>(null);
  const [area, setArea] = useState<Region | null>(null);

  const place = (event: PointerEvent) => placeIn(stage.current, event);
  const begin = (event: PointerEvent) => {
    if (event.button !== 0) return;
    from.current = { ...place(event), isMore: event.shiftKey || event.ctrlKey || event.metaKey };
    stage.current?.setPointerCapture(event.pointerId);
  };
  const drag = (event: PointerEvent) => {
    if (!from.current) return;
    const to = place(event);
    setArea(between(from.current.x, from.current.y, to.x, to.y));
  };
  const end = (event: PointerEvent) => {
    const start = from.current;
    from.current = null;
    setArea(null);
    if (!start) return;
    const to = place(event);
    const drawn = between(
      start.x - CLICK / 2,
      start.y - CLICK / 2,
      to.x + CLICK / 2,
      to.y + CLICK / 2,
    );
    const found = inside(boxes, drawn).map((box) => box.id);
    onSelect(new Set(start.isMore ? [...selected, ...found] : found));
  };

  return (
    <div
      ref={stage}
      className="stage"
      style={{ aspectRatio: ratio, "--ratio": ratio } as CSSProperties}
      onPointerDown={begin}
      onPointerMove={drag}
      onPointerUp={end}
      onPointerCancel={end}
    >
      {url ? <img src={url} alt={`Frame ${frame + 1} of the video`} draggable={false} /> : null}
      <svg className="stage-boxes" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden>
        {crop ? <path className="stage-shade" d={shade(crop)} /> : null}
        {boxes.map((box) => (
          <rect
            key={box.id}
            className={`box ${labelOf(box) ?? "none"} ${box.label ? "said" : ""} ${selected.has(box.id) ? "selected" : ""}`}
            x={box.left}
            y={box.top}
            width={box.right - box.left}
            height={box.bottom - box.top}
          />
        ))}
        {area ? (
          <rect
            className="stage-area"
            x={area.left}
            y={area.top}
            width={area.right - area.left}
            height={area.bottom - area.top}
          />
        ) : null}
      </svg>
      {crop ? <Band {...props} crop={crop} stage={stage} canWrite={canWrite} /> : null}
    </div>
  );
}

interface BandProps extends Omit<Props, "crop"> {
  crop: Region;
  stage: React.RefObject<HTMLDivElement | null>;
}

const CORNERS: readonly (readonly [Side, Side])[] = [
  ["left", "top"],
  ["right", "top"],
  ["left", "bottom"],
  ["right", "bottom"],
];
const KEY_STEP = 0.002;
const KEY_LEAP = 0.02;

function Band({ crop, stage, onDraw, onMove, canWrite }: BandProps) {
  const hold = useHold(stage, crop, onDraw, onMove, canWrite);
  const style = {
    left: `${crop.left * 100}%`,
    top: `${crop.top * 100}%`,
    width: `${(crop.right - crop.left) * 100}%`,
    height: `${(crop.bottom - crop.top) * 100}%`,
  };
  const nudge = (event: KeyboardEvent, move: (byX: number, byY: number) => Region) => {
    const by = arrowOf(event);
    if (!by || !canWrite) return;
    event.preventDefault();
    event.stopPropagation();
    onMove(move(by.x, by.y));
  };
  return (
    <div className="band" style={style}>
      <button
        type="button"
        className="band-grip"
        aria-label="Move the caption band: arrow keys, with Shift farther"
        disabled={!canWrite}
        onKeyDown={(event) => nudge(event, (x, y) => withPlace(crop, x, y))}
        {...hold((start, x, y) => withPlace(start, x, y))}
      >
        <Move size={14} aria-hidden />
      </button>
      {SIDES.map((side) => (
        <div
          key={side}
          role="slider"
          tabIndex={canWrite ? 0 : -1}
          className={`band-side ${side}`}
          aria-label={`${side} edge of the caption band`}
          aria-orientation={side === "left" || side === "right" ? "horizontal" : "vertical"}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(crop[side] * 1000) / 10}
          aria-valuetext={`${(crop[side] * 100).toFixed(1)} %`}
          aria-disabled={!canWrite}
          onKeyDown={(event) => nudge(event, (x, y) => withSidesMoved(crop, [side], x, y))}
          {...hold((start, x, y) => withSidesMoved(start, [side], x, y))}
        />
      ))}
      {CORNERS.map((sides) => (
        <div
          key={sides.join()}
          className={`band-corner ${sides.join(" ")}`}
          {...hold((start, x, y) => withSidesMoved(start, sides, x, y))}
        />
      ))}
    </div>
  );
}

/** Pointer handlers of something that moves the band while it is held. */
function useHold(
  stage: React.RefObject<HTMLDivElement | null>,
  crop: Region,
  onDraw: (region: Region) => void,
  onMove: (region: Region) => void,
  canWrite: boolean,
) {
  const held = useRef<{ start: Region; x: number; y: number } | null>(null);
  return (move: (start: Region, byX: number, byY: number) => Region) => {
    const moved = (event: PointerEvent) => {
      const { x, y } = placeIn(stage.current, event, false);
      return held.current && move(held.current.start, x - held.current.x, y - held.current.y);
    };
    return {
      onPointerDown: (event: PointerEvent<HTMLElement>) => {
        event.stopPropagation();
        if (!canWrite || event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        held.current = { start: crop, ...placeIn(stage.current, event, false) };
      },
      onPointerMove: (event: PointerEvent<HTMLElement>) => {
        const region = moved(event);
        if (region) onDraw(region);
      },
      onPointerUp: (event: PointerEvent<HTMLElement>) => {
        const region = moved(event);
        held.current = null;
        if (region) onMove(region);
      },
    };
  };
}

function placeIn(stage: HTMLElement | null, event: PointerEvent, isClipped = true) {
  const rect = stage?.getBoundingClientRect() ?? new DOMRect(0, 0, 1, 1);
  const x = (event.clientX - rect.left) / rect.width;
  const y = (event.clientY - rect.top) / rect.height;
  return isClipped ? { x: Math.min(Math.max(x, 0), 1), y: Math.min(Math.max(y, 0), 1) } : { x, y };
}

function arrowOf(event: KeyboardEvent): { x: number; y: number } | null {
  const step = event.shiftKey ? KEY_LEAP : KEY_STEP;
  switch (event.key) {
    case "ArrowLeft":
      return { x: -step, y: 0 };
    case "ArrowRight":
      return { x: step, y: 0 };
    case "ArrowUp":
      return { x: 0, y: -step };
    case "ArrowDown":
      return { x: 0, y: step };
    default:
      return null;
  }
}

/** All but the band. */
function shade({ left, top, right, bottom }: Region): string {
  return `M0 0H1V1H0Z M${left} ${top}V${bottom}H${right}V${top}Z`;
}
