import { Check, TriangleAlert } from "lucide-react";
import { Link } from "react-router";
import type { Video } from "../api/client.ts";
import { WorkProgress } from "../editing/WorkProgress.tsx";
import { counted } from "../editing/words.ts";
import { Dialog } from "../ui/dialog.tsx";
import type { Box } from "./boxes.ts";
import { cutBy } from "./boxes.ts";
import { consequenceWords } from "./consequences.ts";
import type { Region } from "./crop.ts";
import { isSame } from "./crop.ts";
import type { Approval } from "./useApproval.ts";
import { approved } from "./useApproval.ts";

interface Props {
  approval: Approval;
  video: Video;
  boxes: readonly Box[];
  crop: Region | null;
  onFrame: (frame: number) => void;
}

/** What is to be known before approving, and the way to do it. */
export function ApproveBar({ approval, video, boxes, crop, onFrame }: Props) {
  if (approval.isAsked || video.work?.flow === "crop-and-infer") {
    return (
      <div className="approve-bar">
        <WorkProgress video={video} />
        {video.active_version === null ? null : (
          <Link className="button" to={`/videos/${video.id}/captions`}>
            The captions so far
          </Link>
        )}
      </div>
    );
  }
  const isDone = crop !== null && isSame(crop, approved(video));
  return (
    <div className="approve-bar">
      <Advice boxes={boxes} crop={crop} video={video} isDone={isDone} onFrame={onFrame} />
      <button type="button" className="button primary" onClick={approval.approve} disabled={!crop}>
        <Check size={18} aria-hidden /> {isDone ? "To the captions" : "Approve"} <kbd>Enter</kbd>
      </button>
      <Dialog
        title="Find the captions again?"
        isOpen={approval.question !== null}
        onClose={() => approval.answer(false)}
      >
        <p>{approval.question ? consequenceWords(approval.question) : ""}</p>
        <div className="dialog-actions">
          <button type="button" className="button" onClick={() => approval.answer(false)}>
            Leave it
          </button>
          <button type="button" className="button primary" onClick={() => approval.answer(true)}>
            Find them again
          </button>
        </div>
      </Dialog>
    </div>
  );
}

interface AdviceProps extends Omit<Props, "approval"> {
  isDone: boolean;
}

function Advice({ boxes, crop, video, isDone, onFrame }: AdviceProps) {
  if (!crop) {
    return (
      <p className="advice warning">
        <TriangleAlert size={18} aria-hidden /> No captions were found in this video. If there are
        some, set a band around them.
      </p>
    );
  }
  const cut = cutBy(boxes, crop);
  const [first] = cut;
  if (first) {
    return (
      <p className="advice warning" role="status">
        <TriangleAlert size={18} aria-hidden /> The band would cut {counted(cut.length, "line")} of
        captions, as in frame {first.frame + 1}.
        <button type="button" className="link" onClick={() => onFrame(first.frame)}>
          Show it
        </button>
      </p>
    );
  }
  const words = isDone
    ? "This band is approved; the captions were found in it."
    : video.active_version === null
      ? "Is every caption inside the band, and nothing else? Then approve it."
      : "The band has changed since the captions were found.";
  return <p className="advice">{words}</p>;
}
