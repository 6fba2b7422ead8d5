// The whole way of a video, as a person goes it in a browser. Run by tests/acceptance; its one
// argument is JSON: where the page is, the file to upload, and a folder for a picture of a failure.

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Page, Request } from "playwright-core";
import { launch } from "./browser.ts";
import { changeLayout, correctThree, reviewLayout, takeOver, writeOffline } from "./editing.ts";
import { checkAccess, Watch } from "./watching.ts";

interface Given {
  url: string;
  file: string;
  noVideo: string;
  title: string;
  parts: number;
  /** Where the exported file is to go. */
  exported: string;
  /** What the first captions are corrected to. */
  texts: string[];
  pictures: string;
}

const PATIENCE_MS = 60_000;

const given = JSON.parse(process.argv[2] ?? "") as Given;
const watch = new Watch();
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
context.setDefaultTimeout(PATIENCE_MS);
const page = await context.newPage();
watch.follow(page);

try {
  await emptyPage(page);
  await wrongFile(page);
  await interruptedUpload(page);
  await progress(page);
  await editing(page);
  await exporting(page);
  await sameFileAgain(page);
  await tidyUp(page);
  await deleting(page);
  assert.deepEqual(watch.complaints, []);
} catch (error) {
  await page.screenshot({ path: join(given.pictures, "failure.png") });
  throw error;
} finally {
  await browser.close();
}

/** A newcomer is told what to do, and which keys there are. */
async function emptyPage(page: Page): Promise<void> {
  await page.goto(given.url);
  await page.getByRole("heading", { name: "From burned-in captions to subtitles" }).waitFor();
  await checkAccess(page, "the empty page");
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await checkAccess(page, "the shortcuts");
  await page.keyboard.press("Escape");
}

/** A file that is no video is refused without a word to the server. */
async function wrongFile(page: Page): Promise<void> {
  const sent: string[] = [];
  const note = (request: { method(): string; url(): string }) => {
    if (request.method() !== "GET") sent.push(request.url());
  };
  page.on("request", note);
  await choose(page, given.noVideo);
  await page.getByText("The file is no video").waitFor();
  page.off("request", note);
  assert.deepEqual(sent, []);
  await page.getByRole("button", { name: /off the list/ }).click();
}

/** The network goes in the middle, then the page is loaded anew: what has arrived is kept. */
async function interruptedUpload(page: Page): Promise<void> {
  const shown = await recordPercents(page);
  const before: string[] = [];
  const after = new Set<string>();
  await page.route(/partNumber=/, async (route) => {
    before.push(partOf(route.request()));
    if (before.length === 1) await route.continue();
    else await route.abort("internetdisconnected");
  });
  await watch.cut(async () => {
    await choose(page, given.file);
    await page.getByText(/Waiting for the (network|server)/).waitFor();
    await page.reload({ waitUntil: "commit" });
    page.on("request", (request) => {
      if (request.method() === "PUT") after.add(partOf(request));
    });
    await page.unroute(/partNumber=/);
  });
  await page.getByText("Uploaded").waitFor();
  const all = Array.from({ length: given.parts }, (_, index) => String(index + 1));
  assert.deepEqual(
    [...after].toSorted(),
    all.filter((one) => one !== before[0]),
  );
  assert.ok(!(await shown()).includes("100 %"));
}

function partOf(request: Request): string {
  return new URL(request.url()).searchParams.get("partNumber") ?? "";
}

/** All percents that the page shows from now on. */
async function recordPercents(page: Page): Promise<() => Promise<string[]>> {
  const seen = new Set<string>();
  await page.exposeFunction("noteText", (text: string) => {
    for (const [percent] of text.matchAll(/\d+ %/g)) seen.add(percent);
  });
  await page.addInitScript(() => {
    const note = (globalThis as unknown as { noteText(text: string): void }).noteText;
    new MutationObserver(() => note(document.querySelector(".uploads")?.textContent ?? "")).observe(
      document,
      { childList: true, subtree: true, characterData: true },
    );
  });
  return async () => [...seen];
}

/** What is being done shows by itself, until a person is wanted. */
async function progress(page: Page): Promise<void> {
  const row = page.locator("[data-video]");
  await row.getByText(/Looking for captions|Layout to approve/).waitFor();
  await row.getByText("Layout to approve").waitFor();
  await row.locator("img").waitFor();
  await checkAccess(page, "the list of videos");
}

/** From the layout to corrected captions, and back to the list of videos. */
async function editing(page: Page): Promise<void> {
  await page.getByRole("link", { name: given.title, exact: true }).press("Enter");
  await reviewLayout(page);
  await correctThree(page, given.texts);
  await takeOver(context, page, watch);
  await writeOffline(context, page, watch, "Written offline.");
  await changeLayout(page, given.texts.length);
  await page.getByRole("link", { name: "Videos", exact: true }).press("Enter");
  await page.locator("[data-video]").getByText("Captions to check").waitFor();
}

/** The file that a person takes away; the test compares it with what the video shows. */
async function exporting(page: Page): Promise<void> {
  await page.getByRole("link", { name: given.title, exact: true }).press("Enter");
  await page.getByRole("link", { name: "Export", exact: true }).press("Enter");
  const content = page.getByLabel("Content of the file");
  await content.waitFor();
  await checkAccess(page, "the export");
  await page.keyboard.press("5"); // as JSON
  await page.waitForFunction(() =>
    document.querySelector<HTMLTextAreaElement>(".export-text")?.value.startsWith("{"),
  );
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("d")]);
  await download.saveAs(given.exported);
  await page.getByRole("link", { name: "Videos", exact: true }).press("Enter");
}

/** The same file is recognised. */
async function sameFileAgain(page: Page): Promise<void> {
  await choose(page, given.file);
  await page.getByText("You have this video already").waitFor();
  await page.getByRole("button", { name: /Cancel the upload/ }).click();
}

/** Moved and searched for, from the keyboard. */
async function tidyUp(page: Page): Promise<void> {
  const more = page.getByRole("button", { name: /^More for/ });
  const row = page.locator("[data-video]");
  await more.press("Enter");
  await page.getByRole("menuitem", { name: "Move to a folder…" }).press("Enter");
  await page.locator("[role=dialog] input:focus").waitFor();
  await page.keyboard.type("season 1");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "season 1 1" }).waitFor();
  await page.locator("[role=dialog]").waitFor({ state: "detached" });
  await page.keyboard.press("/");
  await page.locator("input:focus").waitFor();
  await page.keyboard.type("no such title");
  await page.getByText("No video is like that").waitFor();
  await page.getByLabel("Search titles").fill("");
  await row.waitFor();
}

/** Deleted and had back at once, then deleted and restored, from the keyboard. */
async function deleting(page: Page): Promise<void> {
  const row = page.locator("[data-video]");
  await deleteIt(page);
  await page.getByRole("button", { name: "Undo" }).press("Enter");
  await row.waitFor();
  await deleteIt(page);
  const refused = "**/v1/deleted-videos";
  await page.route(refused, (route) => route.fulfill({ status: 403, json: { title: "Not now." } }));
  await watch.cut(async () => {
    await page.getByRole("link", { name: "Recently deleted" }).press("Enter");
    await page.getByText("Not now.").waitFor();
  });
  await page.unroute(refused);
  await page.getByRole("button", { name: "Try again" }).press("Enter");
  const restore = page.getByRole("button", { name: `Restore ${given.title}` });
  await restore.waitFor();
  await page.getByText("7 days left").first().waitFor();
  await page.reload();
  await restore.waitFor();
  await checkAccess(page, "the deleted videos");
  await restore.press("Enter");
  await page.getByText(`${given.title} is back`, { exact: true }).waitFor();
  await restore.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "All videos" }).press("Enter");
  await row.getByText("season 1").waitFor();
}

async function deleteIt(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^More for/ }).press("Enter");
  await page.getByRole("menuitem", { name: "Delete" }).press("Enter");
  await page.locator("[data-video]").waitFor({ state: "detached" });
}

function choose(page: Page, path: string): Promise<void> {
  return page.getByLabel("Video files").first().setInputFiles(path);
}
