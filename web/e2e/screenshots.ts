// Pictures of every page in both themes, for the documentation. Run by tools/screenshots.py; its one
// argument is JSON: where the page is, videos by what stands for them, and the folder for pictures.

import { join } from "node:path";
import type { Page } from "playwright-core";
import { launch } from "./browser.ts";

interface Given {
  url: string;
  videoId: string;
  layoutId: string;
  folder: string;
}

const given = JSON.parse(process.argv[2] ?? "") as Given;
const browser = await launch();

try {
  for (const theme of ["light", "dark"] as const) {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 720 },
      colorScheme: theme,
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(120_000); // the machine may be busy
    const page = await context.newPage();
    const take = (name: string) =>
      page.screenshot({ path: join(given.folder, `${name}-${theme}.png`) });
    await page.goto(given.url);
    await page.locator("[data-video] img").first().waitFor();
    await page.waitForLoadState("networkidle").catch(() => undefined);
    await take("videos");
    await layout(page);
    await take("layout");
    await captions(page);
    await take("captions");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await take("shortcuts");
    await exporting(page);
    await take("export");
    await context.close();
  }
} finally {
  await browser.close();
}

async function layout(page: Page): Promise<void> {
  await page.goto(`${given.url}/videos/${given.layoutId}/layout`);
  await page.getByRole("button", { name: /Approve/ }).waitFor();
  await settled(page);
}

async function captions(page: Page): Promise<void> {
  await page.goto(`${given.url}/videos/${given.videoId}/captions`);
  await page.locator('canvas[data-state="exact"]').first().waitFor();
  await page.locator("[data-caption-text]").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Alt+ArrowDown");
  await settled(page);
}

async function exporting(page: Page): Promise<void> {
  await page.goto(`${given.url}/videos/${given.videoId}/export`);
  await page.getByRole("button", { name: /Download/ }).waitFor();
  await page.locator("video").evaluate(async (player: HTMLVideoElement) => {
    player.currentTime = 4.5;
    await new Promise((resolve) => player.addEventListener("seeked", resolve, { once: true }));
  });
  await settled(page);
}

/** Pictures have come and nothing moves any more. */
async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  let before = "";
  for (let turn = 0; turn < 20; turn++) {
    const now = (await page.screenshot()).toString("base64");
    if (now === before) return;
    before = now;
    await page.waitForTimeout(250);
  }
}
