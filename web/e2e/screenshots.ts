// Pictures of every page in both themes, and of the two that are worked in on a tablet, for the
// documentation. Run by tools/screenshots.py; its one argument is JSON: where the page is, videos by
// what stands for them, a film to upload, and the folder for pictures.

import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { launch } from "./browser.ts";

interface Given {
  url: string;
  videoId: string;
  layoutId: string;
  film: string;
  filmTitle: string;
  folder: string;
}

const THEMES = ["light", "dark"] as const;
const TABLETS = {
  "tablet-landscape": { width: 1024, height: 768 },
  "tablet-portrait": { width: 820, height: 1180 },
};

const given = JSON.parse(process.argv[2] ?? "") as Given;
const browser = await launch();

try {
  for (const theme of THEMES) {
    await inBrowser({ colorScheme: theme }, async (page) => {
      await signIn(page);
      await take(page, `sign-in-${theme}`);
      await newcomer(page);
      await take(page, `welcome-${theme}`);
      await videos(page);
      await take(page, `videos-${theme}`);
      await layout(page);
      await take(page, `layout-${theme}`);
      await captions(page);
      await take(page, `captions-${theme}`);
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      await take(page, `shortcuts-${theme}`);
      await exporting(page);
      await take(page, `export-${theme}`);
    });
  }
  for (const [name, viewport] of Object.entries(TABLETS)) {
    await inBrowser({ viewport, hasTouch: true }, async (page) => {
      await layout(page);
      await take(page, `layout-${name}`);
      await captions(page);
      await take(page, `captions-${name}`);
    });
  }
  await inBrowser({}, async (page) => {
    await working(page);
    await takeBoth(page, "progress");
    await deleted(page);
    await takeBoth(page, "deleted");
  });
} finally {
  await browser.close();
}

async function inBrowser(
  options: BrowserContextOptions,
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 720 },
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(120_000); // the machine may be busy
  await work(await context.newPage());
  await context.close();
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(given.folder, `${name}.png`) });
}

/** What does not stay, or is made by work, is shown once. */
async function takeBoth(page: Page, name: string): Promise<void> {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme });
    await take(page, `${name}-${theme}`);
  }
}

async function signIn(page: Page): Promise<void> {
  await page.goto(`${given.url}/sign-in`);
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await settled(page);
}

/** As if there were no videos yet. */
async function newcomer(page: Page): Promise<void> {
  await page.route("**/v1/videos?*", (route) =>
    route.fulfill({ json: { videos: [], next: null } }),
  );
  await page.route("**/v1/folders", (route) => route.fulfill({ json: { folders: [] } }));
  await page.goto(given.url);
  await page.getByRole("button", { name: "Choose videos" }).waitFor();
  await settled(page);
  await page.unrouteAll();
}

async function videos(page: Page): Promise<void> {
  await page.goto(given.url);
  await page.locator("[data-video] img").first().waitFor();
  await settled(page);
}

/** In the middle of its work. */
async function working(page: Page): Promise<void> {
  await page.goto(given.url);
  await page.getByLabel("Video files").first().setInputFiles(given.film);
  const row = page.locator("[data-video]").filter({ hasText: given.filmTitle });
  await row.getByText(/[3-9]\d %/).waitFor();
}

async function deleted(page: Page): Promise<void> {
  const row = page.locator("[data-video]").filter({ hasText: given.filmTitle });
  await row.getByText("Layout to approve").waitFor();
  await row.getByRole("button", { name: /^More for/ }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Close" }).click(); // the note about it
  await page.getByRole("link", { name: "Recently deleted" }).click();
  await page
    .getByRole("button", { name: `Restore ${given.filmTitle}` })
    .first()
    .waitFor();
  await settled(page);
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
