// Whether a file can be a video, before a byte of it is sent.

import { fileTypeFromBlob } from "file-type";
import { inBytes } from "./bytes.ts";

/** Containers that are videos but have no signature that is known for sure. */
const UNCERTAIN = /\.(ts|m2ts|mts|mxf|vob|mpe?g|dv)$/i;

/** Why the file is refused, in words; null if it is not. */
export async function whyRefused(file: File, mostBytes: number): Promise<string | null> {
  if (file.size === 0) return "The file is empty.";
  if (file.size > mostBytes) {
    return `The file has ${inBytes(file.size)}; at most ${inBytes(mostBytes)} are taken.`;
  }
  let type: string | undefined;
  try {
    type = (await fileTypeFromBlob(file))?.mime;
  } catch {
    return "The file cannot be read.";
  }
  if (type?.startsWith("video/") === true || type === "application/mxf") return null;
  if (type === undefined && UNCERTAIN.test(file.name)) return null; // the server looks closer
  const what = type === undefined ? "The file is no video" : `The file is no video but ${type}`;
  return `${what}. Take an MP4, MOV, MKV, WebM, AVI or MPEG.`;
}
