const SUCCESS_MS = 8000;

/** Say a line to screen readers, politely. */
export function say(text) {
  const region = document.querySelector("[data-announce]");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => { region.textContent = text; }, 50);
}

/**
 * Show a message in the corner. Good news leaves by itself; bad news stays until it is closed.
 * @param {string} text @param {"done" | "act"} state
 */
export function toast(text, state = "done") {
  const box = document.createElement("div");
  box.className = "flash";
  box.dataset.state = state;
  box.setAttribute("role", state === "act" ? "alert" : "status");
  const words = document.createElement("span");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button quiet";
  close.textContent = "Close";
  close.addEventListener("click", () => box.remove());
  box.append(words, close);
  document.querySelector("[data-toasts]")?.append(box);
  words.textContent = text;
  if (state !== "act") setTimeout(() => leave(box), SUCCESS_MS);
}

function leave(box) {
  if (box.matches(":hover, :focus-within")) setTimeout(() => leave(box), 2000);
  else box.remove();
}
