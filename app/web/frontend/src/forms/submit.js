import { toast } from "../announce.js";
import { ask } from "../dialogs.js";
import { token } from "./csrf.js";
import { clearProblem, showProblem } from "./problem.js";

const GIVE_BACK_MS = 15_000;
const ANSWER_MS = 20_000;
const confirmed = new WeakSet();

/** One submit rule for every form: ask if it must be asked, send once, and stay on the page when it is inline. */
export function startForms() {
  document.addEventListener("submit", onSubmit);
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(free));
}

async function onSubmit(event) {
  const form = event.target;
  const button = event.submitter;
  if (form.method === "dialog" || event.defaultPrevented) return;
  if (form.dataset.busy !== undefined) return event.preventDefault();

  const question = button?.dataset.confirm ?? form.dataset.confirm;
  if (question && !confirmed.delete(form)) {
    event.preventDefault();
    if (!(await ask(question, button?.textContent.trim() || "Yes"))) return;
    confirmed.add(form);
    return form.requestSubmit(button);
  }
  if (form.dataset.inline !== undefined && livePage()) {
    event.preventDefault();
    return postInline(form, button);
  }
  // After the browser has read the form: a disabled button would not be sent with it.
  setTimeout(() => hold(form, button));
  setTimeout(() => free(form), GIVE_BACK_MS);
}

const livePage = () => document.querySelector('[data-module="board"], [data-module="follow"], [data-autorefresh]');

function hold(form, button) {
  form.dataset.busy = "";
  if (!button) return;
  button.dataset.words = button.textContent;
  button.textContent = "Working…";
  button.setAttribute("aria-disabled", "true");
}

function free(form) {
  delete form.dataset.busy;
  for (const button of form.querySelectorAll("[data-words]")) {
    button.textContent = button.dataset.words;
    button.removeAttribute("aria-disabled");
    delete button.dataset.words;
  }
}

async function postInline(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  const url = button?.hasAttribute("formaction") ? button.formAction : form.action;
  hold(form, button);
  clearProblem(form);
  try {
    await answered(form, await send(url, body));
  } catch {
    toast("Not sent: the server did not answer. What you typed is still here.", "act");
  } finally {
    free(form);
  }
}

function send(url, body) {
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  return fetch(url, { method: "POST", body, headers, redirect: "manual", signal: AbortSignal.timeout(ANSWER_MS) });
}

async function answered(form, response) {
  if (response.status === 401) return location.reload();
  const answer = await response.json().catch(() => ({}));
  if (response.type === "opaqueredirect") return location.reload();
  if (!response.ok) return showProblem(form, { status: response.status, ...answer });
  form.reset();
  form.closest("dialog")?.close();
  form.closest("details")?.removeAttribute("open");
  if (answer.location) return location.assign(answer.location);
  toast(answer.message ?? "Done.");
  document.dispatchEvent(new CustomEvent("posted"));
}
