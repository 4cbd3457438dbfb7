import assert from "node:assert/strict";
import test from "node:test";
import { begin, isNewer, isStale, mustAsk, onAsked, onCards, onHead } from "../src/board/feed.js";

test("a batch that follows what is known is taken and nothing is asked", () => {
  const feed = onCards(begin(5, 0), { after: 5, seq: 7 }, 100);
  assert.equal(feed.known, 7);
  assert.equal(feed.goodAt, 100);
  assert.equal(mustAsk(feed, 100), false);
});

test("an old batch changes nothing", () => {
  assert.equal(onCards(begin(9, 0), { after: 3, seq: 6 }, 100).known, 9);
});

test("a batch after a gap does not move what is known, and asks at once", () => {
  const feed = onCards(begin(5, 0), { after: 8, seq: 9 }, 100);
  assert.equal(feed.known, 5);
  assert.equal(feed.goodAt, 0);
  assert.equal(mustAsk(feed, 100), true);
});

test("the answer closes the gap", () => {
  const gap = onAsked(onCards(begin(5, 0), { after: 8, seq: 9 }, 100), 100);
  const feed = onCards(gap, { after: 5, seq: 9 }, 150);
  assert.deepEqual([feed.known, feed.gap, feed.behindSince, feed.askedAt, feed.goodAt], [9, false, null, null, 150]);
});

test("an answer from before the newest batch keeps asking", () => {
  const gap = onAsked(onCards(begin(5, 0), { after: 8, seq: 9 }, 100), 100);
  assert.equal(mustAsk(onCards(gap, { after: 5, seq: 8 }, 150), 150), true);
});

test("a burst of batches after a gap asks once in two seconds", () => {
  let feed = onAsked(onCards(begin(5, 0), { after: 8, seq: 9 }, 100), 100);
  feed = onCards(feed, { after: 9, seq: 10 }, 200);
  assert.equal(mustAsk(feed, 2100), false);
  assert.equal(mustAsk(feed, 2101), true);
});

test("a heartbeat ahead of the page is given 1.5 s before asking", () => {
  const feed = onHead(begin(5, 0), { seq: 6 }, 1000);
  assert.equal(mustAsk(feed, 2500), false);
  assert.equal(mustAsk(feed, 2501), true);
  assert.equal(mustAsk(onCards(feed, { after: 5, seq: 6 }, 1200), 2501), false);
});

test("a second heartbeat does not start the waiting again", () => {
  const feed = onHead(onHead(begin(5, 0), { seq: 6 }, 1000), { seq: 7 }, 2400);
  assert.equal(mustAsk(feed, 2501), true);
});

test("entries that touch no card still count: an empty batch catches up", () => {
  const feed = onCards(onHead(begin(5, 0), { seq: 8 }, 1000), { after: 5, seq: 8 }, 1100);
  assert.equal(feed.known, 8);
  assert.equal(feed.behindSince, null);
});

test("stale ten seconds after the last time the page was complete, heartbeats or not", () => {
  const quiet = onHead(begin(5, 0), { seq: 5 }, 5000);
  assert.equal(isStale(quiet, 15_000), false);
  assert.equal(isStale(quiet, 15_001), true);
  const behind = onHead(begin(5, 0), { seq: 6 }, 9000);
  assert.equal(isStale(behind, 10_001), true);
});

test("only a newer version of a card is shown", () => {
  assert.equal(isNewer(4, 5), true);
  assert.equal(isNewer(5, 5), false);
});
