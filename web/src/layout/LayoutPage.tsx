// The layout review of a video, or why there is nothing to review yet.

import "../editing/editing.css";
import "./layout.css";
import { useEffect, useState } from "react";
import type { Video } from "../api/client.ts";
import { ObjectUrls } from "../editing/objects.ts";
import { openShared } from "../editing/shared.ts";
import { WorkProgress } from "../editing/WorkProgress.tsx";
import { Loading, Problem } from "../ui/parts.tsx";
import { useToast } from "../ui/toast.tsx";
import { LayoutReview } from "./LayoutReview.tsx";
import { LayoutSession } from "./session.ts";

export default function LayoutPage({ video }: { video: Video }) {
  if (video.layout_status === "wait" || video.layout_status === "error") {
    return <WorkProgress video={video} />;
  }
  return <Opening key={video.id} video={video} />;
}

function Opening({ video }: { video: Video }) {
  const { toast } = useToast();
  const [opened, setOpened] = useState<{ session: LayoutSession; urls: ObjectUrls } | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let isWanted = true;
    const opening = openShared(video.id, "layout").then(
      (database) => new LayoutSession(database, (title) => toast({ title })),
    );
    opening
      .then((session) => {
        if (isWanted) setOpened({ session, urls: new ObjectUrls(video.id) });
      })
      .catch((failure: unknown) => (isWanted ? setError(failure) : undefined));
    return () => {
      isWanted = false;
      setOpened(null);
      opening.then((session) => session.close()).catch(() => undefined); // it was told above
    };
  }, [video.id, toast]);
  if (error) return <Problem error={error} onRetry={() => location.reload()} />;
  if (!opened) return <Loading what="Opening the layout" />;
  return <LayoutReview session={opened.session} urls={opened.urls} video={video} />;
}
