// Times as people read them.

/** `1:02:03.45`, hours only if there are any. */
export function timecode(timeS: number, digits = 2): string {
  const factor = 10 ** digits;
  const total = Math.round(Math.max(timeS, 0) * factor);
  const seconds = ((total / factor) % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  const minutes = Math.floor(total / factor / 60);
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes}:${seconds}`;
  return `${hours}:${String(minutes % 60).padStart(2, "0")}:${seconds}`;
}

/** How far apart marks on a time line are, in seconds, to be at least `leastPx` apart. */
export function markStep(pxPerS: number, leastPx: number): number {
  return STEPS_S.find((stepS) => stepS * pxPerS >= leastPx) ?? 3600;
}

const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800];
