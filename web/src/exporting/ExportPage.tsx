import type { Video } from "../api/client.ts";

export default function ExportPage({ video }: { video: Video }) {
  return <p>{video.caption_count ?? 0} captions.</p>;
}
