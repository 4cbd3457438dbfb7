import { ageText, countdownText } from "./age.js";
import { serverNow, setServerTime } from "./clock.js";

/** @param {HTMLTimeElement} element */
function showAge(element, now) {
  const seconds = (now - Date.parse(element.dateTime)) / 1000;
  if (Number.isNaN(seconds)) return;
  const old = element.dataset.maxAge !== undefined && seconds > Number(element.dataset.maxAge);
  write(element, old ? `${ageText(seconds)}, old` : ageText(seconds));
  element.classList.toggle("stale", old);
}

function showCountdown(element, now) {
  const seconds = (Date.parse(element.dateTime) - now) / 1000;
  if (Number.isNaN(seconds)) return;
  write(element, countdownText(seconds));
  element.classList.toggle("stale", seconds <= 0);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Rewrite every age and countdown under root. */
export function tickAges(root = document) {
  const now = serverNow();
  for (const element of root.querySelectorAll("time[data-age]")) showAge(element, now);
  for (const element of root.querySelectorAll("time[data-countdown]")) showCountdown(element, now);
}

export function startAges() {
  setServerTime(document.querySelector('meta[name="server-time"]')?.content);
  tickAges();
  setInterval(tickAges, 1000);
}
