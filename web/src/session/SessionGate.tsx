// Nothing is shown before it is known who asks; a person is sent to sign in where that is needed.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo } from "react";
import { Navigate, useLocation } from "react-router";
import { Loading, Problem } from "../ui/parts.tsx";
import { type ClientConfig, NeedsSignIn, openSession, type Session } from "./session.ts";

interface Shown {
  config: ClientConfig;
  email: string | null;
  signOut: (() => Promise<void>) | null;
}

const Context = createContext<Shown | null>(null);

interface Checked {
  config: ClientConfig;
  session: Session;
  isSignedIn: boolean;
}

const KEY = ["session"];

async function check(): Promise<Checked> {
  const opened = await openSession();
  try {
    await opened.session.getToken();
    return { ...opened, isSignedIn: true };
  } catch (error) {
    if (error instanceof NeedsSignIn) return { ...opened, isSignedIn: false };
    throw error;
  }
}

export function SessionGate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const location = useLocation();
  const { data, error, refetch } = useQuery({ queryKey: KEY, queryFn: check, staleTime: Infinity });

  useEffect(() => {
    return data?.session.onChange(() => void client.invalidateQueries({ queryKey: KEY }));
  }, [data?.session, client]);

  const shown = useMemo(() => data && describe(data), [data]);
  if (error !== null && data === undefined) {
    return (
      <main className="main narrow">
        <Problem error={error} onRetry={() => void refetch()} />
      </main>
    );
  }
  if (data === undefined || shown === undefined) return <Loading what="Starting" />;
  if (!data.isSignedIn)
    return <Navigate to="/sign-in" state={{ from: location.pathname }} replace />;
  return <Context value={shown}>{children}</Context>;
}

function describe({ config, session }: Checked): Shown {
  const { signOut } = session;
  return {
    config,
    email: session.email,
    signOut: signOut === undefined ? null : () => signOut.call(session),
  };
}

export function useSession(): Shown {
  const shown = useContext(Context);
  if (shown === null) throw new Error("useSession needs a SessionGate above it.");
  return shown;
}
