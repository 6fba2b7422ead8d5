import {
  Ban,
  CircleHelp,
  Combine,
  Flag,
  Plus,
  Redo2,
  Scissors,
  Search,
  Trash2,
  Undo2,
} from "lucide-react";
import { memo, type ReactNode } from "react";
import type { Video } from "../api/client.ts";
import { SaveState } from "../editing/SaveState.tsx";
import { IconButton } from "../ui/parts.tsx";
import { useShortcutHelp } from "../ui/shortcuts.tsx";
import { CompleteButton } from "./CompleteButton.tsx";
import { isPending } from "./caption.ts";
import type { Command } from "./keyboard.ts";
import type { EditorSession } from "./session.ts";
import { useCaptions, useEditor } from "./useSession.ts";

interface Props {
  session: EditorSession;
  video: Video;
  run: (command: Command) => void;
}

const CHANGES: readonly [Command, string, ReactNode][] = [
  ["split", "Split here", <Scissors key="split" size={18} aria-hidden />],
  ["merge", "Merge with the next", <Combine key="merge" size={18} aria-hidden />],
  ["insert", "New caption here", <Plus key="insert" size={18} aria-hidden />],
  ["remove", "Delete", <Trash2 key="remove" size={18} aria-hidden />],
  ["gap", "Gap: no caption here", <Ban key="gap" size={18} aria-hidden />],
  ["issue", "Mark, to come back to it", <Flag key="issue" size={18} aria-hidden />],
];

export const Toolbar = memo(function Toolbar({ session, video, run }: Props) {
  const { canUndo, canRedo } = useCaptions(session);
  const { canWrite } = useEditor(session);
  return (
    <div className="toolbar" role="toolbar" aria-label="Captions">
      <Buttons run={run} canWrite={canWrite} canUndo={canUndo} canRedo={canRedo} />
      <Counts session={session} video={video} run={run} />
    </div>
  );
});

interface ButtonsProps {
  run: (command: Command) => void;
  canWrite: boolean;
  canUndo: boolean;
  canRedo: boolean;
}

const Buttons = memo(function Buttons({ run, canWrite, canUndo, canRedo }: ButtonsProps) {
  const openHelp = useShortcutHelp();
  return (
    <>
      <IconButton label="Undo" onClick={() => run("undo")} disabled={!canWrite || !canUndo}>
        <Undo2 size={18} aria-hidden />
      </IconButton>
      <IconButton label="Redo" onClick={() => run("redo")} disabled={!canWrite || !canRedo}>
        <Redo2 size={18} aria-hidden />
      </IconButton>
      <span className="toolbar-line" />
      {CHANGES.map(([command, label, icon]) => (
        <IconButton key={command} label={label} onClick={() => run(command)} disabled={!canWrite}>
          {icon}
        </IconButton>
      ))}
      <span className="toolbar-line" />
      <IconButton label="Find and replace" onClick={() => run("find")}>
        <Search size={18} aria-hidden />
      </IconButton>
      <IconButton label="All shortcuts" onClick={openHelp}>
        <CircleHelp size={18} aria-hidden />
      </IconButton>
    </>
  );
});

function Counts({ session, video, run }: Props) {
  const { captions } = useCaptions(session);
  const { sync, hasDraft, canWrite } = useEditor(session);
  const left = captions.filter(isPending).length;
  const flagged = captions.filter((one) => session.isFlagged(one)).length;
  return (
    <>
      <button
        type="button"
        className="button quiet"
        onClick={() => run("nextFlagged")}
        disabled={flagged === 0}
      >
        {flagged === 0 ? "Nothing to look at" : `${flagged} to look at`} <kbd>F8</kbd>
      </button>
      <div className="toolbar-rest">
        <span className="small muted numbers">
          {captions.length - left} of {captions.length} confirmed
        </span>
        <SaveState state={sync} isDraft={hasDraft} />
        <CompleteButton video={video} left={left} canWrite={canWrite} />
      </div>
    </>
  );
}
