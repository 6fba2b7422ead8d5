// The original video with the new subtitles: in the picture as the browser's own text track, away
// from the burned-in ones, and as a list beside it.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, call, type Video } from "../api/client.ts";
import { useShortcuts } from "../ui/shortcuts.tsx";
import { timecode } from "./timecode.ts";

interface Cue {
  start_s: number;
  end_s: number;
  text: string;
  flags: string[];
}

const FAR = { top: 4, bottom: 84 }; // percent of the height

export function Playback({ video, cues }: { video: Video; cues: Cue[] }) {
  const element = useRef<HTMLVideoElement>(null);
  const [isShown, setShown] = useState(true);
  const [now, setNow] = useState(-1);
  const [isBroken, setBroken] = useState(false);
  const url = useVideoUrl(video.id);
  useTrack(element, video, cues, isShown, url !== undefined);

  const seek = (seconds: number) => {
    if (element.current !== null) element.current.currentTime = seconds;
  };
  const move = (by: number) => seek((element.current?.currentTime ?? 0) + by);
  useShortcuts("Export", [
    { keys: " ", label: "Play or pause", run: () => toggle(element.current) },
    { keys: "ArrowLeft", label: "Back 2 seconds", run: () => move(-2) },
    { keys: "ArrowRight", label: "On 2 seconds", run: () => move(2) },
    { keys: "s", label: "Show or hide the subtitles", run: () => setShown((before) => !before) },
  ]);

  return (
    <section className="playback" aria-label="Playback">
      {isBroken ? (
        <div className="notice warning" role="status">
          <p>
            <strong>This browser cannot play the video</strong>{" "}
            <span className="hint">
              ({video.codec ?? "unknown format"}). The subtitles fit it all the same: try them in a
              player, or check the captions against their frames.
            </span>
          </p>
        </div>
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: its track is added when the captions are there
        <video
          ref={element}
          className="playback-video"
          src={url}
          controls
          crossOrigin="anonymous"
          preload="metadata"
          style={{ aspectRatio: `${video.width ?? 16} / ${video.height ?? 9}` }}
          onTimeUpdate={(event) => setNow(indexAt(cues, event.currentTarget.currentTime))}
          onError={() => setBroken(url !== undefined)}
        />
      )}
      <label className="check">
        <input
          type="checkbox"
          checked={isShown}
          onChange={(event) => setShown(event.target.checked)}
        />
        Show the subtitles in the picture, away from the burned-in ones
      </label>
      <CueList cues={cues} now={now} onSeek={seek} />
    </section>
  );
}

function useVideoUrl(id: string): string | undefined {
  const { data } = useQuery({
    queryKey: ["video-url", id],
    queryFn: ({ signal }) =>
      call(
        api.GET("/v1/videos/{video_id}/video-url", { params: { path: { video_id: id } }, signal }),
      ),
    staleTime: Infinity, // a new address would begin the video anew
  });
  return data?.url;
}

function useTrack(
  element: React.RefObject<HTMLVideoElement | null>,
  video: Video,
  cues: Cue[],
  isShown: boolean,
  isThere: boolean,
): void {
  const track = useRef<TextTrack | null>(null);
  useEffect(() => {
    const player = element.current;
    if (player === null || !isThere) return;
    track.current ??= player.addTextTrack("subtitles", "New subtitles", "und");
    const { current } = track;
    current.mode = "hidden"; // a disabled track has no cues to remove
    for (const old of [...(current.cues ?? [])]) current.removeCue(old);
    const line = (video.crop_region?.[1] ?? 1) > 0.5 ? FAR.top : FAR.bottom;
    for (const { start_s, end_s, text } of cues) {
      const cue = new VTTCue(start_s, end_s, text);
      cue.snapToLines = false;
      cue.line = line;
      current.addCue(cue);
    }
  }, [element, cues, video.crop_region, isThere]);
  useEffect(() => {
    if (track.current !== null && isThere) track.current.mode = isShown ? "showing" : "hidden";
  });
}

function CueList({ cues, now, onSeek }: { cues: Cue[]; now: number; onSeek: (s: number) => void }) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    list.current?.children[now]?.scrollIntoView({ block: "nearest" });
  }, [now]);
  return (
    <ol className="cues" ref={list} aria-label="Subtitles">
      {cues.map((cue, index) => (
        <li key={`${cue.start_s} ${cue.text}`} aria-current={index === now}>
          <button type="button" className="cue" onClick={() => onSeek(cue.start_s)}>
            <span className="numbers muted small">{timecode(cue.start_s)}</span>
            <span>{cue.text}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}

/** The cue at this time, else -1. */
export function indexAt(cues: Cue[], seconds: number): number {
  return cues.findIndex((cue) => cue.start_s <= seconds && seconds < cue.end_s);
}

function toggle(player: HTMLVideoElement | null): void {
  if (player === null) return;
  if (player.paused) void player.play();
  else player.pause();
}
