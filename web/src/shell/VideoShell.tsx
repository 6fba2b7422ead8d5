// What is around the three pages of a video: its name and the way through them.

import { type ReactNode, Suspense } from "react";
import { Link, NavLink, useParams } from "react-router";
import type { Video } from "../api/client.ts";
import { ApiProblem } from "../api/problem.ts";
import { Loading, Problem } from "../ui/parts.tsx";
import { useVideo } from "../videos/queries.ts";
import { Main } from "./Shell.tsx";
import { usePageTitle } from "./title.ts";

const STEPS = [
  ["layout", "Layout"],
  ["captions", "Captions"],
  ["export", "Export"],
] as const;

interface Props {
  step: (typeof STEPS)[number][0];
  children: (video: Video) => ReactNode;
}

export function VideoShell({ step, children }: Props) {
  const { videoId = "" } = useParams();
  const { data: video, error, refetch } = useVideo(videoId);
  const label = STEPS.find(([name]) => name === step)?.[1] ?? "";
  usePageTitle(video === undefined ? label : `${label} · ${video.title}`);
  return (
    <>
      <nav className="steps" aria-label="Steps of this video">
        <Link to="/" className="steps-back">
          Videos
        </Link>
        <h1 className="steps-title" title={video?.title}>
          {video?.title ?? "…"}
        </h1>
        <ol>
          {STEPS.map(([name, title]) => (
            <li key={name}>
              <NavLink to={`/videos/${videoId}/${name}`}>{title}</NavLink>
            </li>
          ))}
        </ol>
      </nav>
      <Main className={step}>
        {video === undefined ? (
          <Missing error={error} onRetry={() => void refetch()} />
        ) : (
          <Suspense fallback={<Loading what={`Opening ${video.title}`} />}>
            {children(video)}
          </Suspense>
        )}
      </Main>
    </>
  );
}

function Missing({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  if (error === null) return <Loading what="Opening the video" />;
  const isGone = error instanceof ApiProblem && (error.status === 404 || error.status === 422);
  if (!isGone) return <Problem error={error} onRetry={onRetry} />;
  return (
    <div className="notice">
      <p>
        <strong>There is no such video.</strong> It may have been deleted.
      </p>
      <Link className="button" to="/">
        All videos
      </Link>
    </div>
  );
}
