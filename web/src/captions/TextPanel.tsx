// The caption's text beside what was read; what is typed is stored by itself.

import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import type { Caption } from "./caption.ts";
import { currentText, isBeingRead, isPending } from "./caption.ts";
import type { Flag } from "./flags.ts";
import type { Command } from "./keyboard.ts";
import type { EditorSession } from "./session.ts";
import { timecode } from "./timecode.ts";
import { useCaptions, useEditor } from "./useSession.ts";
import { FLAG_WORDS, percent } from "./words.ts";

interface Props {
  session: EditorSession;
  field: RefObject<HTMLTextAreaElement | null>;
  run: (command: Command) => void;
}

export function TextPanel({ session, field, run }: Props) {
  const { byId, flags } = useCaptions(session);
  const { selectedId, canWrite } = useEditor(session);
  const caption = selectedId === null ? undefined : byId.get(selectedId);
  useStoredText(session, caption, field);
  const isComposing = useRef(false);
  const isGap = caption?.boundaryState === "gap";

  return (
    <div className="text-panel">
      <div className="text-panel-facts small">
        {caption ? (
          <Facts caption={caption} flags={flags.get(caption.id) ?? []} />
        ) : (
          "No caption selected"
        )}
      </div>
      <textarea
        ref={field}
        data-caption-text
        className="text-field"
        aria-label="Text of the caption"
        rows={2}
        dir="auto"
        spellCheck
        autoCapitalize="off"
        autoComplete="off"
        readOnly={!canWrite || !caption || isGap}
        placeholder={placeholder(caption)}
        onCompositionStart={() => {
          isComposing.current = true;
        }}
        onCompositionEnd={(event) => {
          isComposing.current = false;
          if (caption) session.draft(caption.id, event.currentTarget.value);
        }}
        onInput={(event) => {
          if (caption && !isComposing.current) session.draft(caption.id, event.currentTarget.value);
        }}
        onBlur={() => session.flushDraft()}
      />
      <Reading caption={caption} run={run} canWrite={canWrite} />
      <div className="text-panel-actions">
        <button
          type="button"
          className="button primary"
          disabled={!caption || !canWrite}
          onClick={() => run("confirm")}
        >
          Confirm, next <kbd>Enter</kbd>
        </button>
      </div>
    </div>
  );
}

function Facts({ caption, flags }: { caption: Caption; flags: readonly Flag[] }) {
  const { startS, endS, boundaryConfidence, ocrConfidence } = caption;
  return (
    <>
      <span className="numbers">
        {timecode(startS, 3)} – {timecode(endS, 3)}
        <span className="muted"> · {(endS - startS).toFixed(2)} s</span>
      </span>
      <span className={isPending(caption) ? "muted" : "ok"}>{stateWords(caption)}</span>
      {caption.text === null && ocrConfidence !== null ? (
        <span className="muted">text {percent(ocrConfidence)} sure</span>
      ) : null}
      {caption.boundaryPending && boundaryConfidence !== null ? (
        <span className="muted">times {percent(boundaryConfidence)} sure</span>
      ) : null}
      {flags.map((flag) => (
        <span key={flag} className="flagged">
          {FLAG_WORDS[flag]}
        </span>
      ))}
    </>
  );
}

function stateWords(caption: Caption): string {
  if (caption.boundaryState === "gap") return "no caption here";
  if (caption.boundaryState === "issue") return "marked";
  if (!isPending(caption)) return "confirmed";
  return caption.boundaryState === "confirmed" ? "times confirmed" : "as predicted";
}

function Reading(props: {
  caption: Caption | undefined;
  run: (command: Command) => void;
  canWrite: boolean;
}) {
  const { caption, run, canWrite } = props;
  let words = null;
  if (caption?.ocrStatus === "error") {
    words = (
      <span className="problem">Could not be read: {caption.ocrError ?? "unknown reason"}</span>
    );
  } else if (caption && isBeingRead(caption)) words = "The text is being read…";
  else if (
    caption &&
    caption.text !== null &&
    caption.ocrText !== null &&
    caption.text !== caption.ocrText
  ) {
    words = (
      <>
        Read as <q dir="auto">{caption.ocrText}</q>{" "}
        <button
          type="button"
          className="link"
          disabled={!canWrite}
          onClick={() => run("takeReading")}
        >
          Take it
        </button>
      </>
    );
  }
  return <p className="text-panel-reading small">{words}</p>;
}

function placeholder(caption: Caption | undefined): string {
  if (!caption) return "";
  if (caption.boundaryState === "gap") return "No caption here";
  return isBeingRead(caption) ? "Being read…" : "No text was read here: type what you see";
}

/** Shows what is stored, unless something else is being written. */
function useStoredText(
  session: EditorSession,
  caption: Caption | undefined,
  field: RefObject<HTMLTextAreaElement | null>,
): void {
  const shownId = useRef<number | null>(null);
  const text = caption ? currentText(caption) : "";
  const id = caption?.id ?? null;
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    const isOther = shownId.current !== id;
    shownId.current = id;
    if (element.value === text || (session.hasDraft && !isOther)) return;
    element.value = text;
    if (isOther) element.setSelectionRange(text.length, text.length);
  }, [session, field, id, text]);
  // Who goes on with Enter goes on writing, also at the very first caption.
  useEffect(() => {
    if (document.activeElement === document.body) field.current?.focus({ preventScroll: true });
  }, [field]);
}
