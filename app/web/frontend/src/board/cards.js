import { say } from "../announce.js";
import { isNewer } from "./feed.js";
import { morphWhole, settleIn } from "./morph.js";

const HIGHLIGHT_MS = 2000;
const QUIET_MS = 5000;

/**
 * Show the cards that are newer than what is shown. html is the whole article; empty html takes the card away;
 * a card that is not on the page yet goes to the end of its region.
 * @param {HTMLElement} main @param {{id: string, version: number, html: string}[]} cards
 */
export function showCards(main, cards) {
  const changed = cards.map((card) => showCard(main, card)).filter(Boolean);
  for (const article of changed) highlight(article);
  report(changed.map((article) => article.dataset.name));
}

function showCard(main, { id, version, html }) {
  const shown = main.querySelector(`[data-card="${CSS.escape(id)}"]`);
  if (shown && !isNewer(Number(shown.dataset.version), version)) return null;
  if (!html) {
    shown?.remove();
    return null;
  }
  const fresh = parse(html);
  if (!fresh) return null;
  if (!shown) return add(main, fresh);
  morphWhole(shown, fresh);
  return main.querySelector(`[data-card="${CSS.escape(id)}"]`);
}

function add(main, fresh) {
  const region = fresh.dataset.region ?? "";
  const place = main.querySelector(`[data-cards="${CSS.escape(region)}"]`) ?? main.querySelector("[data-cards]");
  (place ?? main).append(fresh);
  settleIn(fresh);
  return fresh;
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content.querySelector("[data-card]");
}

function highlight(article) {
  article.classList.remove("changed");
  void article.offsetWidth;
  article.classList.add("changed");
  setTimeout(() => article.classList.remove("changed"), HIGHLIGHT_MS);
}

const pending = new Set();
let timer = null;

/** One polite line for all cards that changed, at most every five seconds. */
function report(names) {
  for (const name of names) if (name) pending.add(name);
  if (!pending.size || timer) return;
  speak();
  timer = setTimeout(() => { timer = null; report([]); }, QUIET_MS);
}

function speak() {
  say(`${[...pending].join(", ")} updated`);
  pending.clear();
}
