// The time line: captions in their colours of confidence, boundaries that can be dragged, and the
// whole video in small. It is drawn, not rendered, so it costs the same for any number of captions.

import { ZoomIn, ZoomOut } from "lucide-react";
import { type PointerEvent, useEffect, useRef } from "react";
import { IconButton } from "../ui/parts.tsx";
import { captionAt, currentText } from "./caption.ts";
import { moveEdge } from "./operations.ts";
import type { EditorSession } from "./session.ts";
import { timecode } from "./timecode.ts";
import { drawTimeline, Overview, readColours } from "./timelineDrawing.ts";
import type { View } from "./timelineView.ts";
import { edgeNear, scrolled, showing, timeAt, zoomed } from "./timelineView.ts";

const REACH_PX = 6;
const FIRST_PX_PER_S = 80;
const ZOOM = 1.5;

interface Drag {
  readonly id: number;
  readonly edge: "start" | "end";
  timeS: number;
}

/** What is drawn and how; lives as long as the canvases do. */
class TimelineState {
  view: View = { startS: 0, pxPerS: FIRST_PX_PER_S, widthPx: 1000 };
  drag: Drag | null = null;
  #frame = 0;
  readonly #draw: () => void;

  constructor(draw: () => void) {
    this.#draw = draw;
  }

  readonly redraw = (): void => {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  };

  stop(): void {
    cancelAnimationFrame(this.#frame);
  }
}

export function Timeline({ session, durationS }: { session: EditorSession; durationS: number }) {
  const main = useRef<HTMLCanvasElement>(null);
  const overview = useRef<HTMLCanvasElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  const state = useTimeline(session, durationS, main, overview, slider);

  const timeOf = (event: PointerEvent<HTMLElement>) => {
    const view = state.current?.view;
    return view ? timeAt(view, event.nativeEvent.offsetX) : 0;
  };
  const press = (event: PointerEvent<HTMLCanvasElement>) => {
    const { current } = state;
    if (!current || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const { captions } = session.store.snapshot();
    const x = event.nativeEvent.offsetX;
    const edge = session.canWrite
      ? edgeNear(captions, current.view, x, REACH_PX, session.selectedId)
      : null;
    if (edge) {
      session.select(edge.id);
      current.drag = { ...edge, timeS: timeOf(event) };
    } else session.goTo(timeOf(event), true);
  };
  const move = (event: PointerEvent<HTMLCanvasElement>) => {
    const { current } = state;
    if (!current) return;
    const { captions } = session.store.snapshot();
    const x = event.nativeEvent.offsetX;
    const isNear = edgeNear(captions, current.view, x, REACH_PX, session.selectedId);
    event.currentTarget.style.cursor = isNear || current.drag ? "ew-resize" : "pointer";
    if (current.drag) {
      current.drag.timeS = session.times?.snap(timeOf(event)) ?? timeOf(event);
      session.playhead.moveTo(Math.max(current.drag.timeS, 0));
      current.redraw();
    } else if (event.buttons === 1) session.goTo(timeOf(event), true);
  };
  const release = () => {
    const drag = state.current?.drag;
    if (!drag || !state.current) return;
    state.current.drag = null;
    state.current.redraw();
    if (!session.times) return session.tell("The frames' exact times are still loading.");
    const { captions, byId } = session.store.snapshot();
    const caption = byId.get(drag.id);
    const before = drag.edge === "start" ? caption?.startS : caption?.endS;
    if (session.times.snap(drag.timeS) === before) return;
    session.perform(moveEdge(captions, drag.id, drag.edge, drag.timeS, session.times));
  };
  const zoom = (factor: number) => {
    const { current } = state;
    if (!current) return;
    const x = (session.playhead.timeS - current.view.startS) * current.view.pxPerS;
    const isInSight = x >= 0 && x <= current.view.widthPx;
    current.view = zoomed(
      current.view,
      factor,
      isInSight ? x : current.view.widthPx / 2,
      durationS,
    );
    current.redraw();
  };
  const jump = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.type === "pointermove" && event.buttons !== 1) return;
    const share = event.nativeEvent.offsetX / event.currentTarget.clientWidth;
    session.goTo(Math.min(Math.max(share, 0), 1) * durationS, true);
  };

  return (
    <div className="timeline">
      <div
        ref={slider}
        role="slider"
        tabIndex={0}
        aria-label="Place in the video"
        aria-valuemin={0}
        aria-valuemax={Math.round(durationS)}
        aria-valuenow={0}
        className="timeline-lanes"
      >
        <canvas
          ref={main}
          className="timeline-main"
          onPointerDown={press}
          onPointerMove={move}
          onPointerUp={release}
          onPointerCancel={release}
        />
        <canvas
          ref={overview}
          className="timeline-overview"
          onPointerDown={jump}
          onPointerMove={jump}
        />
      </div>
      <div className="timeline-zoom">
        <IconButton label="Nearer" onClick={() => zoom(ZOOM)}>
          <ZoomIn size={18} aria-hidden />
        </IconButton>
        <IconButton label="Farther" onClick={() => zoom(1 / ZOOM)}>
          <ZoomOut size={18} aria-hidden />
        </IconButton>
      </div>
    </div>
  );
}

function useTimeline(
  session: EditorSession,
  durationS: number,
  main: React.RefObject<HTMLCanvasElement | null>,
  overview: React.RefObject<HTMLCanvasElement | null>,
  slider: React.RefObject<HTMLDivElement | null>,
) {
  const state = useRef<TimelineState>(null);
  useEffect(() => {
    const canvas = main.current;
    const small = overview.current;
    if (!canvas || !small) return;
    let colours = readColours(canvas);
    const overviewDrawing = new Overview();
    const timeline = new TimelineState(() => {
      const snapshot = session.store.snapshot();
      const { view, drag } = timeline;
      const scene = {
        captions: snapshot.captions,
        flags: snapshot.flags,
        selectedId: session.selectedId,
        playheadS: session.playhead.timeS,
        drag,
        durationS,
        view,
      };
      drawTimeline(canvas, scene, colours);
      overviewDrawing.draw(small, scene, colours);
    });
    state.current = timeline;
    const resize = new ResizeObserver(() => {
      const { clientWidth } = canvas;
      timeline.view = { ...timeline.view, widthPx: clientWidth };
      timeline.view = showing(timeline.view, session.playhead.timeS, durationS);
      timeline.redraw();
    });
    resize.observe(canvas);
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const isZoom = event.ctrlKey || event.metaKey;
      const by = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
      timeline.view = isZoom
        ? zoomed(timeline.view, Math.exp(-event.deltaY / 300), event.offsetX, durationS)
        : scrolled(timeline.view, by, durationS);
      timeline.redraw();
    };
    canvas.addEventListener("wheel", onWheel, { passive: false });
    const theme = new MutationObserver(() => {
      colours = readColours(canvas);
      timeline.redraw();
    });
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const onTheme = () => {
      colours = readColours(canvas);
      timeline.redraw();
    };
    dark.addEventListener("change", onTheme);
    const ends = [
      session.playhead.onMove((timeS) => {
        timeline.view = showing(timeline.view, timeS, durationS);
        if (slider.current) tellPlace(slider.current, session, timeS);
        timeline.redraw();
      }),
      session.store.subscribe(timeline.redraw),
      session.subscribe(timeline.redraw),
    ];
    return () => {
      for (const end of ends) end();
      resize.disconnect();
      theme.disconnect();
      dark.removeEventListener("change", onTheme);
      canvas.removeEventListener("wheel", onWheel);
      timeline.stop();
    };
  }, [session, durationS, main, overview, slider]);
  return state;
}

function tellPlace(slider: HTMLElement, session: EditorSession, timeS: number): void {
  const caption = captionAt(session.store.snapshot().captions, timeS);
  const text = caption ? `, ${currentText(caption)}` : "";
  slider.setAttribute("aria-valuenow", timeS.toFixed(2));
  slider.setAttribute("aria-valuetext", `${timecode(timeS)}${text}`);
}
