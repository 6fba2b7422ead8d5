// The browser's part of benchmarks/bench_web.py; prints one line of JSON.

import type { Browser, CDPSession, Page } from "playwright-core";
import { launch } from "./browser.ts";

interface Given {
  url: string;
  minutes: number;
}

interface Timing {
  kind: string;
  ms: number;
}

const OPENINGS = 5;
const given = JSON.parse(process.argv[2] ?? "") as Given;
const browser = await launch();

try {
  const paints: number[] = [];
  for (let turn = 0; turn < OPENINGS; turn++) paints.push(await firstPaintS(browser));
  const page = await openEditor(browser);
  const session = await page.context().newCDPSession(page);
  await press(page);
  const timings = await page.evaluate(() => (globalThis as unknown as Measured).timings);
  const heapAtFirstMb = await heapMb(session);
  await scrub(page, given.minutes * 60_000);
  const all = timings.map((one) => one.ms);
  const kinds = [...new Set(timings.map((one) => one.kind))];
  const of = (kind: string) => timings.filter((one) => one.kind === kind).map((one) => one.ms);
  const result = {
    keyP95Ms: round(quantile(all, 0.95)),
    firstPaintS: round(quantile(paints, 0.5) / 1000, 3),
    heapAtFirstMb,
    heapMb: await heapMb(session),
    keys: Object.fromEntries(kinds.map((kind) => [kind, summary(of(kind))])),
  };
  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}

interface Measured {
  timings: Timing[];
  kind: string;
  usefulAtMs?: number;
}

/** A browser without anything cached or remembered, to the captions and the current picture. */
async function firstPaintS(browser: Browser): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  const page = await context.newPage();
  await page.addInitScript(noteUsefulPaint);
  await page.goto(given.url);
  const at = await page.waitForFunction(() => (globalThis as unknown as Measured).usefulAtMs);
  const ms = await at.jsonValue();
  await context.close();
  return ms ?? Number.NaN;
}

/** Runs in the page: when a text and a decoded picture have been painted. */
function noteUsefulPaint(): void {
  const look = () => {
    const text = document.querySelector("[data-caption-text]");
    const picture = document.querySelector('canvas[data-state="exact"], canvas[data-state="near"]');
    if (text === null || picture === null) {
      requestAnimationFrame(look);
      return;
    }
    const channel = new MessageChannel(); // answered after the frame is painted
    channel.port1.onmessage = () => {
      (globalThis as unknown as Measured).usefulAtMs = performance.now();
    };
    requestAnimationFrame(() => channel.port2.postMessage(null));
  };
  requestAnimationFrame(look);
}

async function openEditor(browser: Browser): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
  await page.addInitScript(() => {
    const measured = globalThis as unknown as Measured;
    measured.timings = [];
    const MODIFIERS = new Set(["Alt", "Control", "Shift"]);
    measured.kind = "";
    addEventListener(
      "keydown",
      (event) => {
        const { kind } = measured;
        if (kind === "" || MODIFIERS.has((event as KeyboardEvent).key)) return;
        requestAnimationFrame(() => {
          const channel = new MessageChannel();
          channel.port1.onmessage = () => {
            measured.timings.push({ kind, ms: performance.now() - event.timeStamp });
          };
          channel.port2.postMessage(null);
        });
      },
      { capture: true },
    );
  });
  await page.goto(given.url);
  await page.locator('canvas[data-state="exact"]').first().waitFor();
  await page.locator("[data-caption-text]").waitFor();
  await page
    .getByText(/^Saved/)
    .first()
    .waitFor();
  return page;
}

/** What a captioner does all day. */
async function press(page: Page): Promise<void> {
  const repeat = async (kind: string, keys: string[], times: number) => {
    await page.evaluate((name) => {
      (globalThis as unknown as Measured).kind = name;
    }, kind);
    for (let turn = 0; turn < times; turn++) {
      for (const key of keys) {
        await page.keyboard.press(key);
        await page.waitForTimeout(30); // a quick typist
      }
    }
  };
  await page.keyboard.press("Escape"); // out of the text
  await repeat("one frame", ["ArrowRight", "ArrowRight", "ArrowLeft"], 20);
  await repeat("ten and fifty frames", ["Shift+ArrowRight", "Control+Alt+ArrowRight"], 15);
  await repeat("next caption", ["Alt+ArrowDown"], 40);
  await repeat("next flagged caption", ["F8"], 15);
  await repeat("nudge a boundary", ["Alt+e", "Alt+r", "Alt+w", "Alt+q"], 8);
  await page.keyboard.press("F2");
  await repeat("typing", [..."the water was cold"], 3);
  await repeat("confirm and go on", ["Enter"], 30);
  await page.keyboard.press("Escape");
  await repeat("undo", ["Control+z"], 20);
  await page.evaluate(() => {
    (globalThis as unknown as Measured).kind = "";
  });
}

/** All over the video, as with a hand on the keys and on the timeline. */
async function scrub(page: Page, forMs: number): Promise<void> {
  const end = Date.now() + forMs;
  const timeline = page.locator("canvas").last();
  const box = await timeline.boundingBox();
  for (let turn = 0; Date.now() < end; turn++) {
    const keys = [
      "ArrowRight",
      "Shift+ArrowRight",
      "Control+Alt+ArrowRight",
      "Alt+ArrowDown",
      "F8",
    ];
    for (let step = 0; step < 20; step++) {
      await page.keyboard.press(keys[(turn + step) % keys.length] ?? "ArrowRight");
    }
    if (box !== null && turn % 2 === 0) {
      const x = box.x + ((turn * 0.37) % 1) * box.width;
      await page.mouse.click(x, box.y + box.height / 2);
    }
    await page.waitForTimeout(40);
  }
}

async function heapMb(session: CDPSession): Promise<number> {
  await session.send("HeapProfiler.collectGarbage");
  const usage = (await session.send("Runtime.getHeapUsage")) as unknown as Record<string, number>;
  const parts = ["usedSize", "embedderHeapUsedSize", "backingStorageSize"];
  return round(parts.reduce((sum, part) => sum + (usage[part] ?? 0), 0) / 1e6, 1);
}

function summary(values: number[]) {
  return {
    count: values.length,
    p50: quantile(values, 0.5),
    p95: quantile(values, 0.95),
    most: Math.max(...values),
  };
}

function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.ceil(share * sorted.length), sorted.length) - 1] ?? Number.NaN;
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
