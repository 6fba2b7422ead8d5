// The session of whoever sits at the machine that runs everything.

import { ApiProblem, unreachable } from "../api/problem.ts";
import type { components } from "../api/schema.d.ts";
import type { Session } from "./session.ts";

const RENEW_BEFORE_MS = 5 * 60_000;

interface Token {
  value: string;
  renewAt: number;
}

export class LocalSession implements Session {
  readonly email = null;
  #token: Token | null = null;
  #asking: Promise<Token> | null = null;

  async getToken(): Promise<string> {
    if (this.#token !== null && Date.now() < this.#token.renewAt) return this.#token.value;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return (await this.#asking).value;
  }

  onChange(): () => void {
    return () => undefined; // nobody signs in or out here
  }

  async #ask(): Promise<Token> {
    const answer = await fetch("/v1/session", { method: "POST" }).catch(() => {
      throw unreachable();
    });
    if (!answer.ok) throw ApiProblem.of(answer.status, await answer.json().catch(() => null));
    const told = (await answer.json()) as components["schemas"]["Session"];
    const renewAt = Date.parse(told.expires_at) - RENEW_BEFORE_MS;
    this.#token = { value: told.access_token, renewAt };
    return this.#token;
  }
}
