const YEAR = 365 * 24 * 3600;

/** The choice lives in a cookie, so that the server draws the page right the first time. */
export function startTheme() {
  const select = document.querySelector('[data-module="theme"]');
  select?.addEventListener("change", () => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${select.value}; Path=/; SameSite=Lax; Max-Age=${select.value ? YEAR : 0}${secure}`;
    if (select.value) document.documentElement.dataset.theme = select.value;
    else delete document.documentElement.dataset.theme;
  });
}
