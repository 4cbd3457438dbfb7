/**
 * <main data-module="huddle">: a table whose rows are forms `row-ID` with fields somewhere in the row. A changed field is
 * sent at once and the row says so in [data-saved="row-ID"]; Enter and the arrows go to the same field of the next row.
 */
import { token } from "./csrf.js";
import { messagesOf } from "./messages.js";

const CELL = "input.cell[form]";

export function startRows() {
  if (!document.querySelector('main[data-module="huddle"]')) return;
  document.addEventListener("change", (event) => {
    if (event.target.matches?.(CELL)) save(event.target);
  });
  document.addEventListener("keydown", onKey);
  document.addEventListener("morphed", remind);
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.(CELL)) event.target.select();
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector(`${CELL}[aria-invalid]`)) event.preventDefault();
  });
}

const STEPS = new Map([["Enter", 1], ["ArrowDown", 1], ["ArrowUp", -1]]);

function onKey(event) {
  if (!STEPS.has(event.key) || !event.target.matches?.(CELL) || event.isComposing) return;
  event.preventDefault();
  const column = [...document.querySelectorAll(`${CELL}[name="${CSS.escape(event.target.name)}"]`)];
  const next = column[column.indexOf(event.target) + STEPS.get(event.key)];
  // Leaving a field that was changed fires "change", which saves it.
  if (next) next.focus();
  else event.target.blur();
}

async function save(field) {
  const sent = field.value.trim();
  if (!sent) return mark(field, "empty changes nothing", true);
  const body = new URLSearchParams({ [field.name]: sent });
  mark(field, "saving…", false);
  try {
    const response = await fetch(field.form.action, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token() }, redirect: "manual", signal: AbortSignal.timeout(15_000) });
    if (response.status === 401) return location.reload();
    if (!response.ok) return mark(field, wordsOf(await response.json().catch(() => ({}))), true);
    field.defaultValue = sent;
    mark(field, "saved", false);
    document.dispatchEvent(new CustomEvent("posted"));
  } catch {
    mark(field, "not saved: the server did not answer", true);
  }
}

function wordsOf(problem) {
  const found = messagesOf(problem.errors).map(([, words]) => words).join(" ");
  return `not saved: ${found || problem.detail || "the server refused this"}`;
}

/** What went wrong with a row stays until it is right, also when the page is brought up to date. */
const wrongs = new Map();

function remind() {
  for (const [id, words] of wrongs) {
    const line = document.querySelector(`[data-saved="${CSS.escape(id)}"]`);
    if (line) line.textContent = words;
  }
}

function mark(field, words, wrong) {
  if (wrong) wrongs.set(field.form.id, words);
  else wrongs.delete(field.form.id);
  const line = document.querySelector(`[data-saved="${CSS.escape(field.form.id)}"]`);
  if (line) line.textContent = words;
  if (wrong) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}
