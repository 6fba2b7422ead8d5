// When an access token ends, as it says itself; whether it is true is the server's to know.

const BEFORE_ITS_END_MS = 60_000;

/** Milliseconds until a new token should be sent; null if the token does not say when it ends. */
export function refreshAfter(token: string, nowMs: number): number | null {
  const ends = expiryOf(token);
  if (ends === null) return null;
  const left = Math.max(0, ends * 1000 - nowMs);
  return Math.max(left - BEFORE_ITS_END_MS, left / 2);
}

function expiryOf(token: string): number | null {
  const [, payload] = token.split(".");
  if (payload === undefined) return null;
  try {
    const claims: unknown = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/")));
    const { exp } = claims as { exp?: unknown };
    return typeof exp === "number" ? exp : null;
  } catch {
    return null; // a token that is no JWT
  }
}
