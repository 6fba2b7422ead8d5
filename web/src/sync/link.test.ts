import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Link, TIMING } from "./link.ts";

/** A connection that the test holds the other end of. */
class Line {
  static readonly OPEN = 1;
  static all: Line[] = [];
  readyState = 0;
  readonly sent: string[] = [];
  closedWith: number | null = null;
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: (event: { code: number }) => void;

  constructor() {
    Line.all.push(this);
  }

  open(): void {
    this.readyState = Line.OPEN;
    this.onopen?.();
  }

  say(data = "{}"): void {
    this.onmessage?.({ data });
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(code: number): void {
    this.closedWith = code;
  }
}

const timing = { ...TIMING, ping: 10, answer: 50, retry: 5, longestRetry: 10 };
const lost: number[] = [];
let link: Link;

function connect(): Line {
  globalThis.WebSocket = Line as unknown as typeof WebSocket;
  Line.all = [];
  lost.length = 0;
  link = new Link("ws://host", timing, {
    opened: () => undefined,
    received: () => undefined,
    lost: (code) => lost.push(code),
  });
  link.start();
  return Line.all[0] as Line;
}

afterEach(() => link.stop());

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isTrue()) {
    assert.ok(performance.now() < deadline, "it never came");
    await wait(1);
  }
}

test("a page says that it is there, also while the server says much", async () => {
  const line = connect();
  line.open();
  await until(() => {
    line.say();
    return line.sent.length >= 3;
  });
  assert.deepEqual(lost, []);
});

test("nothing is said before the hello was answered", async () => {
  const line = connect();
  line.open();
  await wait(25);
  assert.deepEqual(line.sent, []);
});

test("a server that is silent is taken for lost, and tried again without a goodbye", async () => {
  const line = connect();
  line.open();
  line.say();
  await until(() => Line.all.length > 1);
  assert.equal(lost[0], 1006);
  assert.equal(line.closedWith, 4000);
});

test("who stops says goodbye and stays away", async () => {
  const line = connect();
  line.open();
  link.stop();
  await wait(30);
  assert.equal(line.closedWith, 1000);
  assert.equal(Line.all.length, 1);
});
