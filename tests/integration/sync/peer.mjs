// A browser's end of the sync: the real @vlcn.io/crsqlite-wasm in memory, with the page's codec.
// Reads one JSON command a line, answers with one line.
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const web = process.argv[2];
const scope = path.join(web, "node_modules", "@vlcn.io", "crsqlite-wasm", "dist");
const load = (...parts) => import(pathToFileURL(path.join(...parts)).href);
const { decodeChange, decodeValue, encodeChange, encodeValue } = await load(web, "src/sync/wire.ts");
const { parameter, readable, readColumn } = await load(web, "src/sync/binding.ts");

// What a browser has and Node has not: file URLs in fetch, and a store that is not used in memory.
const realFetch = globalThis.fetch;
globalThis.fetch = async (url, options) =>
  String(url).startsWith("file:")
    ? new Response(readFileSync(fileURLToPath(String(url))), {
        headers: { "content-type": "application/wasm" },
      })
    : realFetch(url, options);
globalThis.indexedDB ??= { open: () => ({ addEventListener() {} }) };

const initialize = (await load(scope, "index.js")).default;
const sqlite = await initialize(() => pathToFileURL(path.join(scope, "crsqlite.wasm")).href);

const SINCE =
  'SELECT "table", pk, cid, col_version, db_version, site_id, cl, seq, ' + readable("val") +
  " FROM crsql_changes WHERE db_version > ? AND site_id IS NOT ? ORDER BY db_version, seq";

// The statement with the values in place of its question marks.
function filled(sql, values) {
  const parameters = values.map(parameter);
  const [start, ...rest] = sql.split("?");
  const text = start + rest.map((part, index) => parameters[index][0] + part).join("");
  return [text, parameters.map(([, bindable]) => bindable)];
}

let database;
const commands = {
  async open({ schema }) {
    await database?.close();
    database = await sqlite.open();
    for (const statement of schema) await database.exec(statement);
    const [[site]] = await database.execA("SELECT crsql_site_id()");
    return encodeValue(site);
  },
  async execute({ sql, values }) {
    await database.exec(...filled(sql, values.map(decodeValue)));
  },
  async rows({ table, columns }) {
    const selected = columns.map(readable).join(", ");
    const rows = await database.execA(`SELECT ${selected} FROM ${table} ORDER BY id`);
    return rows.map((row) =>
      columns.map((_, index) => encodeValue(readColumn(row[2 * index], row[2 * index + 1]))),
    );
  },
  async since({ version, exclude }) {
    const rows = await database.execA(SINCE, [version, decodeValue(exclude)]);
    const changes = rows.map(([table, pk, cid, colVersion, dbVersion, site, cl, seq, ...val]) =>
      encodeChange([table, pk, cid, readColumn(...val), colVersion, dbVersion, site, cl, seq]),
    );
    // Not crsql_db_version(), which counts transactions that changed nothing, and counts them anew.
    return { changes, version: changes.at(-1)?.[5] ?? version };
  },
  async apply({ changes }) {
    await database.tx(async (transaction) => {
      for (const [table, pk, cid, val, colVersion, , site, cl, seq] of changes.map(decodeChange)) {
        const [value, bindable] = parameter(val);
        await transaction.exec(
          'INSERT INTO crsql_changes ("table", pk, cid, val, col_version, db_version, site_id,' +
            ` cl, seq) VALUES (?, ?, ?, ${value}, ?, 0, ?, ?, ?)`,
          [table, pk, cid, bindable, colVersion, site, cl, seq],
        );
      }
    });
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
