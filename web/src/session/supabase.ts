// Supabase's sign-in. Loaded only where it is configured: its library is larger than our page.

import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { forgetSaved } from "../sync/store.ts";
import type { ClientConfig } from "./session.ts";
import { NeedsSignIn, type Session } from "./session.ts";

export class SupabaseSession implements Session {
  readonly client: SupabaseClient;
  #email: string | null;

  private constructor(client: SupabaseClient, email: string | null) {
    this.client = client;
    this.#email = email;
    client.auth.onAuthStateChange((_, session) => {
      this.#email = session?.user.email ?? null;
    });
  }

  static async open(project: NonNullable<ClientConfig["supabase"]>): Promise<SupabaseSession> {
    const client = createClient(project.url, project.anon_key);
    const { data } = await client.auth.getSession();
    return new SupabaseSession(client, data.session?.user.email ?? null);
  }

  get email(): string | null {
    return this.#email;
  }

  async getToken(): Promise<string> {
    const { data, error } = await this.client.auth.getSession(); // renews what is about to expire
    if (error !== null || data.session === null) throw new NeedsSignIn("Sign in.");
    return data.session.access_token;
  }

  onChange(listener: () => void): () => void {
    const { data } = this.client.auth.onAuthStateChange(() => listener());
    return () => data.subscription.unsubscribe();
  }

  /** Throws with the service's own words if it refuses. */
  async signIn(email: string, password: string): Promise<void> {
    const { error } = await this.client.auth.signInWithPassword({ email, password });
    if (error !== null) throw error;
  }

  async signOut(): Promise<void> {
    await this.client.auth.signOut();
    await forgetSaved();
  }
}
