/**
 * Show the controls this person may use: data-needs="command logistics" asks for any of the words in the
 * body's data-can. Only what is shown depends on it; the server decides what is allowed.
 */
export function showAllowed(can) {
  const words = can.split(/\s+/).filter(Boolean);
  if (!words.length) return;
  const allowed = words.map((word) => `[data-needs~="${CSS.escape(word)}"]`).join(", ");
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`@layer needs { [data-needs]:is(${allowed}) { display: revert-layer; } }`);
  document.adoptedStyleSheets.push(sheet);
}
