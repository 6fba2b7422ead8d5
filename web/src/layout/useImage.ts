import { useEffect, useState } from "react";
import type { ObjectUrls } from "../editing/objects.ts";

/** The address of an image; the one before stays until it is known, so that nothing flickers. */
export function useObjectUrl(urls: ObjectUrls, name: string): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    let isWanted = true;
    urls
      .of(name)
      .then((found) => (isWanted ? setUrl(found) : undefined))
      .catch(() => (isWanted ? setUrl(null) : undefined)); // shown as an empty frame
    return () => {
      isWanted = false;
    };
  }, [urls, name]);
  return url;
}

export function frameName(index: number): string {
  return `full_frames/frame_${String(index).padStart(6, "0")}.jpg`;
}

export function thumbnailName(index: number): string {
  return `thumbnails/frame_${String(index).padStart(6, "0")}.jpg`;
}
