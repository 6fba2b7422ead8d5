// The subtitles as they will be written, and the video with them beside it.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { api, call, type Video } from "../api/client.ts";
import { events } from "../events/events.ts";
import { Loading, Problem } from "../ui/parts.tsx";
import "./export.css";
import { FilePreview } from "./FilePreview.tsx";
import { FORMATS, type Format } from "./formats.ts";
import { Playback } from "./Playback.tsx";

interface Cue {
  start_s: number;
  end_s: number;
  text: string;
  flags: string[];
}

export default function ExportPage({ video }: { video: Video }) {
  const [format, setFormat] = useState<Format>("srt");
  useFreshExports(video.id);
  const cues = useCues(video);
  if (video.active_version === null) return <NotYet video={video} />;
  if (cues.error !== null) {
    return <Problem error={cues.error} onRetry={() => void cues.refetch()} />;
  }
  if (cues.data === undefined) return <Loading what="Reading the captions" />;
  if (cues.data.length === 0) return <Empty video={video} />;
  const doubtful = cues.data.filter((cue) => cue.flags.length > 0).length;
  return (
    <>
      {doubtful === 0 ? null : (
        <div className="notice warning">
          <p>
            <strong>
              {doubtful} of {cues.data.length} captions
            </strong>{" "}
            <span className="hint">are marked as doubtful. They are exported as they are.</span>
          </p>
          <Link className="button" to={`/videos/${video.id}/captions`}>
            Check them
          </Link>
        </div>
      )}
      <div className="export-columns">
        <Playback video={video} cues={cues.data} />
        <FilePreview video={video} format={format} onFormat={setFormat} formats={FORMATS} />
      </div>
    </>
  );
}

/** What a person or the server changes meanwhile shows here too. */
function useFreshExports(id: string): void {
  const client = useQueryClient();
  useEffect(
    () =>
      events.on("captions", (told) => {
        if (told.video_id === id) void client.invalidateQueries({ queryKey: ["export", id] });
      }),
    [client, id],
  );
}

function useCues(video: Video) {
  return useQuery({
    queryKey: ["export", video.id, "json"],
    queryFn: async ({ signal }): Promise<Cue[]> => {
      const params = { path: { video_id: video.id }, query: { format: "json" as const } };
      const text = await call(
        api.GET("/v1/videos/{video_id}/export", { params, signal, parseAs: "text" }),
      );
      return (JSON.parse(text) as { captions: Cue[] }).captions;
    },
    enabled: video.active_version !== null,
    refetchOnMount: "always",
  });
}

function NotYet({ video }: { video: Video }) {
  return (
    <div className="notice">
      <p>
        <strong>There is nothing to export yet.</strong> The captions are found once the layout is
        approved.
      </p>
      <Link className="button" to={`/videos/${video.id}/layout`}>
        Go to the layout
      </Link>
    </div>
  );
}

function Empty({ video }: { video: Video }) {
  const isReading = (video.work ?? null) !== null;
  return (
    <div className="notice">
      <p>
        <strong>{isReading ? "The captions are being read." : "No caption has a text."}</strong>{" "}
        {isReading
          ? "They appear here as they are ready."
          : "Subtitles would be empty: no caption was found in the approved place, or all were removed."}
      </p>
      <Link className="button" to={`/videos/${video.id}/${isReading ? "captions" : "layout"}`}>
        {isReading ? "Watch them come" : "Look at the layout"}
      </Link>
    </div>
  );
}
