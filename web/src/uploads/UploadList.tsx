// The uploads that are not done yet, and what a person has to decide about them.

import { FileVideo, X } from "lucide-react";
import { useRef } from "react";
import { Link } from "react-router";
import { Badge, IconButton, ProgressBar } from "../ui/parts.tsx";
import { useToast } from "../ui/toast.tsx";
import { Eta, inWords } from "../videos/stage.ts";
import { inBytes } from "./bytes.ts";
import type { Item } from "./manager.ts";
import { loadUploads, useUploads } from "./uploads.ts";

export function UploadList() {
  const items = useUploads();
  if (items.length === 0) return null;
  return (
    <section className="uploads" aria-label="Uploads">
      <ul>
        {items.map((item) => (
          <UploadRow key={item.id} item={item} />
        ))}
      </ul>
    </section>
  );
}

function UploadRow({ item }: { item: Item }) {
  const { tellProblem } = useToast();
  const isOver = item.state.kind === "done" || item.state.kind === "refused";
  const end = async () => {
    const manager = await loadUploads();
    if (isOver) manager.dismiss(item.id);
    else await manager.cancel(item.id).catch(tellProblem);
  };
  return (
    <li className="upload-row" data-upload={item.state.kind}>
      <FileVideo aria-hidden size={22} className="muted" />
      <div className="upload-text">
        <p className="upload-name">
          <strong>{item.filename}</strong>{" "}
          <span className="muted small numbers">{inBytes(item.sizeBytes)}</span>
        </p>
        <Standing item={item} />
      </div>
      <IconButton
        label={
          isOver ? `Take ${item.filename} off the list` : `Cancel the upload of ${item.filename}`
        }
        onClick={() => void end()}
      >
        <X aria-hidden size={18} />
      </IconButton>
    </li>
  );
}

function Standing({ item }: { item: Item }) {
  const { state } = item;
  switch (state.kind) {
    case "checking":
      return <p className="small muted">Looking at the file</p>;
    case "queued":
      return <p className="small muted">Waiting for its turn</p>;
    case "sending":
      return <Sending item={item} waiting={state.waiting} />;
    case "finishing":
      return (
        <>
          <p className="small muted">Sent; the server is checking it</p>
          <ProgressBar value={null} label={`${item.filename}: being checked`} />
        </>
      );
    case "done":
      return <Done videoId={state.videoId} />;
    case "refused":
      return (
        <p className="small" role="alert">
          <Badge tone="danger">Not uploaded</Badge> {state.why} {state.hint}
        </p>
      );
    case "duplicate":
      return <Duplicate item={item} title={state.video.title} videoId={state.video.id} />;
    case "needs-file":
      return <NeedsFile item={item} />;
    case "elsewhere":
      return <p className="small muted">Being sent in another tab</p>;
  }
}

function Sending({ item, waiting }: { item: Item; waiting: string | null }) {
  const eta = useRef(new Eta());
  // The server has the last word: what is sent is not yet stored.
  const done = Math.min(item.sentBytes / item.sizeBytes, 0.99);
  const left = eta.current.estimate(item.id, done, performance.now());
  const parts = [
    `${Math.floor(done * 100)} %`,
    `${inBytes(item.sentBytes)} of ${inBytes(item.sizeBytes)}`,
    left === null || waiting !== null ? null : `about ${inWords(left)} left`,
  ];
  return (
    <>
      <p className="small numbers muted">
        {waiting === null ? null : <Badge tone="warning">{waiting}</Badge>}{" "}
        {parts.filter((one) => one !== null).join(" · ")}
      </p>
      <ProgressBar value={done} label={`${item.filename}: upload`} />
    </>
  );
}

function Done({ videoId }: { videoId: string }) {
  return (
    <p className="small">
      <Badge tone="ok">Uploaded</Badge> <Link to={`/videos/${videoId}/layout`}>Open</Link>
    </p>
  );
}

function Duplicate({ item, title, videoId }: { item: Item; title: string; videoId: string }) {
  return (
    <p className="small upload-question">
      <span>
        You have this video already: <Link to={`/videos/${videoId}/captions`}>{title}</Link>.
      </span>
      <button
        type="button"
        className="button"
        onClick={async () => (await loadUploads()).uploadAnyway(item.id)}
      >
        Upload it again
      </button>
    </p>
  );
}

function NeedsFile({ item }: { item: Item }) {
  const { tellProblem } = useToast();
  const input = useRef<HTMLInputElement>(null);
  const goOn = async () => {
    const manager = await loadUploads();
    await manager.giveFile(item.id, null);
    const isStill = manager.items.some(
      (one) => one.id === item.id && one.state.kind === "needs-file",
    );
    if (isStill) input.current?.click(); // no handle, or the file was moved
  };
  const choose = async (file: File | undefined) => {
    if (file === undefined) return;
    const manager = await loadUploads();
    await manager.giveFile(item.id, { file, handle: null }).catch(tellProblem);
  };
  return (
    <p className="small upload-question">
      <span>This upload was interrupted. What has arrived is kept.</span>
      <button type="button" className="button" onClick={() => void goOn()}>
        Go on
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept="video/*"
        aria-label={`Choose ${item.filename} again`}
        onChange={(event) => void choose(event.target.files?.[0])}
      />
    </p>
  );
}
