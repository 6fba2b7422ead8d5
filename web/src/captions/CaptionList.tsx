// All captions in order of time; only those in sight are in the page.

import { useVirtualizer } from "@tanstack/react-virtual";
import { Flag as FlagIcon, ScanText } from "lucide-react";
import { memo, useEffect, useRef } from "react";
import type { Caption } from "./caption.ts";
import { currentText, isBeingRead, isPending } from "./caption.ts";
import type { Flag } from "./flags.ts";
import type { EditorSession } from "./session.ts";
import { timecode } from "./timecode.ts";
import { useCaptions, useEditor } from "./useSession.ts";
import { confidenceClass, FLAG_WORDS } from "./words.ts";

const ROW_PX = 58;
const OVERSCAN = 6;

export function CaptionList({ session }: { session: EditorSession }) {
  const { captions, flags } = useCaptions(session);
  const { selectedId } = useEditor(session);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: captions.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
  });
  const selectedIndex = captions.findIndex((one) => one.id === selectedId);
  useEffect(() => {
    if (selectedIndex >= 0) rows.scrollToIndex(selectedIndex, { align: "auto" });
  }, [rows, selectedIndex]);

  return (
    <div className="caption-rows" ref={scroller}>
      <div
        role="listbox"
        aria-label={`${captions.length} captions`}
        aria-activedescendant={selectedId === null ? undefined : `caption-${selectedId}`}
        tabIndex={0}
        className="caption-rows-all"
        style={{ height: rows.getTotalSize() }}
      >
        {rows.getVirtualItems().map((item) => {
          const caption = captions[item.index];
          return caption ? (
            <Row
              key={caption.id}
              caption={caption}
              flags={flags.get(caption.id) ?? NO_FLAGS}
              place={item.index}
              count={captions.length}
              top={item.start}
              isSelected={caption.id === selectedId}
              session={session}
            />
          ) : null;
        })}
      </div>
    </div>
  );
}

const NO_FLAGS: readonly Flag[] = [];

interface RowProps {
  caption: Caption;
  flags: readonly Flag[];
  place: number;
  count: number;
  top: number;
  isSelected: boolean;
  session: EditorSession;
}

const Row = memo(function Row({
  caption,
  flags,
  place,
  count,
  top,
  isSelected,
  session,
}: RowProps) {
  const text = currentText(caption);
  const isDone = !isPending(caption) && caption.boundaryState !== "gap";
  return (
    // The list box has the focus and the keys; an option is only pointed at.
    // biome-ignore lint/a11y/useKeyWithClickEvents: the editor's keys move the selection
    <div
      id={`caption-${caption.id}`}
      role="option"
      aria-selected={isSelected}
      aria-posinset={place + 1}
      aria-setsize={count}
      tabIndex={-1}
      className={`caption-row ${isDone ? "done" : ""} ${caption.boundaryState}`}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => session.select(caption.id)}
    >
      <span className={`caption-mark ${confidenceClass(caption)}`} aria-hidden />
      <span className="caption-row-time numbers">
        {timecode(caption.startS)}
        <span className="muted"> – {timecode(caption.endS)}</span>
        <Marks caption={caption} flags={flags} />
      </span>
      <span className="caption-row-text" dir="auto">
        {caption.boundaryState === "gap" ? <em>No caption here</em> : text || <em>No text</em>}
      </span>
    </div>
  );
});

function Marks({ caption, flags }: { caption: Caption; flags: readonly Flag[] }) {
  const words = flags.map((flag) => FLAG_WORDS[flag]).join(", ");
  const isMarked = caption.boundaryState === "issue";
  return (
    <span className="caption-marks">
      {isBeingRead(caption) ? (
        <ScanText size={14} aria-label="being read" className="reading" />
      ) : null}
      {isMarked ? <FlagIcon size={14} aria-label="marked" className="marked" /> : null}
      {words ? (
        <span className={isPending(caption) ? "flagged" : "muted"} title={words}>
          {words}
        </span>
      ) : null}
    </span>
  );
}
