// The original video, at the same moment as everything else, if the browser can play it.

import { Pause, Play } from "lucide-react";
import { type RefObject, useEffect, useImperativeHandle, useRef, useState } from "react";
import { api, call, type Video } from "../api/client.ts";
import { IconButton } from "../ui/parts.tsx";
import type { EditorSession } from "./session.ts";

export interface VideoControl {
  toggle(): void;
}

interface Props {
  session: EditorSession;
  video: Video;
  control: RefObject<VideoControl | null>;
}

// A frame is shown from its own time on; a rounding must not show the one before.
const INTO_FRAME_S = 0.0005;

export function VideoPanel({ session, video, control }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  const [url, setUrl] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isPlaying, setPlaying] = useState(false);

  useEffect(() => {
    let isWanted = true;
    const params = { path: { video_id: video.id } };
    call(api.GET("/v1/videos/{video_id}/video-url", { params }))
      .then((answer) => isWanted && setUrl(answer.url))
      .catch(() => isWanted && setProblem("The original video cannot be loaded now."));
    return () => {
      isWanted = false;
    };
  }, [video.id]);
  useFollowing(session, element, url);
  const toggle = () => {
    const player = element.current;
    if (!player || problem) session.tell(problem ?? "The original video is still loading.");
    else if (player.paused) void player.play().catch(() => setProblem(unplayable(video)));
    else player.pause();
  };
  useImperativeHandle(control, () => ({ toggle }));

  if (problem) {
    return (
      <div className="video-panel notice">
        <p className="small">{problem}</p>
      </div>
    );
  }
  return (
    <div className="video-panel">
      {/* biome-ignore lint/a11y/useMediaCaption: the captions are burned in, and beside it */}
      <video
        ref={element}
        src={url ?? undefined}
        preload="auto"
        playsInline
        aria-label="Original video"
        tabIndex={-1}
        onClick={toggle}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onError={() => url && setProblem(unplayable(video))}
        onLoadedMetadata={(event) => {
          if (event.currentTarget.videoWidth === 0) setProblem(unplayable(video));
        }}
      />
      <IconButton label={isPlaying ? "Stop" : "Play"} onClick={toggle} className="video-play">
        {isPlaying ? <Pause size={18} aria-hidden /> : <Play size={18} aria-hidden />}
      </IconButton>
    </div>
  );
}

function unplayable(video: Video): string {
  const codec = video.codec ? ` (${video.codec})` : "";
  return `This browser cannot play the original's format${codec}. The frames of the caption band above are exact all the same.`;
}

/** The video shows where one is; while it plays, it is the one that leads. */
function useFollowing(
  session: EditorSession,
  element: RefObject<HTMLVideoElement | null>,
  url: string | null,
): void {
  useEffect(() => {
    const player = element.current;
    if (!player || !url) return;
    let frame = 0;
    let isLeading = false;
    const lead = () => {
      isLeading = true;
      session.goTo(player.currentTime, !isWriting());
      isLeading = false;
      if (!player.paused) frame = requestAnimationFrame(lead);
    };
    const follow = (timeS: number) => {
      if (isLeading) return;
      player.currentTime = timeS + INTO_FRAME_S;
    };
    const begin = () => {
      frame = requestAnimationFrame(lead);
    };
    player.addEventListener("play", begin);
    const end = session.playhead.onMove(follow);
    return () => {
      end();
      cancelAnimationFrame(frame);
      player.removeEventListener("play", begin);
    };
  }, [session, element, url]);
}

function isWriting(): boolean {
  return document.activeElement?.matches("[data-caption-text]") ?? false;
}
