import { Hourglass, Lock, WifiOff } from "lucide-react";
import type { SyncState } from "../sync/index.ts";
import { leaseWords } from "./words.ts";

interface Props {
  state: SyncState;
  name: "layout" | "captions";
  onTake: () => void;
}

/** Why nothing can be changed now, and the way to change that; nothing if all is well. */
export function LeaseBar({ state, name, onTake }: Props) {
  const words = leaseWords(state, name);
  return (
    <div role="status" className="lease-bar">
      {words ? (
        <div className={`notice ${words.tone === "danger" ? "danger" : "warning"}`}>
          <p>
            <Icon tone={words.tone} isOffline={state.connection === "offline"} /> {words.text}
          </p>
          {words.action === "edit-here" ? (
            <button type="button" className="button primary" onClick={onTake}>
              Edit here
            </button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

function Icon({ tone, isOffline }: { tone: string; isOffline: boolean }) {
  if (isOffline) return <WifiOff size={16} aria-hidden />;
  return tone === "busy" ? <Hourglass size={16} aria-hidden /> : <Lock size={16} aria-hidden />;
}
