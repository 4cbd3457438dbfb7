const itemsOf = (id) => [...(document.getElementById(id)?.querySelectorAll("[data-item]") ?? [])];

function filter(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of itemsOf(input.dataset.filter)) {
    const text = item.textContent.toLowerCase();
    item.hidden = !words.every((word) => text.includes(word));
  }
}

function selectShown(box) {
  for (const item of itemsOf(box.dataset.selectAll)) {
    const choice = item.querySelector('input[type="checkbox"]');
    if (item.hidden || !choice || choice.disabled || choice.checked === box.checked) continue;
    choice.checked = box.checked;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/** "Type to filter" (data-filter="list id") and "all shown" (data-select-all="list id"); rows carry data-item. */
export function startLists() {
  document.addEventListener("input", (event) => {
    if (event.target.dataset?.filter) filter(event.target);
  });
  document.addEventListener("change", (event) => {
    if (event.target.dataset?.selectAll) selectShown(event.target);
  });
  document.addEventListener("morphed", () => {
    for (const input of document.querySelectorAll("[data-filter]")) if (input.value) filter(input);
  });
}
