import type { Schemas } from "../api/client.ts";

/** A run as events tell of it: only what changes. */
export interface RunEvent {
  id: string;
  video_id: string;
  flow: Schemas["RunView"]["flow"];
  state: Schemas["RunView"]["state"];
  phase: string | null;
  progress: number;
}

export interface CaptionsEvent {
  video_id: string;
  [detail: string]: unknown;
}

export interface Events {
  video: Schemas["VideoView"];
  run: RunEvent;
  captions: CaptionsEvent;
}

export type Kind = keyof Events;
