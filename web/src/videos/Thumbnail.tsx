import { Film } from "lucide-react";
import { useState } from "react";
import type { Video } from "../api/client.ts";

// Each answer signs the address anew, and a browser would load the same picture again.
const kept = new Map<string, { url: string; until: number }>();
const KEPT_MS = 10 * 60_000;

function pictureOf(video: Video): string | null {
  const url = video.thumbnail_url ?? null;
  const known = kept.get(video.id);
  if (known !== undefined && Date.now() < known.until) return known.url;
  if (url !== null) kept.set(video.id, { url, until: Date.now() + KEPT_MS });
  return url;
}

export function Thumbnail({ video }: { video: Video }) {
  const url = pictureOf(video);
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <div className="thumbnail">
      {url === null || broken === url ? (
        <Film aria-hidden size={24} />
      ) : (
        <img
          src={url}
          alt=""
          loading="lazy"
          onError={() => {
            kept.delete(video.id);
            setBroken(url);
          }}
        />
      )}
    </div>
  );
}
