import { X } from "lucide-react";
import { type FormEvent, useDeferredValue, useEffect, useRef, useState } from "react";
import { IconButton } from "../ui/parts.tsx";
import { Refusal } from "./edits.ts";
import { expressionOf, findAll, replaceAll } from "./find.ts";
import type { EditorSession } from "./session.ts";
import { useCaptions, useEditor } from "./useSession.ts";

interface Props {
  session: EditorSession;
  onClose: () => void;
}

export function FindPanel({ session, onClose }: Props) {
  const { captions } = useCaptions(session);
  const { canWrite, selectedId } = useEditor(session);
  const [search, setSearch] = useState({ pattern: "", isRegex: false, isCaseSensitive: false });
  const [replacement, setReplacement] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const expression = expressionOf(useDeferredValue(search));
  const found = expression instanceof RegExp ? findAll(captions, expression) : [];
  const ids = [...new Set(found.map((one) => one.id))];

  const goOn = (by: 1 | -1) => {
    const here = captions.findIndex((one) => one.id === selectedId);
    const places = ids.map((id) => captions.findIndex((one) => one.id === id));
    const next = by === 1 ? places.find((one) => one > here) : places.findLast((one) => one < here);
    const place = next ?? (by === 1 ? places[0] : places.at(-1));
    const caption = place === undefined ? undefined : captions[place];
    if (caption) session.select(caption.id);
  };
  const replace = (only?: ReadonlySet<number>) => {
    if (!(expression instanceof RegExp)) return;
    session.flushDraft();
    const { captions: now } = session.store.snapshot();
    session.perform(replaceAll(now, expression, replacement, search.isRegex, only));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    goOn(1);
  };

  return (
    <form
      className="find-panel"
      aria-label="Find and replace"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === "Escape" && !event.nativeEvent.isComposing) onClose();
      }}
    >
      <div className="find-line">
        <input
          ref={field}
          className="input"
          aria-label="Find"
          placeholder="Find"
          value={search.pattern}
          onChange={(event) => setSearch({ ...search, pattern: event.target.value })}
        />
        <IconButton label="Close" onClick={onClose}>
          <X size={18} aria-hidden />
        </IconButton>
      </div>
      <input
        className="input"
        aria-label="Replace by"
        placeholder="Replace by"
        value={replacement}
        onChange={(event) => setReplacement(event.target.value)}
      />
      <div className="find-line small">
        <label>
          <input
            type="checkbox"
            checked={search.isCaseSensitive}
            onChange={(event) => setSearch({ ...search, isCaseSensitive: event.target.checked })}
          />{" "}
          Match case
        </label>
        <label>
          <input
            type="checkbox"
            checked={search.isRegex}
            onChange={(event) => setSearch({ ...search, isRegex: event.target.checked })}
          />{" "}
          Expression
        </label>
        <span role="status" className="muted">
          {expression instanceof Refusal
            ? expression.message
            : search.pattern
              ? `${found.length} in ${ids.length}`
              : ""}
        </span>
      </div>
      <div className="find-line">
        <button
          type="button"
          className="button"
          onClick={() => goOn(-1)}
          disabled={ids.length === 0}
        >
          Before
        </button>
        <button type="submit" className="button" disabled={ids.length === 0}>
          Next
        </button>
        <button
          type="button"
          className="button"
          disabled={!canWrite || selectedId === null || !ids.includes(selectedId)}
          onClick={() => selectedId !== null && replace(new Set([selectedId]))}
        >
          Replace
        </button>
        <button
          type="button"
          className="button"
          disabled={!canWrite || ids.length === 0}
          onClick={() => replace()}
        >
          All
        </button>
      </div>
    </form>
  );
}
