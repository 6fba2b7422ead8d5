// What each key does to the open editor.

import { indexAt } from "./caption.ts";
import { Refusal } from "./edits.ts";
import type { Command } from "./keyboard.ts";
import type { Edge } from "./operations.ts";
import * as operations from "./operations.ts";
import type { EditorSession } from "./session.ts";

const STEPS: Partial<Record<Command, number>> = {
  frameBack1: -1,
  frameBack10: -10,
  frameBack50: -50,
  frameOn1: 1,
  frameOn10: 10,
  frameOn50: 50,
};

const NUDGES: Partial<Record<Command, readonly [Edge, number]>> = {
  startEarlier: ["start", -1],
  startLater: ["start", 1],
  endEarlier: ["end", -1],
  endLater: ["end", 1],
  startEarlier10: ["start", -10],
  startLater10: ["start", 10],
  endEarlier10: ["end", -10],
  endLater10: ["end", 10],
};

const NO_TIMES = new Refusal("The frames' exact times are still loading; try again in a moment.");

/** Do it; `caret` is where one is in the text, if one is. */
export function runCommand(session: EditorSession, command: Command, caret: number | null): void {
  const steps = STEPS[command];
  if (steps !== undefined) session.step(steps);
  else if (command in MOVES) MOVES[command]?.(session);
  else change(session, command, caret);
}

const MOVES: Partial<Record<Command, (session: EditorSession) => void>> = {
  confirm: (session) => session.confirmAndGoOn(),
  undo: (session) => session.undo(),
  redo: (session) => session.redo(),
  previous: (session) => session.selectNeighbour(-1),
  next: (session) => session.selectNeighbour(1),
  previousFlagged: (session) => goToFlagged(session, -1),
  nextFlagged: (session) => goToFlagged(session, 1),
};

function goToFlagged(session: EditorSession, by: 1 | -1): void {
  if (!session.selectNeighbour(by, (caption) => session.isFlagged(caption))) {
    session.tell(by === 1 ? "Nothing more to look at below." : "Nothing more to look at above.");
  }
}

function change(session: EditorSession, command: Command, caret: number | null): void {
  session.flushDraft();
  const { times, playhead } = session;
  const { captions } = session.store.snapshot();
  const outcome = outcomeOf();
  if (outcome) session.perform(outcome);

  function outcomeOf() {
    if (command === "insert") {
      return times ? operations.insert(captions, playhead.timeS, times) : NO_TIMES;
    }
    const id = session.selectedId ?? captions[indexAt(captions, playhead.timeS)]?.id;
    if (id === undefined) return new Refusal("Select a caption first.");
    const nudge = NUDGES[command];
    if (nudge) return times ? operations.nudge(captions, id, ...nudge, times) : NO_TIMES;
    switch (command) {
      case "startHere":
      case "endHere": {
        const edge = command === "startHere" ? "start" : "end";
        return times ? operations.moveEdge(captions, id, edge, playhead.timeS, times) : NO_TIMES;
      }
      case "split":
        return times ? operations.split(captions, id, playhead.timeS, times, caret) : NO_TIMES;
      case "merge":
        return operations.mergeWithNext(captions, id);
      case "remove":
        return operations.remove(captions, id);
      case "gap":
        return operations.toggleGap(captions, id);
      case "issue":
        return operations.toggleIssue(captions, id);
      case "takeReading":
        return operations.takeReading(captions, id);
      default:
        return null;
    }
  }
}
