// Pages of a browser with the sync library, in Node: reads one JSON command a line, answers with
// one line. Each page is a database that `open` has named.
import { readFileSync } from "node:fs";
import { setMaxListeners } from "node:events";
import { createRequire } from "node:module";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const web = process.argv[2];
const packages = createRequire(path.join(web, "package.json"));
const load = (name) => import(pathToFileURL(path.join(web, "src", "sync", name)).href);

// What a browser has and Node has not: IndexedDB, events of the network, file URLs in fetch.
const events = new EventTarget();
setMaxListeners(0, events);
globalThis.addEventListener = events.addEventListener.bind(events);
await import(pathToFileURL(packages.resolve("fake-indexeddb/auto")).href);
const realFetch = globalThis.fetch;
globalThis.fetch = async (url, options) =>
  String(url).startsWith("file:")
    ? new Response(readFileSync(fileURLToPath(String(url))), {
        headers: { "content-type": "application/wasm" },
      })
    : realFetch(url, options);

const { openDatabase } = await load("index.ts");
const captions = await load("captions.ts");
const layout = await load("layout.ts");
const { readable, readColumn } = await load("binding.ts");
const { encodeValue } = await load("wire.ts");

const pages = new Map();
const told = new Map();

function typedRows(table, columns) {
  return {
    sql: `SELECT ${columns.map(readable).join(", ")} FROM ${table} ORDER BY id`,
    values: [],
    tables: [table],
    row: (found) =>
      columns.map((_, at) => encodeValue(readColumn(found[2 * at], found[2 * at + 1]))),
  };
}

// Each edit is [function, ...arguments], as in captions.ts and layout.ts, or ["execute", sql, values].
async function make(transaction, [name, ...rest]) {
  if (name === "execute") return transaction.execute(...rest);
  return { ...captions, ...layout }[name](transaction, ...rest);
}

async function until(page, wanted, seconds) {
  const isThere = () =>
    Object.entries(wanted).every(([name, value]) =>
      name === "mayWrite" || name === "reason"
        ? page.state.lease[name] === value
        : name === "problem"
          ? page.state.problem?.code === value
          : page.state[name] === value,
    );
  const { promise, resolve, reject } = Promise.withResolvers();
  const timer = setTimeout(
    () => reject(new Error(`still ${JSON.stringify(page.state)}`)),
    seconds * 1000,
  );
  const stop = page.onState(() => isThere() && resolve());
  if (isThere()) resolve();
  await promise.finally(() => {
    clearTimeout(timer);
    stop();
  });
}

const commands = {
  async open({ page, tokens, ...options }) {
    const token = async () => (tokens.length > 1 ? tokens.shift() : tokens[0]);
    pages.set(page, await openDatabase({ ...options, token }));
  },
  async state({ page }) {
    return pages.get(page).state;
  },
  async until({ page, wanted, seconds }) {
    await until(pages.get(page), wanted, seconds);
  },
  async write({ page, edits }) {
    await pages.get(page).write(async (transaction) => {
      for (const edit of edits) await make(transaction, edit);
    });
  },
  async rows({ page, table, columns }) {
    return pages.get(page).query(typedRows(table, columns));
  },
  async query({ page, name, values }) {
    const query = { ...captions, ...layout }[name];
    return pages.get(page).query(values ? query(...values) : query);
  },
  async subscribe({ page, name }) {
    told.set(page, []);
    pages.get(page).subscribe({ ...captions, ...layout }[name], (rows) => {
      const before = told.get(page).at(-1)?.rows ?? [];
      told.get(page).push({ rows, same: rows.filter((row) => before.includes(row)).length });
    });
  },
  async told({ page }) {
    return told.get(page);
  },
  async call({ page, name }) {
    await pages.get(page)[name]();
  },
  async network({ isOn }) {
    events.dispatchEvent(new Event(isOn ? "online" : "offline"));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ result: (await commands[command](rest)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error?.stack ?? error) }));
  }
}
