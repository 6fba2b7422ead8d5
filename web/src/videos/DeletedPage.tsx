// Videos that were deleted, for as long as they can be had back.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, RotateCcw } from "lucide-react";
import { Link, useNavigate } from "react-router";
import type { Video } from "../api/client.ts";
import { Main } from "../shell/Shell.tsx";
import { usePageTitle } from "../shell/title.ts";
import { Badge, Loading, Problem } from "../ui/parts.tsx";
import { useToast } from "../ui/toast.tsx";
import { restore } from "./deleting.ts";
import { useDeletedVideos } from "./queries.ts";
import { inWords } from "./stage.ts";
import { Thumbnail } from "./Thumbnail.tsx";
import "./videos.css";

export default function DeletedPage() {
  usePageTitle("Recently deleted");
  return (
    <Main className="narrow">
      <div className="videos-head">
        <h1>Recently deleted</h1>
        <Link className="button" to="/">
          <ArrowLeft aria-hidden size={18} /> All videos
        </Link>
      </div>
      <DeletedVideos />
    </Main>
  );
}

function DeletedVideos() {
  const { data: videos, error, refetch } = useDeletedVideos();
  if (videos === undefined) {
    if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
    return <Loading what="Loading the deleted videos" />;
  }
  if (videos.length === 0) return <Nothing />;
  return (
    <>
      <p className="muted">
        Deleted videos stay here for a while. Restoring one brings back its captions and all that
        people did.
      </p>
      <ul className="videos">
        {videos.map((video) => (
          <DeletedRow key={video.id} video={video} />
        ))}
      </ul>
    </>
  );
}

function Nothing() {
  return (
    <section className="welcome">
      <h2>Nothing is deleted</h2>
      <p className="muted">
        A video that you delete waits here for a while, so that you can have it back.
      </p>
    </section>
  );
}

function DeletedRow({ video }: { video: Video }) {
  const restoring = useRestore(video);
  return (
    <li className="video-row">
      <div className="video-picture">
        <Thumbnail video={video} />
      </div>
      <div className="video-text">
        <h2 className="video-title">{video.title}</h2>
        <Times deletedAt={video.deleted_at ?? null} purgeAt={video.purge_at ?? null} />
      </div>
      <div className="video-actions">
        <button
          type="button"
          className="button"
          aria-label={`Restore ${video.title}`}
          disabled={restoring.isPending}
          onClick={() => restoring.mutate()}
        >
          <RotateCcw aria-hidden size={16} /> Restore
        </button>
      </div>
    </li>
  );
}

function useRestore(video: Video) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { toast, tellProblem } = useToast();
  return useMutation({
    mutationFn: () => restore(video.id),
    onError: tellProblem,
    onSuccess: () => {
      const action = { label: "Show the videos", run: () => void navigate("/") };
      toast({ title: `${video.title} is back`, tone: "ok", action });
      document.getElementById("main")?.focus(); // the button goes away with its row
    },
    onSettled: () =>
      Promise.all(
        ["deleted-videos", "videos", "folders"].map((key) =>
          client.invalidateQueries({ queryKey: [key] }),
        ),
      ),
  });
}

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const SOON_S = 86_400;

function Times({ deletedAt, purgeAt }: { deletedAt: string | null; purgeAt: string | null }) {
  if (deletedAt === null || purgeAt === null) return null;
  const leftS = (Date.parse(purgeAt) - Date.now()) / 1000;
  return (
    <>
      <p className="muted small numbers">
        Deleted {MOMENT.format(new Date(deletedAt))} · Removed for good{" "}
        {MOMENT.format(new Date(purgeAt))}
      </p>
      <p className="video-standing">
        <Badge tone={leftS < SOON_S ? "warning" : "neutral"}>
          {leftS > 0 ? `${inWords(leftS)} left` : "About to be removed"}
        </Badge>
      </p>
    </>
  );
}
