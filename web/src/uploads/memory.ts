// What the browser remembers of uploads that are not done, so that a reload ends none. A file that
// was dropped or picked is remembered by its handle where the browser has such (it asks once more
// for permission); else itself, if it is not too large; else the person is asked for it again.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";

export interface Remembered {
  id: string;
  filename: string;
  folder: string;
  sizeBytes: number;
  fingerprint: string;
  isDuplicateWanted: boolean;
  handle: FileSystemFileHandle | null;
  file: File | null;
}

interface Schema extends DBSchema {
  uploads: { key: string; value: Remembered };
}

const LARGEST_COPY = 256 << 20;

let opened: Promise<IDBPDatabase<Schema>> | null = null;

function open(): Promise<IDBPDatabase<Schema>> {
  opened ??= openDB<Schema>("captionacc-uploads", 1, {
    upgrade: (database) => {
      database.createObjectStore("uploads", { keyPath: "id" });
    },
  });
  return opened;
}

export async function remember(one: Omit<Remembered, "file">, file: File): Promise<void> {
  const isCopied = one.handle === null && file.size <= LARGEST_COPY;
  const database = await open();
  try {
    await database.put("uploads", { ...one, file: isCopied ? file : null });
  } catch {
    await database.put("uploads", { ...one, file: null }); // no room for a copy
  }
}

export async function forget(id: string): Promise<void> {
  await (await open()).delete("uploads", id);
}

export async function remembered(): Promise<Remembered[]> {
  return (await open()).getAll("uploads");
}

interface WithPermission extends FileSystemFileHandle {
  queryPermission?(): Promise<PermissionState>;
  requestPermission?(): Promise<PermissionState>;
}

/** The file, if the browser gives it without asking; `mayAsk` only in answer to a click. */
export async function fileOf(one: Remembered, mayAsk: boolean): Promise<File | null> {
  if (one.file !== null) return one.file;
  const handle = one.handle as WithPermission | null;
  if (handle === null) return null;
  try {
    let permission = (await handle.queryPermission?.()) ?? "granted";
    if (permission === "prompt" && mayAsk)
      permission = (await handle.requestPermission?.()) ?? "denied";
    return permission === "granted" ? await handle.getFile() : null;
  } catch {
    return null; // moved or deleted meanwhile
  }
}
