const rowOf = (element) => element.closest("[data-count]");
const inputOf = (row) => row.querySelector("input");

function tell(form) {
  const save = form?.querySelector("[data-save]");
  if (!save) return;
  const typed = [...form.querySelectorAll("[data-count] input")].filter((input) => input.value.trim()).length;
  save.parentElement.classList.toggle("ready", typed > 0);
  save.textContent = typed === 0 ? "Save" : typed === 1 ? "Save 1 number" : `Save ${typed} numbers`;
}

function set(row, value) {
  const input = inputOf(row);
  input.value = String(Math.max(0, value));
  row.querySelectorAll("[data-step]").forEach((button) => {
    button.disabled = button.dataset.step === "-1" && Number(input.value) === 0;
  });
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function press(event) {
  const button = event.target.closest?.("[data-step], [data-same]");
  const row = button && rowOf(button);
  if (!row) return;
  event.preventDefault();
  const input = inputOf(row);
  const last = Number(input.dataset.last || 0);
  const typed = input.value.trim();
  const now = typed === "" || !/^\d+$/.test(typed) ? last : Number(typed);
  set(row, "same" in button.dataset ? last : now + Number(button.dataset.step));
}

/** Rows to count in (data-count): − and + around the last value, "still the same"; nothing is sent until Save. */
export function startSteppers() {
  document.addEventListener("click", press);
  document.addEventListener("input", (event) => {
    const row = rowOf(event.target);
    if (!row) return;
    row.classList.toggle("to-save", event.target.value.trim() !== "");
    tell(row.closest("form"));
  });
  document.querySelectorAll("[data-count] input").forEach((input) => {
    if (input.value) input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
