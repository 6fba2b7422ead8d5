// Sign-in of a Supabase user.

import { useMutation } from "@tanstack/react-query";
import { Captions } from "lucide-react";
import type { FormEvent } from "react";
import { useLocation, useNavigate } from "react-router";
import { usePageTitle } from "../shell/title.ts";
import { Problem } from "../ui/parts.tsx";
import { openSession } from "./session.ts";

export default function SignInPage() {
  usePageTitle("Sign in");
  const navigate = useNavigate();
  const location = useLocation();
  const signIn = useMutation({
    mutationFn: async ({ email, password }: { email: string; password: string }) => {
      const { session } = await openSession();
      const { SupabaseSession } = await import("./supabase.ts");
      if (session instanceof SupabaseSession) await session.signIn(email, password);
    },
    onSuccess: () => navigate((location.state as { from?: string } | null)?.from ?? "/"),
  });

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    signIn.mutate({ email: String(form.get("email")), password: String(form.get("password")) });
  };

  return (
    <main className="main sign-in">
      <form className="sign-in-form" onSubmit={submit}>
        <p className="brand">
          <Captions aria-hidden size={22} />
          CaptionA.cc
        </p>
        <h1>Sign in</h1>
        {signIn.error === null ? null : <Problem error={signIn.error} />}
        <label className="field">
          <span>E-mail</span>
          <input className="input" type="email" name="email" autoComplete="username" required />
        </label>
        <label className="field">
          <span>Password</span>
          <input
            className="input"
            type="password"
            name="password"
            autoComplete="current-password"
            required
          />
        </label>
        <button type="submit" className="button primary" disabled={signIn.isPending}>
          {signIn.isPending ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
