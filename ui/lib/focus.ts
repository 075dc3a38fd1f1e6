/** Where what had the focus goes away, such as the button of a row that is done with, the page has it: keys go on from there. */
export function keepFocus(): void {
  let last: HTMLElement | null = null;
  addEventListener("focusin", (event) => (last = event.target as HTMLElement));
  const look = (): void => {
    if (last === null || document.activeElement !== document.body) return;
    if (document.querySelector("dialog[open]") !== null) return;
    if (last.isConnected && !last.matches(":disabled")) return;
    document.getElementById("main")?.focus({ preventScroll: true });
  };
  new MutationObserver(look).observe(document.body, {
    ...{ childList: true, subtree: true },
    attributeFilter: ["disabled"],
  });
}
