// Short notes at the edge of the page, read out by screen readers; one can be taken back.

import { X } from "lucide-react";
import { Toast } from "radix-ui";
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";
import { describeProblem } from "../api/problem.ts";

export interface Note {
  title: string;
  body?: string | null;
  tone?: "neutral" | "ok" | "danger";
  action?: { label: string; run: () => void };
  /** How long it stays, in milliseconds. */
  duration?: number;
}

interface Toasts {
  toast(note: Note): void;
  /** Tells of an error in the words it came with. */
  tellProblem(error: unknown): void;
  /** Says something to screen readers alone. */
  announce(text: string): void;
}

const Context = createContext<Toasts | null>(null);

const SHOWN_MS = 6_000;
const SHOWN_WITH_ACTION_MS = 10_000;
const AT_ONCE = 4;

interface Shown extends Note {
  id: number;
}

let lastId = 0;

export function ToastProvider({ children }: { children: ReactNode }) {
  const [notes, setNotes] = useState<Shown[]>([]);
  const [said, setSaid] = useState("");

  const toast = useCallback((note: Note) => {
    lastId += 1;
    const shown = { ...note, id: lastId };
    setNotes((before) => [...before.slice(1 - AT_ONCE), shown]);
  }, []);
  const tellProblem = useCallback(
    (error: unknown) => {
      const { message, hint } = describeProblem(error);
      toast({ title: message, body: hint, tone: "danger" });
    },
    [toast],
  );
  const drop = (id: number) => setNotes((before) => before.filter((one) => one.id !== id));
  const toasts = useMemo(() => ({ toast, tellProblem, announce: setSaid }), [toast, tellProblem]);

  return (
    <Context value={toasts}>
      <Toast.Provider swipeDirection="right">
        {children}
        {notes.map((note) => (
          <ShownNote key={note.id} note={note} onClose={() => drop(note.id)} />
        ))}
        <Toast.Viewport className="toasts" label="Notifications ({hotkey})" />
      </Toast.Provider>
      <div className="visually-hidden" role="status">
        {said}
      </div>
    </Context>
  );
}

function ShownNote({ note, onClose }: { note: Shown; onClose: () => void }) {
  const { title, body, action, tone = "neutral" } = note;
  return (
    <Toast.Root
      className={`toast ${tone}`}
      duration={note.duration ?? (action ? SHOWN_WITH_ACTION_MS : SHOWN_MS)}
      type={tone === "danger" ? "foreground" : "background"}
      onOpenChange={(isOpen) => {
        if (!isOpen) onClose();
      }}
    >
      <Toast.Title className="toast-title">{title}</Toast.Title>
      {action ? (
        <Toast.Action className="button" altText={action.label} onClick={action.run}>
          {action.label}
        </Toast.Action>
      ) : (
        <span />
      )}
      <Toast.Close className="button quiet icon" aria-label="Close">
        <X size={16} aria-hidden />
      </Toast.Close>
      {body ? <Toast.Description className="toast-body">{body}</Toast.Description> : null}
    </Toast.Root>
  );
}

export function useToast(): Toasts {
  const toasts = useContext(Context);
  if (toasts === null) throw new Error("useToast needs a ToastProvider above it.");
  return toasts;
}
