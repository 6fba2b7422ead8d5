// A Chromium for tests and pictures: npm's build of it, so that nothing but packages is needed. Its
// own copies of the libraries that a bare machine lacks, and of a font, come with it.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Chromium, { inflate } from "@sparticuz/chromium";
import { type Browser, chromium } from "playwright-core";

const HOME = fileURLToPath(new URL("../node_modules/.chromium", import.meta.url));
const PACKED = fileURLToPath(new URL("../node_modules/@sparticuz/chromium/bin", import.meta.url));

const ARGUMENTS = [
  "--no-sandbox", // tests may run as root; they open our own pages alone
  "--font-render-hinting=none",
  "--enable-precise-memory-info",
  "--js-flags=--expose-gc",
];

/** Throws with one line that says what is missing. */
export async function launch(): Promise<Browser> {
  const { executablePath, env } = await findBrowser();
  return chromium.launch({ executablePath, args: ARGUMENTS, env });
}

async function findBrowser(): Promise<{ executablePath: string; env: Record<string, string> }> {
  mkdirSync(HOME, { recursive: true });
  const before = process.env.TMPDIR;
  process.env.TMPDIR = HOME; // where the package unpacks to
  try {
    const executablePath = await Chromium.executablePath();
    const env = { ...plainEnvironment(), FONTCONFIG_PATH: join(HOME, "fonts") };
    if (runs(executablePath, env)) return { executablePath, env };
    await inflate(join(PACKED, "al2023.tar.br"));
    const withLibraries = { ...env, LD_LIBRARY_PATH: join(HOME, "al2023", "lib") };
    if (runs(executablePath, withLibraries)) return { executablePath, env: withLibraries };
    throw new Error(`Chromium does not run here: ${complaint(executablePath, withLibraries)}`);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

function plainEnvironment(): Record<string, string> {
  const given = Object.entries(process.env).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Record<string, string>;
}

function runs(path: string, env: Record<string, string>): boolean {
  return spawnSync(path, ["--version"], { env }).status === 0;
}

function complaint(path: string, env: Record<string, string>): string {
  const { stderr, error } = spawnSync(path, ["--version"], { env, encoding: "utf8" });
  return (stderr || String(error)).trim().split("\n")[0] ?? "";
}
