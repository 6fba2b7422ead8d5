// What the API says when something goes wrong (RFC 9457), in words for a person.

interface ProblemBody {
  code?: unknown;
  title?: unknown;
  detail?: unknown;
  hint?: unknown;
}

export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;

  constructor(status: number, code: string, message: string, hint: string | null) {
    super(message);
    this.name = "ApiProblem";
    this.status = status;
    this.code = code;
    this.hint = hint;
  }

  static of(status: number, body: unknown): ApiProblem {
    const told = (typeof body === "object" && body !== null ? body : {}) as ProblemBody;
    return new ApiProblem(
      status,
      text(told.code) ?? "unknown",
      text(told.detail) ?? text(told.title) ?? `The server answered with ${status}.`,
      text(told.hint),
    );
  }

  /** Whether the same again may work. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function unreachable(): ApiProblem {
  const hint = navigator.onLine ? "It may be restarting." : "You are offline.";
  return new ApiProblem(0, "unreachable", "The server cannot be reached.", hint);
}

/** Any error as a sentence and what to do. */
export function describeProblem(error: unknown): { message: string; hint: string | null } {
  if (error instanceof ApiProblem) return { message: error.message, hint: error.hint };
  return { message: error instanceof Error ? error.message : String(error), hint: null };
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
