import { say } from "../announce.js";
import { serverNow, ticks, timeOfDay } from "../clock.js";
import { SILENT_MS } from "./feed.js";

/**
 * The words "as of 14:32:07", and the banner when they are no longer true.
 * @param {{silentMs?: number}} options
 */
export function startStatus({ silentMs = SILENT_MS } = {}) {
  const zone = document.body.dataset.zone || "UTC";
  const banner = document.querySelector("[data-stale-banner]");
  let goodAt = ticks();
  let stale = false;

  const asOf = () => timeOfDay(serverNow() - (ticks() - goodAt), zone);

  function mode(state, words) {
    for (const element of document.querySelectorAll("[data-live]")) {
      element.dataset.live = state;
      if (element.textContent !== words) element.textContent = words;
    }
  }

  function draw() {
    for (const element of document.querySelectorAll("[data-as-of]")) element.textContent = asOf();
  }

  function setStale(now) {
    if (now === stale) return;
    stale = now;
    document.body.classList.toggle("stale", stale);
    if (banner) {
      banner.hidden = !stale;
      banner.textContent = stale ? `Not live since ${asOf()}. Trying again…` : "";
    }
    if (stale) mode("lost", "Not live");
    say(stale ? `Not live since ${asOf()}. Trying again.` : "Live again.");
  }

  /** The engine sends, asks further and escalates; since when it has not been heard, or null. @param {string | null | undefined} since */
  function engine(since) {
    const warning = document.querySelector("[data-engine-silent]");
    const words = since ? silentWords(since, zone) : "";
    if (!warning || warning.hidden === !since && warning.textContent === words) return;
    warning.hidden = !since;
    warning.textContent = words;
    say(words || "The engine runs again.");
  }

  setInterval(() => setStale(ticks() - goodAt > silentMs), 500);

  return {
    /** The page was complete at this stopwatch time. @param {number} at */
    good(at) {
      goodAt = Math.max(goodAt, at);
      draw();
      setStale(ticks() - goodAt > silentMs);
    },
    engine,
    mode: (state, words) => { if (!stale) mode(state, words); },
  };
}

/** @param {string} since ISO time; the epoch when none ever ran @param {string} zone */
export function silentWords(since, zone) {
  const at = Date.parse(since);
  return at > 0 ? `The engine is silent since ${timeOfDay(at, zone).slice(0, 5)}: nothing is sent` : "No engine has ever run: nothing is sent";
}
