// What the machine is doing for a video, live, and what became of it.

import { useState } from "react";
import { api, call, type Video } from "../api/client.ts";
import { ProgressBar } from "../ui/parts.tsx";
import { useToast } from "../ui/toast.tsx";
import { doing, overall } from "../videos/stage.ts";

const FLOWS: Record<string, string> = {
  "video-initial-processing": "Reading the video's frames",
  "crop-and-infer": "Cutting the caption band and finding the captions",
  "median-ocr": "Reading the captions",
};

export function WorkProgress({ video }: { video: Video }) {
  const { work, error } = video;
  if (work) {
    const isWaiting = work.state === "queued";
    const done = overall(work);
    const what = FLOWS[work.flow] ?? work.flow;
    return (
      <div className="work-progress notice" role="status">
        <p>
          <strong>{what}</strong> <span className="muted">{doing(work)}</span>
          {isWaiting ? null : ` ${Math.round(done * 100)} %`}
        </p>
        <ProgressBar value={isWaiting ? null : done} label={what} />
      </div>
    );
  }
  if (error) return <Failed video={video} />;
  return (
    <div className="notice" role="status">
      <p>The machine begins in a moment.</p>
    </div>
  );
}

function Failed({ video }: { video: Video }) {
  const [isAsked, setAsked] = useState(false);
  const { tellProblem } = useToast();
  const retry = () => {
    setAsked(true);
    const params = { path: { video_id: video.id } };
    call(api.POST("/v1/videos/{video_id}/actions/retry", { params })).catch((error: unknown) => {
      setAsked(false);
      tellProblem(error);
    });
  };
  return (
    <div className="notice danger" role="alert">
      <p>
        <strong>{video.error?.message}</strong> <span className="hint">{video.error?.hint}</span>
      </p>
      <button type="button" className="button" onClick={retry} disabled={isAsked}>
        Try again
      </button>
    </div>
  );
}
