// How the time line looks.

import type { Caption } from "./caption.ts";
import { currentText } from "./caption.ts";
import type { Flag } from "./flags.ts";
import { markStep, timecode } from "./timecode.ts";
import type { View } from "./timelineView.ts";
import { endOf, inSight, xOf } from "./timelineView.ts";
import { confidenceClass } from "./words.ts";

export interface Scene {
  readonly captions: readonly Caption[];
  readonly flags: ReadonlyMap<number, readonly Flag[]>;
  readonly selectedId: number | null;
  readonly playheadS: number;
  readonly drag: {
    readonly id: number;
    readonly edge: "start" | "end";
    readonly timeS: number;
  } | null;
  readonly durationS: number;
  readonly view: View;
}

export interface Colours {
  readonly [name: string]: string;
}

const NAMES = [
  "fg",
  "muted",
  "border",
  "surface",
  "surface-2",
  "accent",
  "accent-soft",
  "danger",
  "warning",
  "warning-soft",
  "danger-soft",
  "ok",
  "ok-soft",
  "accent-text",
  "border-strong",
];

const FILLS: Record<ReturnType<typeof confidenceClass>, [fill: string, line: string]> = {
  gap: ["surface-2", "border-strong"],
  done: ["ok-soft", "ok"],
  sure: ["accent-soft", "accent-text"],
  fair: ["warning-soft", "warning"],
  unsure: ["danger-soft", "danger"],
};

const RULER_PX = 18;
const LEAST_MARK_PX = 70;
const LEAST_TEXT_PX = 24;

/** The theme's colours; `light-dark()` is worked out by the browser. */
export function readColours(element: HTMLElement): Colours {
  const probe = document.createElement("span");
  element.after(probe);
  const colours = Object.fromEntries(
    NAMES.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return { ...colours, font: getComputedStyle(element).fontFamily };
}

export function drawTimeline(canvas: HTMLCanvasElement, scene: Scene, colours: Colours): void {
  const context = prepared(canvas);
  if (!context) return;
  const { view } = scene;
  const height = canvas.clientHeight;
  drawRuler(context, view, height, colours);
  for (const caption of inSight(scene.captions, view)) {
    drawCaption(context, draggedTo(caption, scene), scene, height, colours);
  }
  const x = Math.round(xOf(view, scene.playheadS)) + 0.5;
  context.strokeStyle = colours.fg ?? "";
  context.lineWidth = 2;
  line(context, x, 0, x, height);
}

/** The whole video in small; its captions are drawn anew only when they, or the looks, change. */
export class Overview {
  readonly #picture = new OffscreenCanvas(1, 1);
  #captions: readonly Caption[] | null = null;
  #colours: Colours | null = null;
  #durationS = 0;

  draw(canvas: HTMLCanvasElement, scene: Scene, colours: Colours): void {
    const context = prepared(canvas);
    const { durationS, view, playheadS } = scene;
    if (!context || durationS <= 0) return;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!this.#isCurrent(canvas, scene, colours)) this.#paint(canvas, scene, colours);
    context.drawImage(this.#picture, 0, 0, width, height);
    const scale = width / durationS;
    context.strokeStyle = colours.fg ?? "";
    context.lineWidth = 1.5;
    const viewWidth = Math.max((endOf(view) - view.startS) * scale, 3);
    context.strokeRect(view.startS * scale, 1, viewWidth, height - 2);
    line(context, playheadS * scale, 0, playheadS * scale, height);
  }

  #isCurrent(canvas: HTMLCanvasElement, scene: Scene, colours: Colours): boolean {
    const picture = this.#picture;
    const isSameSize = picture.width === canvas.width && picture.height === canvas.height;
    const isSameScene = this.#captions === scene.captions && this.#durationS === scene.durationS;
    return isSameSize && isSameScene && this.#colours === colours;
  }

  #paint(canvas: HTMLCanvasElement, scene: Scene, colours: Colours): void {
    const picture = this.#picture;
    picture.width = canvas.width;
    picture.height = canvas.height;
    const context = picture.getContext("2d");
    if (!context) return;
    const { clientWidth: width, clientHeight: height } = canvas;
    context.setTransform(picture.width / width, 0, 0, picture.height / height, 0, 0);
    context.fillStyle = colours["surface-2"] ?? "";
    context.fillRect(0, 0, width, height);
    const scale = width / scene.durationS;
    for (const caption of scene.captions) {
      context.fillStyle = colours[FILLS[confidenceClass(caption)][1]] ?? "";
      const length = Math.max((caption.endS - caption.startS) * scale - 0.5, 0.8);
      context.fillRect(caption.startS * scale, 4, length, height - 8);
    }
    this.#captions = scene.captions;
    this.#colours = colours;
    this.#durationS = scene.durationS;
  }
}

function drawRuler(
  context: CanvasRenderingContext2D,
  view: View,
  height: number,
  colours: Colours,
): void {
  const stepS = markStep(view.pxPerS, LEAST_MARK_PX);
  context.fillStyle = colours.muted ?? "";
  context.strokeStyle = colours.border ?? "";
  context.lineWidth = 1;
  context.font = `11px ${colours.font}`;
  context.textBaseline = "middle";
  const first = Math.ceil(view.startS / stepS);
  const last = Math.floor(endOf(view) / stepS);
  for (let mark = first; mark <= last; mark++) {
    const x = Math.round(xOf(view, mark * stepS)) + 0.5;
    line(context, x, 0, x, height);
    context.fillText(timecode(mark * stepS, stepS < 1 ? 1 : 0), x + 4, RULER_PX / 2);
  }
}

function drawCaption(
  context: CanvasRenderingContext2D,
  caption: Caption,
  scene: Scene,
  height: number,
  colours: Colours,
): void {
  const { view } = scene;
  const left = xOf(view, caption.startS);
  const width = Math.max(xOf(view, caption.endS) - left - 1, 2);
  const isSelected = caption.id === scene.selectedId;
  const [fill, stroke] = FILLS[confidenceClass(caption)];
  const top = RULER_PX + 4;
  const bottom = height - 6;
  context.beginPath();
  context.roundRect(left + 0.5, top, width, bottom - top, 4);
  context.fillStyle = colours[fill] ?? "";
  context.fill();
  context.strokeStyle = colours[isSelected ? "fg" : stroke] ?? "";
  context.lineWidth = isSelected ? 2 : 1;
  context.stroke();
  context.fillStyle = colours[stroke] ?? "";
  context.fillRect(left + 0.5, bottom - 4, width, 4);
  if (width < LEAST_TEXT_PX) return;
  context.save();
  context.beginPath();
  context.rect(Math.max(left, 0) + 4, top, width - 8 - Math.max(-left, 0), bottom - top);
  context.clip();
  context.fillStyle = colours.fg ?? "";
  context.font = `13px ${colours.font}`;
  context.textBaseline = "middle";
  const lines = currentText(caption).split("\n").slice(0, 2);
  for (const [place, text] of lines.entries()) {
    const y = (top + bottom - 4) / 2 + (place - (lines.length - 1) / 2) * 16;
    context.fillText(text, Math.max(left, 0) + 6, y);
  }
  context.restore();
}

function draggedTo(caption: Caption, scene: Scene): Caption {
  const { drag } = scene;
  if (drag?.id !== caption.id) return caption;
  return drag.edge === "start"
    ? { ...caption, startS: drag.timeS }
    : { ...caption, endS: drag.timeS };
}

/** The canvas at the screen's own resolution, empty. */
function prepared(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  const ratio = devicePixelRatio;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  context?.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  return context;
}

function line(
  context: CanvasRenderingContext2D,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
