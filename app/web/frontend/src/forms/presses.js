import { say, toast } from "../announce.js";
import { token } from "./csrf.js";
import { messagesOf } from "./messages.js";

const ANSWER_MS = 20_000;
const LEAST = -99;
const MOST = 99;

/** @typedef {{form: HTMLFormElement, kind: string, change: number}} Press */

/**
 * What waits to be sent, with one press more. Presses of the same button that have not gone out yet go as one.
 * @param {Press[]} waiting @param {Press} press @returns {Press[]}
 */
export function withPress(waiting, press) {
  const last = waiting.at(-1);
  if (!last || last.form !== press.form || last.kind !== press.kind) return [...waiting, press];
  const change = last.change + press.change;
  if (change < LEAST || change > MOST) return [...waiting, press];
  return change === 0 ? waiting.slice(0, -1) : [...waiting.slice(0, -1), { ...last, change }];
}

/**
 * <form data-presses> with buttons name="press" value="KIND CHANGE": who presses fast is not told to wait. The number
 * beside the button moves at once; the presses are sent one after the other, and then the page is fetched again.
 */
export function startPresses() {
  let waiting = [];
  let sending = false;

  document.addEventListener("submit", (event) => {
    const [kind, change] = (event.submitter?.name === "press" && event.submitter.value.split(" ")) || [];
    if (!event.target.matches("form[data-presses]") || !change) return;
    event.preventDefault();
    const press = { form: event.target, kind, change: Number(change) };
    waiting = withPress(waiting, press);
    show(press);
    if (!sending) sendAll();
  }, { capture: true });

  async function sendAll() {
    sending = true;
    while (waiting.length) {
      const [next, ...rest] = waiting;
      waiting = rest;
      next.form.dataset.busy = "";
      try {
        await send(next);
      } catch (error) {
        show({ ...next, change: -next.change });
        toast(error.message, "act");
      } finally {
        delete next.form.dataset.busy;
      }
    }
    sending = false;
    document.dispatchEvent(new CustomEvent("posted"));
  }
}

function show({ form, kind, change }) {
  const output = form.querySelector(`output[data-kind="${CSS.escape(kind)}"]`);
  if (output) output.textContent = String(Number(output.textContent) + change);
}

async function send({ form, kind, change }) {
  const body = new URLSearchParams(new FormData(form));
  body.set("press", `${kind} ${change}`);
  const options = { method: "POST", body, redirect: "manual", keepalive: true, signal: AbortSignal.timeout(ANSWER_MS) };
  const headers = { Accept: "application/json", "X-CSRFToken": token() };
  const response = await fetch(form.action, { ...options, headers }).catch(() => {
    throw new Error("Not counted: the server did not answer. Look at the number and press again.");
  });
  if (response.status === 401 || response.type === "opaqueredirect") return location.reload();
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(refusal(answer, response.status));
  say(answer.message ?? "Counted.");
}

function refusal(problem, status) {
  const fields = messagesOf(problem.errors).map(([, words]) => words).filter(Boolean);
  return ["Not counted:", ...(fields.length ? fields : [problem.detail ?? `the server refused it (${status})`])].join(" ");
}
