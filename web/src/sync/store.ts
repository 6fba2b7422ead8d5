// What of a database outlives the page: its last image, and the edits made since, in IndexedDB.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { encodeBytes, type WireChange } from "./wire.ts";

const NAME = "captionacc-sync";
const FORGOTTEN_AFTER_MS = 30 * 24 * 3600 * 1000;

/** One transaction of this page, on its way to the server. */
export interface Batch {
  readonly id: string;
  /** Its place among the batches of the site. */
  readonly number: number;
  readonly changes: readonly WireChange[];
  /** Whether the server has it; it is kept until an image holds it. */
  isAcked: boolean;
}

/** The database at some time. */
export interface Image {
  readonly file: Uint8Array;
  /** The server's copy that it was made from, and how far it has come. */
  readonly copy: string;
  readonly dbVersion: number;
}

/** Where a database is kept; a site is one database in one tab. */
export interface Store {
  readonly siteId: Uint8Array;
  readonly image: Image | null;
  readonly batches: readonly Batch[];
  readonly isPersistent: boolean;
  add(batch: Batch): Promise<void>;
  /** The server has taken or refused these. */
  settle(batches: readonly Batch[], outcome: "taken" | "refused"): Promise<void>;
  /** Keeps a new image, which holds `batches`. */
  keep(image: Image, batches: readonly Batch[]): Promise<void>;
  /** The image is not to be used again, as something in it was refused. */
  dropImage(): Promise<void>;
  /** Another tab may go on with it from now on. */
  release(): void;
}

interface Site {
  key: string;
  database: string;
  siteId: Uint8Array;
  image: Image | null;
  usedAt: number;
}

interface Tables extends DBSchema {
  sites: { key: string; value: Site; indexes: { database: string } };
  batches: { key: [string, number]; value: Batch & { site: string } };
}

/** A store that forgets everything, for who only looks and where nothing else is to be had. */
export function memoryStore(): Store {
  const nothing = async () => undefined;
  return {
    siteId: crypto.getRandomValues(new Uint8Array(16)),
    image: null,
    batches: [],
    isPersistent: false,
    add: nothing,
    settle: nothing,
    keep: nothing,
    dropImage: nothing,
    release: () => undefined,
  };
}

/**
 * The store of `database` that no other tab uses now, first of all one with edits that the server
 * does not have; a new one if there is none.
 */
export async function persistentStore(database: string): Promise<Store> {
  const db = await connect();
  await forget(db, Date.now() - FORGOTTEN_AFTER_MS);
  const sites = await db.getAllFromIndex("sites", "database", database);
  const found = await Promise.all(
    sites.map(async (site) => ({ site, batches: await batchesOf(db, site.key) })),
  );
  found.sort((one, other) => rank(other) - rank(one));
  for (const { site } of found) {
    const release = await claim(site.key);
    // It is read once more, as another tab may have had it until now.
    if (release !== null) return kept(db, (await db.get("sites", site.key)) ?? site, release);
  }
  const siteId = crypto.getRandomValues(new Uint8Array(16));
  const key = `${database}/${encodeBytes(siteId)}`;
  const site = { key, database, siteId, image: null, usedAt: Date.now() };
  const release = await claim(key);
  if (release === null) throw new Error("A new store is in use.");
  await db.put("sites", site);
  return kept(db, site, release);
}

/** Removes what is kept in this browser but for edits that are not saved, as on signing out. */
export async function forgetSaved(): Promise<void> {
  era += 1;
  const db = await connect().catch(() => null); // where nothing can be kept, nothing is
  if (db !== null) await forget(db, Number.POSITIVE_INFINITY);
}

/** Who was open when all was forgotten keeps no image any more. */
let era = 0;

let connecting: Promise<IDBPDatabase<Tables>> | null = null;

function connect(): Promise<IDBPDatabase<Tables>> {
  connecting ??= openDB<Tables>(NAME, 1, {
    upgrade(db) {
      db.createObjectStore("sites", { keyPath: "key" }).createIndex("database", "database");
      db.createObjectStore("batches", { keyPath: ["site", "number"] });
    },
    terminated() {
      connecting = null;
    },
  }).catch((error: unknown) => {
    connecting = null;
    throw error;
  });
  return connecting;
}

/** Takes the lock of a site until it is released or the tab is gone; null if another tab has it. */
function claim(key: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`${NAME}/${key}`, { ifAvailable: true }, (lock) => {
        if (lock === null) return resolve(null);
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

async function kept(db: IDBPDatabase<Tables>, site: Site, release: () => void): Promise<Store> {
  const { key } = site;
  const begun = era;
  const update = async (image: Image | null) => {
    await db.put("sites", { ...site, image, usedAt: Date.now() });
  };
  return {
    siteId: site.siteId,
    image: site.image,
    batches: await batchesOf(db, key),
    isPersistent: true,
    async add(batch) {
      await db.put("batches", { ...batch, site: key });
    },
    async settle(batches, outcome) {
      const transaction = db.transaction("batches", "readwrite");
      for (const batch of batches) {
        if (outcome === "taken") void transaction.store.put({ ...batch, isAcked: true, site: key });
        else void transaction.store.delete([key, batch.number]);
      }
      await transaction.done;
    },
    async keep(image, batches) {
      if (begun !== era) return;
      const transaction = db.transaction(["sites", "batches"], "readwrite");
      void transaction.objectStore("sites").put({ ...site, image, usedAt: Date.now() });
      for (const batch of batches) {
        if (batch.isAcked) void transaction.objectStore("batches").delete([key, batch.number]);
      }
      await transaction.done;
    },
    dropImage: () => update(null),
    release,
  };
}

async function batchesOf(db: IDBPDatabase<Tables>, key: string): Promise<Batch[]> {
  return db.getAll("batches", batchRange(key));
}

/** Edits that nobody else has come first, then what was used last. */
function rank({ site, batches }: { site: Site; batches: Batch[] }): number {
  return (batches.some((batch) => !batch.isAcked) ? 2 ** 50 : 0) + site.usedAt;
}

/** Removes databases that were not used since, unless they hold edits that nobody else has. */
async function forget(db: IDBPDatabase<Tables>, sinceMs: number): Promise<void> {
  const transaction = db.transaction(["sites", "batches"], "readwrite");
  const [sites, batches] = [transaction.objectStore("sites"), transaction.objectStore("batches")];
  for (const { key, usedAt } of await sites.getAll()) {
    const range = batchRange(key);
    const isUnsaved = (await batches.getAll(range)).some((batch) => !batch.isAcked);
    if (isUnsaved || usedAt >= sinceMs) continue;
    void sites.delete(key);
    void batches.delete(range);
  }
  await transaction.done;
}

function batchRange(key: string): IDBKeyRange {
  return IDBKeyRange.bound([key, 0], [key, Number.POSITIVE_INFINITY]);
}
