import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Batch, forgetSaved, persistentStore } from "./store.ts";

const image = { file: new Uint8Array([1, 2]), copy: "copy", dbVersion: 7 };

function batch(number: number): Batch {
  return { id: `batch ${number}`, number, changes: [], isAcked: false };
}

test("the next page gets what the last one has left", async () => {
  const store = await persistentStore("one");
  await store.add(batch(1));
  await store.add(batch(2));
  await store.settle([batch(1)], "taken");
  await store.keep(image, []);
  store.release();
  const again = await persistentStore("one");
  assert.deepEqual(again.siteId, store.siteId);
  assert.deepEqual(again.image, image);
  assert.deepEqual(
    again.batches.map(({ id, isAcked }) => [id, isAcked]),
    [
      ["batch 1", true],
      ["batch 2", false],
    ],
  );
  again.release();
});

test("two pages at once have stores of their own, and another database has none of them", async () => {
  const [first, second] = [await persistentStore("two"), await persistentStore("two")];
  assert.notDeepEqual(first.siteId, second.siteId);
  await first.keep(image, []);
  assert.equal((await persistentStore("other")).image, null);
});

test("a store with unsaved edits is taken first", async () => {
  const [first, second] = [await persistentStore("three"), await persistentStore("three")];
  await first.add(batch(1));
  await second.keep(image, []);
  first.release();
  second.release();
  assert.deepEqual((await persistentStore("three")).siteId, first.siteId);
});

test("an image takes the place of the edits in it that are saved", async () => {
  const store = await persistentStore("four");
  const [saved, waiting] = [batch(1), batch(2)];
  await store.add(saved);
  await store.add(waiting);
  saved.isAcked = true;
  await store.settle([saved], "taken");
  await store.keep(image, [saved, waiting]);
  store.release();
  const again = await persistentStore("four");
  assert.deepEqual(
    again.batches.map(({ id }) => id),
    ["batch 2"],
  );
});

test("signing out removes all but edits that are not saved, and nothing comes back", async () => {
  const [saved, unsaved] = [await persistentStore("five"), await persistentStore("six")];
  await saved.keep(image, []);
  await unsaved.add(batch(1));
  await forgetSaved();
  await saved.keep(image, []);
  saved.release();
  unsaved.release();
  assert.equal((await persistentStore("five")).image, null);
  assert.equal((await persistentStore("six")).batches.length, 1);
});
