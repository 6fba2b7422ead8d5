import type { Video } from "../api/client.ts";

export default function LayoutPage({ video }: { video: Video }) {
  return <p>{video.frame_count ?? 0} frames were looked at.</p>;
}
