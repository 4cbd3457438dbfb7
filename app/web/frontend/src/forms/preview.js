/** <form data-preview="ID">: as it is filled in, ask the server for the page with step=preview and take over that part. */
const PAUSE_MS = 400;

export function startPreviews() {
  for (const form of document.querySelectorAll("form[data-preview]")) follow(form, form.dataset.preview);
}

function follow(form, id) {
  let timer = 0;
  let asked = 0;

  // Not form.action: a field may have that name.
  async function show() {
    const mine = ++asked;
    const body = new FormData(form);
    body.set("step", "preview");
    try {
      const response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "text/html" }, signal: AbortSignal.timeout(10_000) });
      if (mine !== asked || !(response.ok || response.status === 422)) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.getElementById(id);
      if (fresh && mine === asked) document.getElementById(id)?.replaceChildren(...fresh.childNodes);
    } catch {
      // The button shows it all the same.
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, PAUSE_MS);
  });
}
