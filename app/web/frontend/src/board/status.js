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

  setInterval(() => setStale(ticks() - goodAt > silentMs), 500);

  return {
    /** The page was complete at this stopwatch time. @param {number} at */
    good(at) {
      goodAt = Math.max(goodAt, at);
      draw();
      setStale(ticks() - goodAt > silentMs);
    },
    mode: (state, words) => { if (!stale) mode(state, words); },
  };
}
