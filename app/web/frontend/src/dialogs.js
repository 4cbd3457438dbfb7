/** Buttons with data-opens="id" open a dialog, data-closes closes the one around it. */
export function startDialogs() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-opens], [data-closes]");
    if (!button) return;
    if (button.dataset.opens !== undefined) document.getElementById(button.dataset.opens)?.showModal();
    else button.closest("dialog")?.close();
  });
}

/**
 * Ask before something that is hard to take back. Focus starts on the way out.
 * @param {string} question @param {string} yes the words of the button that goes on
 * @returns {Promise<boolean>}
 */
export function ask(question, yes) {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-labelledby", "ask-question");
  const words = document.createElement("h2");
  words.id = "ask-question";
  words.textContent = question;
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "buttons";
  form.append(choice("Cancel", "", ""), choice(yes, "yes", "danger"));
  dialog.append(words, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

function choice(label, value, kind) {
  const button = document.createElement("button");
  button.className = `button ${kind}`;
  button.value = value;
  button.textContent = label;
  return button;
}
