// Supabase's Realtime as the source of events: changes of rows, under row-level security. Their
// columns are those of the catalog, and the API's views have the same names for what we use.

import type { Schemas } from "../api/client.ts";
import type { Session } from "../session/session.ts";
import { SupabaseSession } from "../session/supabase.ts";
import type { Sink } from "./events.ts";
import type { RunEvent } from "./kinds.ts";
import { openStream } from "./stream.ts";

interface VideoRow extends Omit<Schemas["VideoView"], "crop_region"> {
  crop_left: number | null;
  crop_top: number | null;
  crop_right: number | null;
  crop_bottom: number | null;
}

export async function openRealtime(session: Session, sink: Sink): Promise<void> {
  if (!(session instanceof SupabaseSession)) return openStream(sink);
  const { client } = session;
  const rows = { event: "*" as const, schema: "captionacc" };
  client
    .channel("captionacc")
    .on<VideoRow>("postgres_changes", { ...rows, table: "videos" }, ({ new: row }) => {
      if ("id" in row) sink.tell("video", toVideo(row));
    })
    .on<RunEvent>("postgres_changes", { ...rows, table: "processing_runs" }, ({ new: row }) => {
      if ("id" in row) sink.tell("run", row);
    })
    .subscribe((state) => sink.connected(state === "SUBSCRIBED" ? "live" : "offline"));
}

function toVideo(row: VideoRow): Schemas["VideoView"] {
  const { crop_left, crop_top, crop_right, crop_bottom, ...video } = row;
  const edges = [crop_left, crop_top, crop_right, crop_bottom];
  const isKnown = edges.every((edge) => edge !== null);
  return { ...video, crop_region: isKnown ? (edges as [number, number, number, number]) : null };
}
