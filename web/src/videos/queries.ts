// The videos as the page knows them: asked for once, then kept current by events.

import {
  type InfiniteData,
  keepPreviousData,
  type QueryClient,
  queryOptions,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useEffect } from "react";
import { api, call, type Run, type Schemas, type Video } from "../api/client.ts";
import { events } from "../events/events.ts";
import type { RunEvent } from "../events/kinds.ts";
import { endHiding, finishDeletions } from "./deleting.ts";

type VideoList = Schemas["VideoList"];
type Pages = InfiniteData<VideoList, string | null>;

const PAGE = 50;

export const videoOptions = (id: string) =>
  queryOptions({
    queryKey: ["video", id],
    queryFn: ({ signal }) =>
      call(api.GET("/v1/videos/{video_id}", { params: { path: { video_id: id } }, signal })),
  });

/** One video, live. */
export function useVideo(id: string) {
  return useQuery(videoOptions(id));
}

/** Its runs, the newest first, live. */
export function useRuns(id: string) {
  return useQuery({
    queryKey: ["runs", id],
    queryFn: async ({ signal }): Promise<Run[]> => {
      const params = { path: { video_id: id } };
      return (await call(api.GET("/v1/videos/{video_id}/runs", { params, signal }))).runs;
    },
  });
}

export interface Filter {
  folder: string | null;
  search: string;
}

/** The videos that the filter lets through, page by page, the newest first. */
export function useVideos({ folder, search }: Filter) {
  return useInfiniteQuery({
    queryKey: ["videos", folder, search],
    placeholderData: keepPreviousData, // no flicker while somebody types
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE,
        ...(pageParam === null ? {} : { before: pageParam }),
        ...(folder === null ? {} : { folder }),
        ...(search === "" ? {} : { search }),
      };
      return call(api.GET("/v1/videos", { params: { query }, signal }));
    },
    getNextPageParam: (page: VideoList) => page.next,
  });
}

export function useFolders() {
  return useQuery({
    queryKey: ["folders"],
    queryFn: async ({ signal }) => (await call(api.GET("/v1/folders", { signal }))).folders,
  });
}

/** Videos that can be had back, the last deleted first. */
export function useDeletedVideos() {
  return useQuery({
    queryKey: ["deleted-videos"],
    staleTime: 0, // what waits to be deleted tells nobody
    queryFn: async ({ signal }) => {
      await finishDeletions();
      return (await call(api.GET("/v1/deleted-videos", { signal }))).videos;
    },
  });
}

/** Keeps everything above current while the component is shown. */
export function useLiveVideos(): void {
  const client = useQueryClient();
  useEffect(() => {
    const ends = [
      events.on("video", (video) => takeVideo(client, video)),
      events.on("run", (run) => takeRun(client, run)),
      events.onConnection(() => {
        // What happened while nobody listened is asked for; our own stream makes up for it itself.
        if (events.connection === "live") void client.invalidateQueries();
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [client]);
}

function takeVideo(client: QueryClient, told: Schemas["VideoView"]): void {
  const isDeleted = (told.deleted_at ?? null) !== null;
  const before = listed(client, told.id);
  if (isDeleted) {
    client.removeQueries({ queryKey: ["video", told.id] });
    changePages(client, (videos) => videos.filter((one) => one.id !== told.id));
    endHiding(told.id);
  }
  const isElsewhere = before === undefined || before.folder !== told.folder;
  if (isDeleted || isElsewhere || before.status !== told.status) {
    void client.invalidateQueries({ queryKey: ["videos"] });
    void client.invalidateQueries({ queryKey: ["folders"] });
    void client.invalidateQueries({ queryKey: ["deleted-videos"] });
  }
  changeVideo(client, told.id, (video) => ({ ...video, ...told }));
}

function takeRun(client: QueryClient, told: RunEvent): void {
  const isOver = told.state !== "queued" && told.state !== "running";
  changeVideo(client, told.video_id, (video) => {
    const work = video.work ?? null;
    if (isOver) return work?.run_id === told.id ? { ...video, work: null } : video;
    const isOther = work !== null && work.run_id !== told.id;
    if (isOther && ORDER.indexOf(work.flow) <= ORDER.indexOf(told.flow)) return video;
    const { id: run_id, flow, state, phase, progress } = told;
    return { ...video, work: { run_id, flow, state, phase, progress } };
  });
  client.setQueryData<Run[]>(["runs", told.video_id], (runs) =>
    runs?.map((one) => (one.id === told.id ? { ...one, ...told } : one)),
  );
  const runs = client.getQueryData<Run[]>(["runs", told.video_id]);
  if (runs !== undefined && (isOver || !runs.some((one) => one.id === told.id))) {
    void client.invalidateQueries({ queryKey: ["runs", told.video_id] });
  }
  if (isOver) void client.invalidateQueries({ queryKey: ["video", told.video_id] }); // next work?
}

const ORDER = ["video-initial-processing", "crop-and-infer", "median-ocr"];

function changeVideo(client: QueryClient, id: string, change: (video: Video) => Video): void {
  client.setQueryData<Video>(["video", id], (video) => video && change(video));
  changePages(client, (videos) => videos.map((one) => (one.id === id ? change(one) : one)));
}

function listed(client: QueryClient, id: string): Video | undefined {
  return client
    .getQueriesData<Pages>({ queryKey: ["videos"] })
    .flatMap(([, data]) => data?.pages ?? [])
    .flatMap((page) => page.videos)
    .find((one) => one.id === id);
}

function changePages(client: QueryClient, change: (videos: Video[]) => Video[]): void {
  client.setQueriesData<Pages>({ queryKey: ["videos"] }, (data) => {
    if (data === undefined) return data;
    const pages = data.pages.map((page) => ({ ...page, videos: change(page.videos) }));
    return { ...data, pages };
  });
}
