// Approving a layout: from the key to the captions.

import { useEffect, useState } from "react";
import { useNavigate } from "react-router";
import { api, call, type Run, type Video } from "../api/client.ts";
import { useToast } from "../ui/toast.tsx";
import { useRuns } from "../videos/queries.ts";
import type { Consequences } from "./consequences.ts";
import { consequencesOf } from "./consequences.ts";
import type { Region } from "./crop.ts";
import { isSame } from "./crop.ts";

export interface Approval {
  /** The work that an approval began; null before one. */
  readonly run: Run | null;
  readonly isAsked: boolean;
  /** What a changed band means for captions that exist, while a person is asked about it. */
  readonly question: Consequences | null;
  approve(): void;
  answer(isYes: boolean): void;
}

export function useApproval(video: Video, crop: Region | null): Approval {
  const { toast, tellProblem } = useToast();
  const navigate = useNavigate();
  const { data: runs } = useRuns(video.id);
  const [runId, setRunId] = useState<string | null>(null);
  const [isAsked, setAsked] = useState(false);
  const [question, setQuestion] = useState<Consequences | null>(null);
  const run = runs?.find((one) => one.id === runId) ?? null;
  const captionsUrl = `/videos/${video.id}/captions`;

  useEffect(() => {
    if (run?.state === "succeeded") void navigate(captionsUrl);
    if (run?.state === "failed" || run?.state === "cancelled") {
      setAsked(false);
      setRunId(null);
      const words = run.error ?? { message: "The work was ended.", hint: "Approve it again." };
      toast({ title: words.message, body: words.hint, tone: "danger" });
    }
  }, [run, navigate, captionsUrl, toast]);

  const send = async (region: Region) => {
    setAsked(true);
    try {
      const answer = await call(
        api.POST("/v1/videos/{video_id}/actions/approve-layout", {
          params: { path: { video_id: video.id } },
          body: { crop_region: [region.left, region.top, region.right, region.bottom] },
        }),
      );
      setRunId(answer.run_id);
    } catch (error) {
      setAsked(false);
      tellProblem(error);
    }
  };
  const approve = async () => {
    if (isAsked) return;
    if (!crop) return toast({ title: "First say where the captions are: set a band (F)." });
    if (video.active_version === null) return send(crop);
    if (isSame(crop, approved(video))) return navigate(captionsUrl);
    try {
      setQuestion(await readConsequences(video.id));
    } catch (error) {
      tellProblem(error);
    }
  };
  return {
    run,
    isAsked,
    question,
    approve: () => void approve(),
    answer: (isYes) => {
      setQuestion(null);
      if (isYes && crop) void send(crop);
    },
  };
}

async function readConsequences(videoId: string): Promise<Consequences> {
  const params = { path: { video_id: videoId } };
  const { captions } = await call(api.GET("/v1/videos/{video_id}/captions", { params }));
  return consequencesOf(
    captions.map((one) => ({
      boundaryState: one.boundary_state,
      text: one.text,
      textStatus: one.text_status,
      textNotes: one.text_notes,
    })),
  );
}

/** The region that is approved: what the captions were found in. */
export function approved(video: Video): Region | null {
  if (!video.crop_region || video.active_version === null) return null;
  const [left, top, right, bottom] = video.crop_region;
  return { left, top, right, bottom };
}
