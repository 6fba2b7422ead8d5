// The frames on both sides of both boundaries: whether a boundary is right is seen at a glance.

import { ChevronLeft, ChevronRight } from "lucide-react";
import { memo, useEffect, useRef } from "react";
import { IconButton } from "../ui/parts.tsx";
import { fit } from "./FrameView.tsx";
import type { Command } from "./keyboard.ts";
import { draw } from "./picture.ts";
import type { EditorSession } from "./session.ts";
import { timecode } from "./timecode.ts";
import { useCaptions, useEditor } from "./useSession.ts";

interface Props {
  session: EditorSession;
  run: (command: Command) => void;
}

export function BoundaryPictures({ session, run }: Props) {
  const { byId } = useCaptions(session);
  const { selectedId, canWrite } = useEditor(session);
  const caption = selectedId === null ? undefined : byId.get(selectedId);
  if (!caption) return <div className="boundaries" />;
  const { startS, startFrame, endS, endFrame } = caption;
  const shared = { session, run, isDisabled: !canWrite };
  return (
    <div className="boundaries">
      <Boundary words={START} timeS={startS} frame={startFrame} {...shared} />
      <Boundary words={END} timeS={endS} frame={endFrame} {...shared} />
    </div>
  );
}

interface Words {
  readonly title: string;
  readonly before: string;
  readonly after: string;
  readonly earlier: Command;
  readonly later: Command;
}

const START: Words = {
  title: "Start",
  before: "before the caption",
  after: "first frame of the caption",
  earlier: "startEarlier",
  later: "startLater",
};
const END: Words = {
  title: "End",
  before: "last frame of the caption",
  after: "after the caption",
  earlier: "endEarlier",
  later: "endLater",
};

interface BoundaryProps extends Props {
  words: Words;
  timeS: number;
  /** The first crop frame after the boundary. */
  frame: number;
  isDisabled: boolean;
}

const Boundary = memo(function Boundary(props: BoundaryProps) {
  const { words, timeS, frame, session, run, isDisabled } = props;
  const { title } = words;
  return (
    <section className="boundary" aria-label={`${title} of the caption`}>
      <header className="boundary-head">
        <button type="button" className="link" onClick={() => session.goTo(timeS, false)}>
          {title} <span className="numbers">{timecode(timeS, 3)}</span>
        </button>
        <Nudges words={words} run={run} isDisabled={isDisabled} />
      </header>
      <Still session={session} index={frame - 1} words={words.before} />
      <Still session={session} index={frame} words={words.after} />
    </section>
  );
});

const Nudges = memo(function Nudges({
  words,
  run,
  isDisabled,
}: Pick<BoundaryProps, "words" | "run" | "isDisabled">) {
  const { title, earlier, later } = words;
  return (
    <span className="boundary-buttons">
      <IconButton
        label={`${title} a native frame earlier`}
        onClick={() => run(earlier)}
        disabled={isDisabled}
      >
        <ChevronLeft size={18} aria-hidden />
      </IconButton>
      <IconButton
        label={`${title} a native frame later`}
        onClick={() => run(later)}
        disabled={isDisabled}
      >
        <ChevronRight size={18} aria-hidden />
      </IconButton>
    </span>
  );
});

function Still({
  session,
  index,
  words,
}: {
  session: EditorSession;
  index: number;
  words: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context) return;
    const { frames } = session;
    let shown: number | null = null;
    const show = () => {
      const found = index >= 0 && index < frames.frameCount ? frames.best(index) : null;
      element.dataset.state = found ? (found.isExact ? "exact" : "near") : "empty";
      if (!found || found.index === shown) return;
      shown = found.index;
      fit(element, found.picture.init.codedWidth, found.picture.init.codedHeight);
      draw(context, found.picture);
    };
    const free = frames.alsoWant(index);
    show();
    const end = frames.onArrival(show);
    return () => {
      end();
      free();
    };
  }, [session, index]);
  return (
    <figure className="still">
      <canvas ref={canvas} role="img" aria-label={words} width={640} height={64} />
      <figcaption className="small muted">{words}</figcaption>
    </figure>
  );
}
