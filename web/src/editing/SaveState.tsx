import { CircleCheck, CloudOff, LoaderCircle, Lock, TriangleAlert } from "lucide-react";
import type { SyncState } from "../sync/index.ts";
import { saveWords } from "./words.ts";

const ICONS = {
  calm: CircleCheck,
  locked: Lock,
  busy: LoaderCircle,
  warning: CloudOff,
  danger: TriangleAlert,
} as const;

/** Whether what was changed is safe, always in sight. */
export function SaveState({ state, isDraft }: { state: SyncState; isDraft: boolean }) {
  const { tone, text } = saveWords(state, isDraft);
  const Icon = ICONS[tone];
  return (
    <span className={`save-state ${tone}`} role="status" data-testid="save-state">
      <Icon size={16} aria-hidden />
      {text}
    </span>
  );
}
