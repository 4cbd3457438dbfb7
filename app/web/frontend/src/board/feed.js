/**
 * What one page knows about an incident's feed, and when it must ask. Pure: values in, values out; times are
 * stopwatch milliseconds. "seq" numbers the journal without gaps, so a batch that starts after what we know
 * means that something was missed.
 */
export const BEHIND_MS = 1500;
export const REJOIN_MS = 2000;
export const SILENT_MS = 10_000;

/**
 * @typedef {object} Feed
 * @property {number} known everything up to here is shown
 * @property {number} head the newest seq the server has spoken of
 * @property {number | null} behindSince when we first knew that we were behind
 * @property {boolean} gap a batch was missed: ask at once
 * @property {number | null} askedAt when we last asked, until it is answered
 * @property {number} goodAt when the page was last known to be complete
 */

/** @param {number} seq @param {number} at @returns {Feed} */
export const begin = (seq, at) => ({ known: seq, head: seq, behindSince: null, gap: false, askedAt: null, goodAt: at });

/** @param {Feed} feed @param {number} at @returns {Feed} */
function settle(feed, at) {
  if (feed.known >= feed.head) return { ...feed, behindSince: null, gap: false, goodAt: at };
  return { ...feed, behindSince: feed.behindSince ?? at };
}

/** A batch of cards came, changed after `after` up to `seq`. @returns {Feed} */
export function onCards(feed, { after, seq }, at) {
  const head = Math.max(feed.head, seq);
  if (after > feed.known) return settle({ ...feed, head, gap: true }, at);
  return settle({ ...feed, head, known: Math.max(feed.known, seq), askedAt: null }, at);
}

/** The heartbeat came. @returns {Feed} */
export const onHead = (feed, { seq }, at) => settle({ ...feed, head: Math.max(feed.head, seq) }, at);

/** We asked. @returns {Feed} */
export const onAsked = (feed, at) => ({ ...feed, askedAt: at });

/** @returns {boolean} */
export function mustAsk(feed, at) {
  if (feed.behindSince === null) return false;
  if (feed.askedAt !== null && at - feed.askedAt <= REJOIN_MS) return false;
  return feed.gap || at - feed.behindSince > BEHIND_MS;
}

/** Not live: nothing has confirmed the page for too long. @returns {boolean} */
export const isStale = (feed, at, limit = SILENT_MS) => at - feed.goodAt > limit;

/** @param {number} shown @param {number} offered */
export const isNewer = (shown, offered) => offered > shown;
