import { Check } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { api, call, type Video } from "../api/client.ts";
import { counted } from "../editing/words.ts";
import { Dialog } from "../ui/dialog.tsx";
import { useToast } from "../ui/toast.tsx";

interface Props {
  video: Video;
  /** Captions that nobody has confirmed. */
  left: number;
  canWrite: boolean;
}

/** Declares times and texts done, and goes on to the export. */
export function CompleteButton({ video, left, canWrite }: Props) {
  const [isAsking, setAsking] = useState(false);
  const { tellProblem } = useToast();
  const navigate = useNavigate();
  const finish = async () => {
    const params = { path: { video_id: video.id } };
    try {
      await call(api.POST("/v1/videos/{video_id}/actions/complete-captions", { params }));
      await call(api.POST("/v1/videos/{video_id}/actions/complete-text", { params }));
      await navigate(`/videos/${video.id}/export`);
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <>
      <button
        type="button"
        className={`button ${left === 0 ? "primary" : ""}`}
        disabled={!canWrite}
        onClick={() => (left === 0 ? void finish() : setAsking(true))}
      >
        <Check size={16} aria-hidden /> Finish
      </button>
      <Dialog title="Finish with this video?" isOpen={isAsking} onClose={() => setAsking(false)}>
        <p>
          {counted(left, "caption")} {left === 1 ? "is" : "are"} as the machine left{" "}
          {left === 1 ? "it" : "them"}: nobody has confirmed {left === 1 ? "it" : "them"} yet.
        </p>
        <div className="dialog-actions">
          <button type="button" className="button" onClick={() => setAsking(false)}>
            Go on correcting
          </button>
          <button type="button" className="button primary" onClick={() => void finish()}>
            Finish all the same
          </button>
        </div>
      </Dialog>
    </>
  );
}
