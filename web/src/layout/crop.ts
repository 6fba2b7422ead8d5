// The crop region: fractions 0 to 1 of the frame as it is shown, moved by its edges or as a whole.

export interface Region {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export type Side = keyof Region;
export const SIDES: readonly Side[] = ["left", "top", "right", "bottom"];

/** Narrower than this no caption is. */
export const LEAST_SIDE = 0.02;

const OPPOSITE: Readonly<Record<Side, Side>> = {
  left: "right",
  right: "left",
  top: "bottom",
  bottom: "top",
};

/** What one side may be, given the other three. */
export function limitsOf(region: Region, side: Side): [least: number, most: number] {
  const isLow = side === "left" || side === "top";
  return isLow
    ? [0, region[OPPOSITE[side]] - LEAST_SIDE]
    : [region[OPPOSITE[side]] + LEAST_SIDE, 1];
}

/** The region with some sides moved by so much, as far as they can. */
export function withSidesMoved(
  region: Region,
  sides: readonly Side[],
  byX: number,
  byY: number,
): Region {
  let moved = region;
  for (const side of sides) {
    const [least, most] = limitsOf(moved, side);
    const by = side === "left" || side === "right" ? byX : byY;
    moved = { ...moved, [side]: clamped(moved[side] + by, least, most) };
  }
  return moved;
}

/** The region moved as a whole, as far as it can. */
export function withPlace(region: Region, byX: number, byY: number): Region {
  const x = clamped(byX, -region.left, 1 - region.right);
  const y = clamped(byY, -region.top, 1 - region.bottom);
  return {
    left: region.left + x,
    top: region.top + y,
    right: region.right + x,
    bottom: region.bottom + y,
  };
}

/** The region between two corners, in any order. */
export function between(x1: number, y1: number, x2: number, y2: number): Region {
  const clip = (value: number) => clamped(value, 0, 1);
  return {
    left: clip(Math.min(x1, x2)),
    top: clip(Math.min(y1, y2)),
    right: clip(Math.max(x1, x2)),
    bottom: clip(Math.max(y1, y2)),
  };
}

export function isSame(one: Region | null, other: Region | null): boolean {
  if (one === null || other === null) return one === other;
  return SIDES.every((side) => Math.abs(one[side] - other[side]) < 1e-9);
}

/** Whether two regions have a point in common. */
export function meets(one: Region, other: Region): boolean {
  return (
    one.left < other.right &&
    other.left < one.right &&
    one.top < other.bottom &&
    other.top < one.bottom
  );
}

/** The least region around all of them, with room on every side. */
export function around(regions: readonly Region[], margin: number): Region | null {
  if (regions.length === 0) return null;
  return {
    left: Math.max(Math.min(...regions.map((one) => one.left)) - margin, 0),
    top: Math.max(Math.min(...regions.map((one) => one.top)) - margin, 0),
    right: Math.min(Math.max(...regions.map((one) => one.right)) + margin, 1),
    bottom: Math.min(Math.max(...regions.map((one) => one.bottom)) + margin, 1),
  };
}

export function clamped(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
