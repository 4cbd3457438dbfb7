import { setServerTime } from "./clock.js";
import { morphInside } from "./board/morph.js";
import { startStatus } from "./board/status.js";
import { ticks } from "./clock.js";

/** <main data-autorefresh="SECONDS">: fetch the same page and morph its main part in. */
export function startAutorefresh() {
  const main = document.querySelector("main[data-autorefresh]");
  if (!main) return;
  const seconds = Math.max(1, Number(main.dataset.autorefresh) || 5);
  const status = startStatus({ silentMs: Math.max(10_000, 2500 * seconds) });
  let working = false;

  async function refresh() {
    if (working || document.hidden) return;
    working = true;
    try {
      const response = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(10_000) });
      if (response.status === 401 || response.redirected) return location.reload();
      if (!response.ok) return;
      take(main, await response.text());
      status.good(ticks());
      status.mode("checking", `Checking every ${seconds} s`);
    } catch {
      // The status turns stale by itself; the next round tries again.
    } finally {
      working = false;
    }
  }

  setInterval(refresh, seconds * 1000);
  document.addEventListener("posted", refresh);
  document.addEventListener("visibilitychange", refresh);
}

function take(main, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.querySelector("main[data-autorefresh]");
  setServerTime(page.querySelector('meta[name="server-time"]')?.content);
  if (fresh) morphInside(main, fresh);
}
