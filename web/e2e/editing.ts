// Layout and captions as a person goes through them, by keyboard alone.

import assert from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import { checkAccess, type Watch } from "./watching.ts";

/** From edge to edge it is not as far. */
const MOST_STEPS = 50;

/** The band is looked at, moved and moved back, and approved by one key; the captions follow. */
export async function reviewLayout(page: Page): Promise<void> {
  await page.getByText("Is every caption inside the band").waitFor();
  await checkAccess(page, "the layout");
  const edge = page.getByRole("slider", { name: "top edge of the caption band" });
  await edge.focus();
  const before = await edge.getAttribute("aria-valuetext");
  const warning = page.getByText(/The band would cut \d+ lines?/);
  let steps = 0;
  for (; !(await warning.isVisible()); steps++) {
    assert.ok(steps < MOST_STEPS, "No warning came.");
    await page.keyboard.press("Shift+ArrowDown");
  }
  await leaveFocus(page);
  for (; steps > 0; steps--) await page.keyboard.press("Control+z");
  await page.getByText("Is every caption inside the band").waitFor();
  assert.equal(await edge.getAttribute("aria-valuetext"), before);
  await labelLine(page);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/captions$/);
  await page.getByRole("listbox").waitFor();
}

/** A line of text is called something else, and called back. */
async function labelLine(page: Page): Promise<void> {
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("c");
  await page.getByText("undecided, you said").waitFor();
  await page.keyboard.press("u");
  await page.getByText("undecided, you said").waitFor({ state: "detached" });
  await saved(page);
}

/** Three texts are corrected, one boundary is moved and read again; all without a mouse. */
export async function correctThree(page: Page, texts: readonly string[]): Promise<void> {
  const field = page.getByRole("textbox", { name: "Text of the caption" });
  await page.locator('.frame-view canvas[data-state="exact"]').waitFor();
  await checkAccess(page, "the captions");
  await page.keyboard.press("F2");
  for (const text of texts) {
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  }
  await page.getByText(`${texts.length} of`).waitFor();
  const [first] = texts;
  for (let step = 0; step < texts.length; step++) await page.keyboard.press("Alt+ArrowUp");
  assert.equal(await field.inputValue(), first);
  await moveBoundary(page);
  await saved(page);
}

/** By native frames and back; meanwhile it is read again. */
async function moveBoundary(page: Page): Promise<void> {
  const start = page.getByRole("button", { name: /^Start \d/ });
  const before = await start.textContent();
  await page.keyboard.press("Alt+w");
  await page.getByText("The text is being read").waitFor();
  assert.notEqual(await start.textContent(), before);
  await page.getByText("The text is being read").waitFor({ state: "detached" });
  await page.keyboard.press("Control+z");
  await page.waitForFunction(
    ([text]) => document.querySelector(".boundary .link")?.textContent === text,
    [before],
  );
}

/** A second tab takes over, is told of changes and gives back. */
export async function takeOver(context: BrowserContext, page: Page, watch: Watch): Promise<void> {
  const other = await context.newPage();
  watch.follow(other);
  await other.goto(page.url());
  await other.getByRole("listbox").waitFor();
  await page.getByText("You have this open in another tab.").waitFor();
  await other.keyboard.press("F2");
  await other.keyboard.press("Control+End");
  await other.keyboard.type(" (second tab)");
  await page.getByRole("option").filter({ hasText: "(second tab)" }).waitFor();
  await saved(other);
  await page.getByRole("button", { name: "Edit here" }).press("Enter");
  await other.getByText("You have this open in another tab.").waitFor();
  await other.close();
}

/** What is written offline is kept, survives a reload and is saved when the network is back. */
export async function writeOffline(
  context: BrowserContext,
  page: Page,
  watch: Watch,
  text: string,
): Promise<void> {
  await watch.cut(async () => {
    await context.setOffline(true);
    await page.getByTestId("save-state").filter({ hasText: "Offline" }).waitFor();
    await page.keyboard.press("F2");
    await page.keyboard.press("Control+a");
    await page.keyboard.type(text);
    await page
      .getByTestId("save-state")
      .filter({ hasText: /kept on this device/ })
      .waitFor();
    await context.setOffline(false);
    await saved(page);
  });
  await page.reload();
  await page.getByRole("option").filter({ hasText: text }).waitFor();
}

/** A changed band asks what it would do again, does nothing when told no, and the work when told yes. */
export async function changeLayout(page: Page, corrected: number): Promise<void> {
  await page.getByRole("link", { name: "Layout", exact: true }).press("Enter");
  await page.getByText("This band is approved").waitFor();
  await saved(page); // nothing moves before this page may write
  await page.getByRole("slider", { name: "top edge of the caption band" }).press("ArrowUp");
  await page.getByText("The band has changed").waitFor();
  await leaveFocus(page);
  await page.keyboard.press("Enter");
  const question = page.getByRole("dialog", { name: "Find the captions again?" });
  await question
    .getByText(`${corrected} captions that people worked on stay as they are.`)
    .waitFor();
  await question.getByText("Others will be looked for in the new band.").waitFor();
  await checkAccess(page, "the question about a changed layout");
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "detached" });
  await page.getByText("The band has changed").waitFor();
  await page.keyboard.press("Enter");
  await question.getByRole("button", { name: "Find them again" }).press("Enter");
  await page.waitForURL(/\/captions$/);
  await page.getByRole("listbox").waitFor();
}

async function saved(page: Page): Promise<void> {
  await page
    .getByTestId("save-state")
    .filter({ hasText: /^ ?Saved$/ })
    .waitFor();
}

/** Onto the page itself, as a click beside everything would. */
async function leaveFocus(page: Page): Promise<void> {
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
}
