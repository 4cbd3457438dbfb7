/** <button data-prints>: print this page. */
export function startPrinting() {
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-prints]")) window.print();
  });
}
