import { setServerTime, ticks } from "../clock.js";
import { Board } from "./board.js";
import { onCards } from "./feed.js";
import { morphInside } from "./morph.js";

const BREATH_MS = 400;
const LOAD_MS = 10_000;

/**
 * <main data-module="follow" data-incident data-seq data-poll data-cards-followed="callouts" data-every="30">:
 * a page about a part of an incident. The socket tells when one of those cards has changed; then the page is
 * fetched again and morphed in. Every so many seconds it is fetched anyway, for what only time changes.
 */
export function startFollowing() {
  const main = document.querySelector('[data-module="follow"]');
  if (main) new Follower(main).start();
}

const breath = () => new Promise((done) => { setTimeout(done, BREATH_MS); });

class Follower extends Board {
  constructor(main) {
    super(main);
    this.followed = new Set((main.dataset.cardsFollowed ?? "").split(" "));
    this.current = null;
    this.next = null;
  }

  start() {
    super.start();
    const every = Number(this.main.dataset.every) || 30;
    setInterval(() => { if (!document.hidden) this.renew(); }, every * 1000);
    document.addEventListener("posted", () => this.renew());
  }

  /** The page is complete up to a batch only once it has been fetched after it. */
  async take(batch) {
    const touched = batch.cards.some((card) => this.followed.has(card.id));
    if (touched && !(await this.renew())) return;
    setServerTime(batch.at);
    this.learn(onCards(this.feed, batch, ticks()));
  }

  /** One fetch at a time; all who ask during one share the next. @returns {Promise<boolean>} whether it worked */
  renew() {
    if (this.next) return this.next;
    if (!this.current) return this.begin();
    this.next = this.current.then(() => { this.next = null; return this.begin(); });
    return this.next;
  }

  begin() {
    const loaded = this.load();
    this.current = loaded.then(breath).then(() => { this.current = null; });
    return loaded;
  }

  async load() {
    try {
      const options = { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(LOAD_MS) };
      const response = await fetch(location.href, options);
      if (response.status === 401 || response.redirected) location.reload();
      if (!response.ok) return false;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.querySelector('[data-module="follow"]');
      if (fresh) morphInside(this.main, fresh);
      return Boolean(fresh);
    } catch {
      return false; // No line: the status says so, and the next batch or round tries again.
    }
  }
}
