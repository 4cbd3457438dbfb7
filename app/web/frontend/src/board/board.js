import { io } from "socket.io-client";
import { setServerTime, ticks } from "../clock.js";
import { showCards } from "./cards.js";
import { begin, mustAsk, onAsked, onCards, onHead } from "./feed.js";
import { startStatus } from "./status.js";

const POLL_MS = 5000;
const RELOAD_MS = 10_000;

/** <main data-module="board" data-incident data-seq data-poll>: keep its cards up to date and say how old they are. */
export function startBoard() {
  const main = document.querySelector('[data-module="board"]');
  if (main) new Board(main).start();
}

export class Board {
  constructor(main) {
    this.main = main;
    this.incident = main.dataset.incident;
    this.feed = begin(Number(main.dataset.seq), ticks());
    this.status = startStatus();
    this.downSince = ticks();
    this.polledAt = -Infinity;
    this.socket = io("/board", {
      transports: ["websocket"],
      reconnectionDelay: 500,
      reconnectionDelayMax: 8000,
      autoConnect: false,
    });
  }

  start() {
    this.socket.on("connect", () => this.connected());
    this.socket.on("disconnect", (reason) => this.disconnected(reason));
    this.socket.on("connect_error", () => this.refused());
    this.socket.on("cards", (batch) => this.take(batch));
    this.socket.on("head", (head) => this.beat(head));
    this.socket.connect();
    setInterval(() => this.tick(), 500);
    for (const name of ["pageshow", "online"]) window.addEventListener(name, () => this.wake());
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.wake(); });
    document.addEventListener("posted", () => { if (!this.socket.connected) this.poll(); });
  }

  connected() {
    this.downSince = null;
    this.join();
  }

  disconnected(reason) {
    this.downSince ??= ticks();
    if (reason !== "io server disconnect") return;
    // The server closed it on purpose: signed out, or a role has changed. Not in a loop, though.
    if (!reloadOnce()) setTimeout(() => this.socket.connect(), 2000);
  }

  refused() {
    this.downSince ??= ticks();
    // Refused by the server (a full house), not a lost line: the library does not try again by itself.
    if (!this.socket.active) setTimeout(() => this.socket.connect(), 3000 + Math.random() * 3000);
  }

  wake() {
    if (this.socket.connected) this.join();
    else this.socket.connect();
  }

  join() {
    this.feed = onAsked(this.feed, ticks());
    this.socket.emit("join", { incident: this.incident, seq: this.feed.known });
  }

  take(batch) {
    setServerTime(batch.at);
    showCards(this.main, batch.cards);
    this.learn(onCards(this.feed, batch, ticks()));
  }

  beat(head) {
    setServerTime(head.at);
    this.status.engine(head.silent);
    this.learn(onHead(this.feed, head, ticks()));
  }

  learn(feed) {
    this.feed = feed;
    this.status.good(feed.goodAt);
    if (this.socket.connected) this.status.mode("live", "Live");
    this.askIfBehind();
  }

  askIfBehind() {
    if (this.socket.connected && mustAsk(this.feed, ticks())) this.join();
  }

  tick() {
    this.askIfBehind();
    const down = this.downSince !== null && ticks() - this.downSince > POLL_MS;
    if (down && ticks() - this.polledAt > POLL_MS) this.poll();
  }

  async poll() {
    this.polledAt = ticks();
    try {
      const url = `${this.main.dataset.poll}?after=${this.feed.known}`;
      const options = { headers: { Accept: "application/json" }, redirect: "manual", signal: AbortSignal.timeout(POLL_MS) };
      const response = await fetch(url, options);
      if (response.status === 401 || response.status === 403 || response.type === "opaqueredirect") return reloadOnce();
      if (!response.ok) return;
      this.take(await response.json());
      if (!this.socket.connected) this.status.mode("checking", "Checking every 5 s");
    } catch {
      // No line: the status says so, and the next round tries again.
    }
  }
}

/** Reload, but never in a loop. @returns {boolean} whether it did */
function reloadOnce() {
  const last = Number(sessionStorage.getItem("reloaded") ?? 0);
  if (Math.abs(Date.now() - last) < RELOAD_MS) return false;
  sessionStorage.setItem("reloaded", String(Date.now()));
  location.reload();
  return true;
}
