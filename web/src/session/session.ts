// Who asks: a local session on the same machine, or a Supabase user. The API says which of the two.

import { ApiProblem, unreachable } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import { LocalSession } from "./local.ts";

export type ClientConfig = components["schemas"]["ClientConfig"];

export interface Session {
  /** A token that is good for a while. Throws NeedsSignIn if a person has to sign in first. */
  getToken(): Promise<string>;
  /** Who is signed in, to show; null on one's own machine. */
  readonly email: string | null;
  /** Told when somebody signs in or out. */
  onChange(listener: () => void): () => void;
  signOut?(): Promise<void>;
}

/** Nobody is signed in. */
export class NeedsSignIn extends Error {
  override readonly name = "NeedsSignIn";
}

interface Opened {
  config: ClientConfig;
  session: Session;
}

let opened: Promise<Opened> | null = null;

/** The one session of this page and what the API says of itself. */
export function openSession(): Promise<Opened> {
  opened ??= open().catch((error: unknown) => {
    opened = null; // the next call tries again
    throw error;
  });
  return opened;
}

export async function getToken(): Promise<string> {
  return (await openSession()).session.getToken();
}

async function open(): Promise<Opened> {
  const config = await fetchConfig();
  return { config, session: await makeSession(config) };
}

async function makeSession(config: ClientConfig): Promise<Session> {
  if (config.supabase !== null) {
    const { SupabaseSession } = await import("./supabase.ts");
    return SupabaseSession.open(config.supabase);
  }
  if (config.sign_in === "local") return new LocalSession();
  throw new ApiProblem(
    403,
    "no_sign_in",
    "This installation has no sign-in for its web page.",
    "Set CAPTIONACC_SUPABASE_URL and CAPTIONACC_SUPABASE_ANON_KEY, or CAPTIONACC_HAS_LOCAL_SESSION.",
  );
}

async function fetchConfig(): Promise<ClientConfig> {
  const answer = await fetch("/v1/client-config").catch(() => {
    throw unreachable();
  });
  if (!answer.ok) throw ApiProblem.of(answer.status, await answer.json().catch(() => null));
  return (await answer.json()) as ClientConfig;
}
