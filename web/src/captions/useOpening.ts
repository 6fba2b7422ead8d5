// Opening a video's captions: database, crop frames and times, all at once.

import { useEffect, useState } from "react";
import { ObjectUrls, readObject } from "../editing/objects.ts";
import { openShared } from "../editing/shared.ts";
import { useToast } from "../ui/toast.tsx";
import { CropFrames } from "./cropFrames.ts";
import { canDecode, decodeChunk } from "./decoding.ts";
import { FrameTimes } from "./frames.ts";
import type { Notices } from "./session.ts";
import { EditorSession } from "./session.ts";

interface Opened {
  session: EditorSession | null;
  error: unknown;
}

export function useSession(videoId: string, version: number): Opened {
  const { toast } = useToast();
  const [session, setSession] = useState<EditorSession | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let isWanted = true;
    const notices: Notices = {
      tell: (message, rescued) =>
        toast({
          title: message,
          ...(rescued === undefined ? {} : { action: copying(rescued) }),
        }),
    };
    const opening = openSession(videoId, version, notices);
    opening
      .then((opened) => (isWanted ? setSession(opened) : undefined))
      .catch((failure: unknown) => (isWanted ? setError(failure) : undefined));
    return () => {
      isWanted = false;
      setSession(null);
      setError(null);
      opening.then((opened) => opened.close()).catch(() => undefined); // it was told above
    };
  }, [videoId, version, toast]);
  return { session, error };
}

/** What could not be stored is not lost: it can be put elsewhere. */
function copying(text: string) {
  return { label: "Copy my text", run: () => void navigator.clipboard.writeText(text) };
}

async function openSession(
  videoId: string,
  version: number,
  notices: Notices,
): Promise<EditorSession> {
  const urls = new ObjectUrls(videoId);
  const [database, manifest] = await Promise.all([
    openShared(videoId, "captions"),
    readManifest(urls, version),
  ]);
  if (!canDecode()) {
    notices.tell(
      "This browser cannot show the crop frames: it has no WebCodecs. Use a current one.",
    );
  }
  const read = async (name: string) => {
    const content = await readObject(urls, name);
    if (!content) throw new Error(`There is no ${name}.`);
    return decodeChunk(content);
  };
  const frames = new CropFrames(version, manifest.frame_count, read, () =>
    notices.tell("Some frames of the band cannot be shown now. What you see may be a bit earlier."),
  );
  const session = new EditorSession(database, frames, notices);
  void readTimes(urls, version, session, notices);
  return session;
}

interface Manifest {
  readonly frame_count: number;
}

async function readManifest(urls: ObjectUrls, version: number): Promise<Manifest> {
  const content = await readObject(urls, `crop_frames_v${version}/manifest.json`);
  if (!content)
    throw new Error("The crop frames of this video are gone. Approve the layout again.");
  return JSON.parse(new TextDecoder().decode(content)) as Manifest;
}

/** Wanted only when a boundary is moved, so nothing waits for them. */
async function readTimes(
  urls: ObjectUrls,
  version: number,
  session: EditorSession,
  notices: Notices,
): Promise<void> {
  try {
    const content = await readObject(urls, `crop_frames_v${version}/native_pts.f64`);
    if (content) session.times = FrameTimes.of(content);
    else {
      notices.tell(
        "The times of this video's frames were never stored, so boundaries cannot be moved. Approve the layout again.",
      );
    }
  } catch {
    notices.tell(
      "The times of the video's frames cannot be loaded now. Load the page again to move boundaries.",
    );
  }
}
