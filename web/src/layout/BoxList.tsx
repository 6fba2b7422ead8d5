// The lines of text in the frame, and what they are: for who cannot or will not point.

import type { Box, Label } from "./boxes.ts";
import { labelOf } from "./boxes.ts";

interface Props {
  boxes: readonly Box[];
  selected: ReadonlySet<number>;
  onSelect: (ids: ReadonlySet<number>) => void;
  mark: (label: Label | null) => void;
  canWrite: boolean;
}

const LABELS: readonly [Label | null, string, string][] = [
  ["in", "Caption", "I"],
  ["out", "Other", "O"],
  ["clear", "Undecided", "C"],
  [null, "As predicted", "U"],
];

const WORDS: Record<Label | "none", string> = {
  in: "caption",
  out: "other text",
  clear: "undecided",
  none: "not judged",
};

export function BoxList({ boxes, selected, onSelect, mark, canWrite }: Props) {
  const toggle = (id: number, isMore: boolean) => {
    const next = new Set(isMore ? selected : []);
    if (selected.has(id) && (isMore || selected.size === 1)) next.delete(id);
    else next.add(id);
    onSelect(next);
  };
  return (
    <section className="box-list" aria-label="Lines of text in this frame">
      <h2>Text in this frame</h2>
      {boxes.length === 0 ? <p className="muted small">None was read here.</p> : null}
      <ul>
        {boxes.map((box) => (
          <li key={box.id}>
            <button
              type="button"
              className={`box-row ${labelOf(box) ?? "none"}`}
              aria-pressed={selected.has(box.id)}
              onClick={(event) => toggle(box.id, event.shiftKey || event.ctrlKey || event.metaKey)}
            >
              <span className="box-swatch" aria-hidden />
              <span className="box-text" dir="auto">
                {box.text}
              </span>
              <span className="small muted">{said(box)}</span>
            </button>
          </li>
        ))}
      </ul>
      <fieldset className="box-labels" aria-label="What the selected lines are">
        {LABELS.map(([label, words, key]) => (
          <button
            key={words}
            type="button"
            className="button"
            disabled={!canWrite || selected.size === 0}
            onClick={() => mark(label)}
          >
            {words} <kbd>{key}</kbd>
          </button>
        ))}
      </fieldset>
    </section>
  );
}

function said(box: Box): string {
  const words = WORDS[labelOf(box) ?? "none"];
  if (box.label) return `${words}, you said`;
  const { predictedConfidence: sure } = box;
  return sure === null ? words : `${words}, ${Math.round(sure * 100)} % sure`;
}
