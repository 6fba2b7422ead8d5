// Where the captions are: frames, their lines of text, and the band to cut.

import { CircleHelp, Redo2, Undo2 } from "lucide-react";
import { useMemo, useState, useSyncExternalStore } from "react";
import { flushSync } from "react-dom";
import type { Video } from "../api/client.ts";
import { ApiProblem } from "../api/problem.ts";
import { LeaseBar } from "../editing/LeaseBar.tsx";
import type { ObjectUrls } from "../editing/objects.ts";
import { SaveState } from "../editing/SaveState.tsx";
import type { SyncState } from "../sync/index.ts";
import { IconButton, Loading, Problem } from "../ui/parts.tsx";
import { useShortcutHelp, useShortcuts } from "../ui/shortcuts.tsx";
import { useToast } from "../ui/toast.tsx";
import { ApproveBar } from "./ApproveBar.tsx";
import { BandPreview } from "./BandPreview.tsx";
import { BoxList } from "./BoxList.tsx";
import type { Box, Label } from "./boxes.ts";
import { byFrame, labelOf, telling } from "./boxes.ts";
import { around } from "./crop.ts";
import { FrameStage } from "./FrameStage.tsx";
import { FrameStrip } from "./FrameStrip.tsx";
import type { LayoutSession, LayoutSnapshot } from "./session.ts";
import { useApproval } from "./useApproval.ts";

interface Props {
  session: LayoutSession;
  urls: ObjectUrls;
  video: Video;
}

const NONE: readonly Box[] = [];
const USUAL_BAND = { left: 0.05, top: 0.75, right: 0.95, bottom: 0.97 };
const BAND_MARGIN = 0.015;
const PREVIEWS = 6;

export function LayoutReview(props: Props) {
  const snapshot = useSyncExternalStore(props.session.subscribe, props.session.snapshot);
  if (!snapshot.isLoaded) return <Waiting sync={snapshot.sync} />;
  return <Review {...props} snapshot={snapshot} />;
}

function Waiting({ sync }: { sync: SyncState }) {
  if (sync.problem) {
    const { code, message, hint } = sync.problem;
    const problem = new ApiProblem(0, code, message, hint);
    return <Problem error={problem} onRetry={() => location.reload()} />;
  }
  return <Loading what="Opening the layout" />;
}

function Review({ session, urls, video, snapshot }: Props & { snapshot: LayoutSnapshot }) {
  const { boxes, crop, sync } = snapshot;
  const frames = useMemo(() => byFrame(boxes), [boxes]);
  const told = useMemo(() => telling(frames, PREVIEWS), [frames]);
  // It stays, whatever is said of its lines.
  const [frame, setFrame] = useState(() => told[Math.floor(told.length / 2)] ?? 0);
  const [selected, select] = useState<ReadonlySet<number>>(new Set());
  const count = video.frame_count ?? 0;
  const shown = frames.get(frame) ?? NONE;
  const canWrite = sync.lease.mayWrite;
  const approval = useApproval(video, crop);
  const { toast } = useToast();

  // Rendered before the next key comes, however quickly: it goes by what is selected then.
  const setSelected = (ids: ReadonlySet<number>) => flushSync(() => select(ids));
  const goTo = (to: number) =>
    flushSync(() => {
      setFrame(Math.min(Math.max(to, 0), Math.max(count - 1, 0)));
      select(new Set());
    });
  const mark = (label: Label | null) => {
    const chosen = shown.filter((box) => selected.has(box.id));
    if (chosen.length === 0) toast({ title: "First select lines of text, with ↑ and ↓." });
    else session.label(chosen, label);
  };
  const fit = () => {
    const band = around(
      boxes.filter((box) => labelOf(box) === "in"),
      BAND_MARGIN,
    );
    session.move(band ?? USUAL_BAND);
  };
  const choose = (by: 1 | -1) => {
    const here = shown.findIndex((box) => selected.has(box.id));
    const next = shown[(here + by + shown.length) % shown.length] ?? shown[0];
    if (next) setSelected(new Set([next.id]));
  };
  const openHelp = useShortcutHelp();
  useShortcuts("Layout", [
    { keys: "Enter", label: "Approve, and on to the captions", run: () => approval.approve() },
    { keys: "ArrowRight", label: "Next frame", run: () => goTo(frame + 1) },
    { keys: "ArrowLeft", label: "Frame before", run: () => goTo(frame - 1) },
    { keys: "Shift+ArrowRight", label: "Ten frames on", run: () => goTo(frame + 10) },
    { keys: "Shift+ArrowLeft", label: "Ten frames back", run: () => goTo(frame - 10) },
    { keys: "ArrowDown", label: "Next line of text", run: () => choose(1) },
    { keys: "ArrowUp", label: "Line of text before", run: () => choose(-1) },
    { keys: "i", label: "It is a caption", run: () => mark("in") },
    { keys: "o", label: "It is other text", run: () => mark("out") },
    { keys: "c", label: "Leave it undecided", run: () => mark("clear") },
    { keys: "u", label: "As the machine thinks", run: () => mark(null) },
    {
      keys: "a",
      label: "Select all lines",
      run: () => setSelected(new Set(shown.map((box) => box.id))),
    },
    { keys: "f", label: "Fit the band to the captions", run: fit },
    { keys: "Mod+z", label: "Undo", run: () => session.undo() },
    { keys: ["Mod+Shift+z", "Mod+y"], label: "Redo", run: () => session.redo() },
  ]);

  return (
    <div className="layout">
      <LeaseBar state={sync} name="layout" onTake={() => session.takeLease()} />
      <div className="toolbar" role="toolbar" aria-label="Layout">
        <IconButton
          label="Undo"
          onClick={() => session.undo()}
          disabled={!canWrite || !snapshot.canUndo}
        >
          <Undo2 size={18} aria-hidden />
        </IconButton>
        <IconButton
          label="Redo"
          onClick={() => session.redo()}
          disabled={!canWrite || !snapshot.canRedo}
        >
          <Redo2 size={18} aria-hidden />
        </IconButton>
        <button type="button" className="button quiet" onClick={fit} disabled={!canWrite}>
          {crop ? "Fit the band to the captions" : "Set a band"} <kbd>F</kbd>
        </button>
        <IconButton label="All shortcuts" onClick={openHelp}>
          <CircleHelp size={18} aria-hidden />
        </IconButton>
        <span className="toolbar-rest" />
        <SaveState state={sync} isDraft={false} />
      </div>
      <div className="layout-columns">
        <div className="layout-frame">
          <FrameStage
            urls={urls}
            frame={frame}
            ratio={snapshot.width / snapshot.height}
            boxes={shown}
            selected={selected}
            onSelect={setSelected}
            crop={crop}
            onDraw={(region) => session.draw(region)}
            onMove={(region) => session.move(region)}
            canWrite={canWrite}
          />
          <FrameStrip urls={urls} count={count} frame={frame} frames={frames} onFrame={goTo} />
        </div>
        <aside className="layout-side" aria-label="Lines of text and band">
          <BoxList
            boxes={shown}
            selected={selected}
            onSelect={setSelected}
            mark={mark}
            canWrite={canWrite}
          />
          <BandPreview
            urls={urls}
            frames={told}
            crop={crop}
            ratio={snapshot.width / snapshot.height}
            onFrame={goTo}
          />
        </aside>
      </div>
      <ApproveBar approval={approval} video={video} boxes={boxes} crop={crop} onFrame={goTo} />
    </div>
  );
}
