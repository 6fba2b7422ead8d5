// The caption editor: list, picture and text, time line; all of it works from the keyboard.

import { useCallback, useEffect, useRef, useState } from "react";
import type { Video } from "../api/client.ts";
import { LeaseBar } from "../editing/LeaseBar.tsx";
import { BoundaryPictures } from "./BoundaryPictures.tsx";
import { CaptionList } from "./CaptionList.tsx";
import { runCommand } from "./commands.ts";
import { FindPanel } from "./FindPanel.tsx";
import { FrameView } from "./FrameView.tsx";
import type { Command } from "./keyboard.ts";
import { useEditorKeys } from "./keys.ts";
import type { EditorSession } from "./session.ts";
import { TextPanel } from "./TextPanel.tsx";
import { Timeline } from "./Timeline.tsx";
import { Toolbar } from "./Toolbar.tsx";
import { useCaptions, useEditor } from "./useSession.ts";
import { type VideoControl, VideoPanel } from "./VideoPanel.tsx";

interface Props {
  session: EditorSession;
  video: Video;
}

export function Editor({ session, video }: Props) {
  const [isFinding, setFinding] = useState(false);
  const player = useRef<VideoControl>(null);
  const text = useRef<HTMLTextAreaElement>(null);
  const root = useRef<HTMLDivElement>(null);

  const run = useCallback(
    (command: Command) => {
      if (command === "find") setFinding(true);
      else if (command === "write") text.current?.focus();
      else if (command === "leave") root.current?.focus();
      else if (command === "play") player.current?.toggle();
      else runCommand(session, command, caretOf(text.current));
    },
    [session],
  );
  useEditorKeys(run);
  useLeaving(session);

  return (
    <div className="editor" ref={root} tabIndex={-1}>
      <Lease session={session} />
      <Toolbar session={session} video={video} run={run} />
      <div className="editor-columns">
        <aside className="editor-list" aria-label="Captions">
          {isFinding ? <FindPanel session={session} onClose={() => setFinding(false)} /> : null}
          <CaptionList session={session} />
        </aside>
        <section className="editor-work" aria-label="Caption">
          <FrameView session={session} />
          <Nothing session={session} />
          <TextPanel session={session} field={text} run={run} />
          <div className="editor-below">
            <BoundaryPictures session={session} run={run} />
            <VideoPanel session={session} video={video} control={player} />
          </div>
        </section>
      </div>
      <Timeline session={session} durationS={video.duration_s ?? 0} />
    </div>
  );
}

function Lease({ session }: { session: EditorSession }) {
  const { sync } = useEditor(session);
  return <LeaseBar state={sync} name="captions" onTake={() => session.takeLease()} />;
}

function Nothing({ session }: { session: EditorSession }) {
  const { captions } = useCaptions(session);
  if (captions.length > 0 || !session.sync.isComplete) return null;
  return (
    <div className="notice">
      <p>
        <strong>No captions were found in the band.</strong> Go to a frame that shows one and press{" "}
        <kbd>N</kbd>, or choose another band in the layout.
      </p>
    </div>
  );
}

function caretOf(field: HTMLTextAreaElement | null): number | null {
  if (!field || document.activeElement !== field) return null;
  const { selectionStart: caret, value } = field;
  return caret > 0 && caret < value.length ? caret : null;
}

/** What is being written is stored before the page goes away or is put aside. */
function useLeaving(session: EditorSession): void {
  useEffect(() => {
    const keep = () => session.flushDraft();
    const ask = (event: BeforeUnloadEvent) => {
      session.flushDraft();
      if (session.sync.unsaved > 0 && session.sync.connection !== "online") event.preventDefault();
    };
    addEventListener("pagehide", keep);
    addEventListener("blur", keep);
    addEventListener("beforeunload", ask);
    return () => {
      removeEventListener("pagehide", keep);
      removeEventListener("blur", keep);
      removeEventListener("beforeunload", ask);
    };
  }, [session]);
}
