// All videos: where each stands, and what to do next.

import { Search, Trash2 } from "lucide-react";
import { useDeferredValue, useEffect, useRef, useSyncExternalStore } from "react";
import { Link, useSearchParams } from "react-router";
import type { Video } from "../api/client.ts";
import { Main } from "../shell/Shell.tsx";
import { usePageTitle } from "../shell/title.ts";
import { Loading, Problem } from "../ui/parts.tsx";
import { useShortcuts } from "../ui/shortcuts.tsx";
import { DropZone, UploadButton } from "../uploads/UploadButton.tsx";
import { UploadList } from "../uploads/UploadList.tsx";
import { useUploads } from "../uploads/uploads.ts";
import { onPendingDeletions, pendingDeletions } from "./deleting.ts";
import { useFolders, useVideos } from "./queries.ts";
import { VideoRow } from "./VideoRow.tsx";
import "./videos.css";

export function VideosPage() {
  usePageTitle("Videos");
  const [params, setParams] = useSearchParams();
  const folder = params.get("folder");
  const search = params.get("search") ?? "";
  const set = (name: string, value: string | null) =>
    setParams(
      (before) => {
        if (value === null || (name === "search" && value === "")) before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: name === "search" },
    );
  return (
    <Main className="narrow">
      <div className="videos-head">
        <h1>Videos</h1>
        <Link className="button quiet" to="/deleted">
          <Trash2 aria-hidden size={16} /> Recently deleted
        </Link>
        <SearchField value={search} onChange={(value) => set("search", value)} />
        <UploadButton folder={folder ?? ""}>Upload</UploadButton>
      </div>
      <Folders chosen={folder} onChoose={(name) => set("folder", name)} />
      <UploadList />
      <Videos folder={folder} search={useDeferredValue(search.trim())} />
      <DropZone folder={folder ?? ""} />
    </Main>
  );
}

function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const input = useRef<HTMLInputElement>(null);
  useShortcuts("Videos", [{ keys: "/", label: "Search", run: () => input.current?.focus() }]);
  // The address, where the value is kept, lags behind quick typing and must not undo it.
  useEffect(() => {
    const field = input.current;
    if (field && document.activeElement !== field) field.value = value;
  }, [value]);
  return (
    <div className="search">
      <Search aria-hidden size={16} />
      <input
        ref={input}
        className="input"
        type="search"
        placeholder="Search titles"
        aria-label="Search titles"
        defaultValue={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

interface FoldersProps {
  chosen: string | null;
  onChoose: (name: string | null) => void;
}

function Folders({ chosen, onChoose }: FoldersProps) {
  const { data: folders } = useFolders();
  const named = folders?.filter(({ name }) => name !== "") ?? [];
  if (named.length === 0 && chosen === null) return null;
  const all = folders?.reduce((sum, one) => sum + one.video_count, 0) ?? 0;
  const choices: { name: string | null; label: string; count: number }[] = [
    { name: null, label: "All", count: all },
    ...(folders ?? []).map(({ name, video_count: count }) => ({
      name,
      label: name === "" ? "No folder" : name,
      count,
    })),
  ];
  return (
    <nav className="folders" aria-label="Folders">
      {choices.map(({ name, label, count }) => (
        <button
          key={label}
          type="button"
          className="folder"
          aria-pressed={name === chosen}
          onClick={() => onChoose(name)}
        >
          {label} <span className="numbers">{count}</span>
        </button>
      ))}
    </nav>
  );
}

function Videos({ folder, search }: { folder: string | null; search: string }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useVideos({
    folder,
    search,
  });
  const gone = useSyncExternalStore(onPendingDeletions, pendingDeletions);
  if (data === undefined) {
    if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
    return <Loading what="Loading the videos" />;
  }
  const videos = data.pages.flatMap((page) => page.videos).filter((one) => !gone.has(one.id));
  if (videos.length === 0) return <Nothing isFiltered={folder !== null || search !== ""} />;
  return (
    <>
      <ul className="videos">
        {videos.map((video: Video) => (
          <VideoRow key={video.id} video={video} />
        ))}
      </ul>
      {hasNextPage ? (
        <button
          type="button"
          className="button more"
          disabled={isFetchingNextPage}
          onClick={() => void fetchNextPage()}
        >
          {isFetchingNextPage ? "Loading…" : "Show older videos"}
        </button>
      ) : null}
    </>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }) {
  const isUploading = useUploads().length > 0;
  if (isFiltered) return <p className="nothing muted">No video is like that.</p>;
  if (isUploading) return null;
  return (
    <section className="welcome">
      <h2>From burned-in captions to subtitles</h2>
      <p className="muted">
        Upload a video whose captions are part of the picture. You get subtitles with exact times,
        which you can check and correct here.
      </p>
      <ol className="welcome-steps">
        {STEPS.map(([title, text]) => (
          <li key={title}>
            <strong>{title}</strong>
            <span className="muted">{text}</span>
          </li>
        ))}
      </ol>
      <UploadButton folder="" className="button primary large">
        Choose videos
      </UploadButton>
      <p className="muted small">or drop them anywhere on this page. MP4, MOV, MKV, WebM, AVI, …</p>
    </section>
  );
}

const STEPS = [
  ["Upload", "It goes on by itself after a lost network or a closed laptop."],
  ["Approve the layout", "You are shown where the captions were found. One key says yes."],
  ["Check the captions", "Doubtful ones are marked, with the picture beside the text."],
  ["Export", "SRT, WebVTT, ASS, text or JSON."],
] as const;
