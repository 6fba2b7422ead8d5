// One video of the list: what it is, where it stands, and what to do next.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Folder, MoreVertical, Pencil, RotateCcw, Trash2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { api, call, type Video } from "../api/client.ts";
import { Badge, ProgressBar, type Tone } from "../ui/parts.tsx";
import { useToast } from "../ui/toast.tsx";
import { inBytes } from "../uploads/bytes.ts";
import { ChangeDialog } from "./ChangeDialog.tsx";
import { deleteSoon, UNDO_MS, undoDeletion } from "./deleting.ts";
import { clock, Eta, inWords, type Stage, stageOf } from "./stage.ts";
import { Thumbnail } from "./Thumbnail.tsx";

export function VideoRow({ video }: { video: Video }) {
  const stage = stageOf(video);
  const next = nextStep(video, stage);
  return (
    <li className="video-row" data-video={video.id}>
      <Link to={next.to} tabIndex={-1} aria-hidden className="video-picture">
        <Thumbnail video={video} />
        {video.duration_s === null ? null : (
          <span className="video-length numbers">{clock(video.duration_s)}</span>
        )}
      </Link>
      <div className="video-text">
        <h2 className="video-title">
          <Link to={next.to}>{video.title}</Link>
        </h2>
        <Facts video={video} />
        <Standing video={video} stage={stage} />
      </div>
      <div className="video-actions">
        {next.label === null ? null : (
          <Link className={`button ${next.isMain ? "primary" : ""}`} to={next.to}>
            {next.label}
          </Link>
        )}
        <VideoMenu video={video} canRetry={stage.kind === "failed"} />
      </div>
    </li>
  );
}

function nextStep(video: Video, stage: Stage) {
  const path = `/videos/${video.id}`;
  switch (stage.kind) {
    case "layout":
      return { to: `${path}/layout`, label: "Review layout", isMain: true };
    case "captions":
      return { to: `${path}/captions`, label: "Check captions", isMain: true };
    case "none":
      return { to: `${path}/layout`, label: "Show where", isMain: false };
    case "done":
      return { to: `${path}/export`, label: "Export", isMain: false };
    default:
      return {
        to: video.active_version === null ? `${path}/layout` : `${path}/captions`,
        label: null,
        isMain: false,
      };
  }
}

function Facts({ video }: { video: Video }) {
  const count = video.caption_count;
  const facts = [
    video.folder === "" ? null : video.folder,
    video.height === null ? null : `${video.width}×${video.height}`,
    inBytes(video.size_bytes),
    count === null ? null : `${count} ${count === 1 ? "caption" : "captions"}`,
    ADDED.format(new Date(video.created_at)),
  ];
  return <p className="muted small numbers">{facts.filter((one) => one !== null).join(" · ")}</p>;
}

const ADDED = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

const TONES: Record<Stage["kind"], Tone> = {
  working: "neutral",
  layout: "accent",
  captions: "accent",
  done: "ok",
  none: "warning",
  failed: "danger",
};

function Standing({ video, stage }: { video: Video; stage: Stage }) {
  if (stage.kind === "working") return <Working video={video} stage={stage} />;
  if (stage.kind === "failed") return <Failure video={video} />;
  return (
    <p className="video-standing">
      <Badge tone={TONES[stage.kind]}>{stage.name}</Badge>
      {stage.kind === "none" ? <span className="small muted">{stage.hint}</span> : null}
    </p>
  );
}

function Working({ video, stage }: { video: Video; stage: Stage & { kind: "working" } }) {
  const left = useTimeLeft(video.work?.run_id ?? "", stage.done);
  const percent = stage.done === null ? null : `${Math.round(stage.done * 100)} %`;
  const parts = [percent, left === null ? null : `about ${inWords(left)} left`];
  return (
    <div className="video-working">
      <p className="small numbers">
        <strong>{stage.name}</strong> <span className="muted">{stage.doing}</span>
        <span className="video-percent">{parts.filter((one) => one !== null).join(" · ")}</span>
      </p>
      <ProgressBar value={stage.done} label={`${video.title}: ${stage.name}`} />
    </div>
  );
}

/** Seconds left, estimated anew with each step of the progress. */
function useTimeLeft(key: string, done: number | null): number | null {
  const eta = useRef(new Eta());
  const [left, setLeft] = useState<number | null>(null);
  useEffect(() => setLeft(eta.current.estimate(key, done, performance.now())), [key, done]);
  return left;
}

function Failure({ video }: { video: Video }) {
  const retry = useRetry(video);
  return (
    <div className="notice danger" role="alert">
      <p>
        <strong>{video.error?.message ?? "Something failed."}</strong>{" "}
        <span className="hint">{video.error?.hint}</span>
      </p>
      <button
        type="button"
        className="button"
        disabled={retry.isPending}
        onClick={() => retry.mutate()}
      >
        <RotateCcw aria-hidden size={16} />
        Try again
      </button>
    </div>
  );
}

function useRetry(video: Video) {
  const client = useQueryClient();
  const { tellProblem } = useToast();
  return useMutation({
    mutationFn: () => {
      const params = { path: { video_id: video.id } };
      return call(api.POST("/v1/videos/{video_id}/actions/retry", { params }));
    },
    onError: tellProblem,
    onSuccess: () => client.invalidateQueries({ queryKey: ["videos"] }),
  });
}

function VideoMenu({ video, canRetry }: { video: Video; canRetry: boolean }) {
  const { toast, tellProblem } = useToast();
  const retry = useRetry(video);
  const [changing, setChanging] = useState<"title" | "folder" | null>(null);

  const remove = () => {
    deleteSoon(video.id, tellProblem);
    toast({
      title: `${video.title} is deleted`,
      duration: UNDO_MS,
      action: { label: "Undo", run: () => void undoDeletion(video.id).catch(tellProblem) },
    });
  };

  return (
    <>
      <DropdownMenu.Root>
        <DropdownMenu.Trigger className="button quiet icon" aria-label={`More for ${video.title}`}>
          <MoreVertical aria-hidden size={18} />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
            {PAGES.map(([step, label]) => (
              <DropdownMenu.Item key={step} asChild>
                <Link className="menu-item" to={`/videos/${video.id}/${step}`}>
                  {label}
                </Link>
              </DropdownMenu.Item>
            ))}
            <DropdownMenu.Separator className="menu-line" />
            <DropdownMenu.Item className="menu-item" onSelect={() => setChanging("title")}>
              <Pencil aria-hidden size={16} /> Rename…
            </DropdownMenu.Item>
            <DropdownMenu.Item className="menu-item" onSelect={() => setChanging("folder")}>
              <Folder aria-hidden size={16} /> Move to a folder…
            </DropdownMenu.Item>
            {canRetry ? (
              <DropdownMenu.Item className="menu-item" onSelect={() => retry.mutate()}>
                <RotateCcw aria-hidden size={16} /> Try again
              </DropdownMenu.Item>
            ) : null}
            <DropdownMenu.Item className="menu-item danger" onSelect={remove}>
              <Trash2 aria-hidden size={16} /> Delete
            </DropdownMenu.Item>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      <ChangeDialog video={video} field={changing} onClose={() => setChanging(null)} />
    </>
  );
}

const PAGES = [
  ["layout", "Layout"],
  ["captions", "Captions"],
  ["export", "Export"],
] as const;
