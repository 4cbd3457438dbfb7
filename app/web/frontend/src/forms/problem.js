import { toast } from "../announce.js";
import { messagesOf } from "./messages.js";

/** Show an RFC 9457 problem where the person is looking: by the fields, or as a message when there are none. */
export function showProblem(form, problem) {
  const title = problem.title ?? `The server refused this (${problem.status})`;
  const text = [title, problem.detail].filter(Boolean).join(": ");
  const fields = messagesOf(problem.errors).filter(([, words]) => words);
  if (!form.querySelector(".field")) {
    return toast([text, ...fields.map(([, words]) => words)].join(" "), "act");
  }
  form.prepend(summary(text, fields));
  for (const [name, words] of fields) mark(form, name, words);
  form.firstElementChild.focus();
}

export function clearProblem(form) {
  form.querySelector(":scope > [data-keep]")?.remove();
  for (const field of form.querySelectorAll(".field.bad")) {
    field.classList.remove("bad");
    field.querySelector(".error")?.remove();
    field.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
  }
}

function summary(text, fields) {
  const box = document.createElement("div");
  box.className = "error-summary";
  box.dataset.keep = "";
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  const list = document.createElement("ul");
  list.append(...fields.map(([, words]) => item(words)));
  const title = document.createElement("h2");
  title.textContent = text;
  box.append(title, ...(fields.length ? [list] : []));
  return box;
}

function item(words) {
  const line = document.createElement("li");
  line.textContent = words;
  return line;
}

function mark(form, name, words) {
  const field = form.querySelector(`[data-field="${CSS.escape(name)}"]`);
  const input = field?.querySelector("input, select, textarea");
  if (!input) return;
  const line = document.createElement("p");
  line.className = "error";
  line.id = `${input.id || name}-error`;
  line.textContent = words;
  field.classList.add("bad");
  field.querySelector("label, legend")?.after(line);
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", `${input.getAttribute("aria-describedby") ?? ""} ${line.id}`.trim());
}
