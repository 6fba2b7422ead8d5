// What a page must not do: complain on the console, fail a request, keep somebody out.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type axe from "axe-core";
import type { Page } from "playwright-core";

const AXE = readFileSync(
  fileURLToPath(new URL("../node_modules/axe-core/axe.min.js", import.meta.url)),
  "utf8",
);

/** Collects complaints; those of a time in which the network was cut on purpose do not count. */
export class Watch {
  readonly complaints: string[] = [];
  #isCut = false;

  follow(page: Page): void {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.#note(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(`page: ${error.stack ?? error}`));
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      if (why !== "net::ERR_ABORTED") this.#note(`${request.method()} ${request.url()}: ${why}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.#note(`${response.url()}: ${response.status()}`);
    });
  }

  /** What the block breaks on purpose is no complaint. */
  async cut<T>(work: () => Promise<T>): Promise<T> {
    this.#isCut = true;
    try {
      return await work();
    } finally {
      this.#isCut = false;
    }
  }

  #note(text: string): void {
    if (!this.#isCut) this.complaints.push(text);
  }
}

/** Throws if axe finds a serious or critical violation of what is shown now. */
export async function checkAccess(page: Page, where: string): Promise<void> {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
      resultTypes: ["violations"],
    }),
  );
  const serious = violations
    .filter((one) => one.impact === "serious" || one.impact === "critical")
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(" | ")}`);
  assert.deepEqual(serious, [], `axe on ${where}`);
}
