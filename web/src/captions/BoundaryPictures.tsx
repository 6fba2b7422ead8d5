// The frames on both sides of both boundaries: whether a boundary is right is seen at a glance.

import { ChevronLeft, ChevronRight } from "lucide-react";
import { useEffect, useRef } from "react";
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
  return (
    <div className="boundaries">
      <Boundary
        title="Start"
        timeS={caption.startS}
        session={session}
        before={caption.startFrame - 1}
        after={caption.startFrame}
        beforeWords="before the caption"
        afterWords="first frame of the caption"
        earlier={() => run("startEarlier")}
        later={() => run("startLater")}
        isDisabled={!canWrite}
      />
      <Boundary
        title="End"
        timeS={caption.endS}
        session={session}
        before={caption.endFrame - 1}
        after={caption.endFrame}
        beforeWords="last frame of the caption"
        afterWords="after the caption"
        earlier={() => run("endEarlier")}
        later={() => run("endLater")}
        isDisabled={!canWrite}
      />
    </div>
  );
}

interface BoundaryProps {
  title: string;
  timeS: number;
  session: EditorSession;
  before: number;
  after: number;
  beforeWords: string;
  afterWords: string;
  earlier: () => void;
  later: () => void;
  isDisabled: boolean;
}

function Boundary(props: BoundaryProps) {
  const { title, timeS, session, before, after, isDisabled } = props;
  return (
    <section className="boundary" aria-label={`${title} of the caption`}>
      <header className="boundary-head">
        <button type="button" className="link" onClick={() => session.goTo(timeS, false)}>
          {title} <span className="numbers">{timecode(timeS, 3)}</span>
        </button>
        <span className="boundary-buttons">
          <IconButton
            label={`${title} a native frame earlier`}
            onClick={props.earlier}
            disabled={isDisabled}
          >
            <ChevronLeft size={18} aria-hidden />
          </IconButton>
          <IconButton
            label={`${title} a native frame later`}
            onClick={props.later}
            disabled={isDisabled}
          >
            <ChevronRight size={18} aria-hidden />
          </IconButton>
        </span>
      </header>
      <Still session={session} index={before} words={props.beforeWords} />
      <Still session={session} index={after} words={props.afterWords} />
    </section>
  );
}

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
