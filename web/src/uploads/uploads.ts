// The uploads of this page. What does the work is loaded when a file is added, or was left.

import { useEffect, useSyncExternalStore } from "react";
import type { Given, Item, UploadManager } from "./manager.ts";

const NONE: readonly Item[] = [];

let manager: UploadManager | null = null;
let loading: Promise<UploadManager> | null = null;
const listeners = new Set<() => void>();

export function loadUploads(): Promise<UploadManager> {
  loading ??= import("./manager.ts").then(async (module) => {
    const made = new module.UploadManager();
    manager = made;
    made.onChange(() => {
      for (const listener of [...listeners]) listener();
    });
    await made.restore();
    return made;
  });
  return loading;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** All uploads, live. */
export function useUploads(): readonly Item[] {
  useEffect(() => {
    // What an earlier page left; after what is to be seen first.
    const idle = setTimeout(() => void loadUploads(), 300);
    return () => clearTimeout(idle);
  }, []);
  return useSyncExternalStore(subscribe, () => manager?.items ?? NONE);
}

export async function addFiles(given: Given[], folder: string): Promise<void> {
  (await loadUploads()).add(given, folder);
}

/** What was dropped: files with their handles, where the browser gives those. */
export async function droppedFiles(transfer: DataTransfer): Promise<Given[]> {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  // All are asked for at once: the list is empty after the first wait.
  const asked = items.map((item) => {
    const { getAsFileSystemHandle: getHandle } = item as ItemWithHandle;
    return { file: item.getAsFile(), handle: getHandle?.call(item) ?? Promise.resolve(null) };
  });
  const given = asked.map(async ({ file, handle }): Promise<Given[]> => {
    const found = await handle.catch(() => null);
    if (file === null || found?.kind === "directory") return [];
    return [{ file, handle: (found as FileSystemFileHandle | null) ?? null }];
  });
  return (await Promise.all(given)).flat();
}

interface ItemWithHandle extends DataTransferItem {
  getAsFileSystemHandle?(): Promise<FileSystemHandle | null>;
}
