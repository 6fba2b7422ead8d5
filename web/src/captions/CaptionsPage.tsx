// The captions of a video: the editor, or why there is nothing to edit yet.

import "../editing/editing.css";
import "./captions.css";
import { useState } from "react";
import { Link } from "react-router";
import type { Video } from "../api/client.ts";
import { WorkProgress } from "../editing/WorkProgress.tsx";
import { Loading, Problem } from "../ui/parts.tsx";
import { Editor } from "./Editor.tsx";
import { useSession } from "./useOpening.ts";

export default function CaptionsPage({ video }: { video: Video }) {
  const [attempt, setAttempt] = useState(0);
  if (video.active_version === null) return <NotYet video={video} />;
  return (
    <Opening
      // Another version has other frames: everything is opened anew.
      key={`${video.id} ${video.active_version} ${attempt}`}
      video={video}
      version={video.active_version}
      onRetry={() => setAttempt(attempt + 1)}
    />
  );
}

interface OpeningProps {
  video: Video;
  version: number;
  onRetry: () => void;
}

function Opening({ video, version, onRetry }: OpeningProps) {
  const { session, error } = useSession(video.id, version);
  if (error) return <Problem error={error} onRetry={onRetry} />;
  if (!session) return <Loading what="Opening the captions" />;
  return <Editor session={session} video={video} />;
}

function NotYet({ video }: { video: Video }) {
  if (video.work) return <WorkProgress video={video} />;
  if (video.layout_status === "annotate") {
    return (
      <div className="notice">
        <p>
          <strong>First say where the captions are.</strong> Then the machine finds and reads them.
        </p>
        <Link className="button primary" to={`/videos/${video.id}/layout`}>
          Review the layout
        </Link>
      </div>
    );
  }
  return <WorkProgress video={video} />;
}
