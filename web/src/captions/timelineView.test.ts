import assert from "node:assert/strict";
import { test } from "node:test";

import { sampleCaption } from "./sample.ts";
import { edgeNear, inSight, showing, timeAt, xOf, zoomed } from "./timelineView.ts";

const CAPTIONS = Array.from({ length: 2000 }, (_, one) => sampleCaption(one, one * 3, one * 3 + 3));
const VIEW = { startS: 100, pxPerS: 50, widthPx: 1000 };

test("only captions in sight are looked at, of however many", () => {
  assert.deepEqual(
    inSight(CAPTIONS, VIEW).map((one) => one.id),
    [33, 34, 35, 36, 37, 38, 39, 40],
  );
  assert.deepEqual(inSight([], VIEW), []);
});

test("zooming keeps the moment under the pointer", () => {
  const nearer = zoomed(VIEW, 2, 400, 6000);
  assert.equal(timeAt(nearer, 400), timeAt(VIEW, 400));
  assert.equal(zoomed(VIEW, 1e-9, 0, 6000).pxPerS, 4);
});

test("the page is turned when one leaves it, and not before", () => {
  assert.equal(showing(VIEW, 110, 6000), VIEW);
  const turned = showing(VIEW, 300, 6000);
  assert.ok(xOf(turned, 300) > 0 && xOf(turned, 300) < 1000);
  assert.equal(showing(VIEW, 0.5, 6000).startS, 0);
});

test("where two boundaries meet, the selected caption's is taken", () => {
  const x = xOf(VIEW, 105);
  assert.deepEqual(edgeNear(CAPTIONS, VIEW, x + 2, 6, 34), { id: 34, edge: "end" });
  assert.deepEqual(edgeNear(CAPTIONS, VIEW, x + 2, 6, 35), { id: 35, edge: "start" });
  assert.equal(edgeNear(CAPTIONS, VIEW, x + 60, 6, 35), null);
});
