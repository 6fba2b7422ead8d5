// All videos: where each stands, and what to do next.

import { Link } from "react-router";
import { Main } from "../shell/Shell.tsx";
import { usePageTitle } from "../shell/title.ts";
import { Badge, Loading, Problem } from "../ui/parts.tsx";
import { useVideos } from "./queries.ts";
import { stageOf } from "./stage.ts";

export function VideosPage() {
  usePageTitle("Videos");
  const { data, error, refetch } = useVideos();
  const videos = data?.pages.flatMap((page) => page.videos);
  return (
    <Main className="narrow">
      <h1>Videos</h1>
      {error === null ? null : <Problem error={error} onRetry={() => void refetch()} />}
      {videos === undefined && error === null ? <Loading what="Loading the videos" /> : null}
      <ul>
        {videos?.map((video) => (
          <li key={video.id}>
            <Link to={`/videos/${video.id}/captions`}>{video.title}</Link>{" "}
            <Badge>{stageOf(video).name}</Badge>
          </li>
        ))}
      </ul>
    </Main>
  );
}
