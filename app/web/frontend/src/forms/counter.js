import { countSegments, nameOf } from "./segments.js";

function words({ segments, left, culprits }, most) {
  const texts = `${segments} ${segments === 1 ? "segment" : "segments"} for each person, ${left} left in the last`;
  const tooMany = most && segments > most ? ` At most ${most} allowed.` : "";
  if (!culprits.length) return `${texts}.${tooMany}`;
  const named = culprits.slice(0, 3).map(nameOf).join(", ");
  return `${texts}.${tooMany} Fewer characters fit because of: ${named}.`;
}

function show(area) {
  const output = document.getElementById(area.dataset.counter);
  if (!output) return;
  const count = countSegments((area.dataset.before ?? "") + area.value + (area.dataset.after ?? ""));
  const most = Number(area.dataset.most ?? 0);
  output.textContent = words(count, most);
  output.dataset.state = most && count.segments > most ? "act" : count.culprits.length ? "watch" : "normal";
}

const showAll = () => document.querySelectorAll('[data-module="segments"]').forEach(show);

export function startCounters() {
  showAll();
  document.addEventListener("input", (event) => {
    if (event.target.dataset?.module === "segments") show(event.target);
  });
  document.addEventListener("morphed", showAll);
}
