/** Keys of the page. What was hung in last is asked first; fields that are typed in keep their keys. */

/** Whether it was for it. */
type Handler = (key: string) => boolean;

const handlers: Handler[] = [];

/** Gives the function that ends it. */
export function onKey(handler: Handler): () => void {
  handlers.push(handler);
  return () => void handlers.splice(handlers.indexOf(handler), 1);
}

addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  const target = event.target as HTMLElement;
  if (/^(input|textarea|select)$/i.test(target.tagName) && target.getAttribute("type") !== "checkbox") return;
  if (document.querySelector("dialog[open]") !== null && event.key !== "?") return;
  // A key that presses what has the focus is not ours.
  if ((event.key === "Enter" || event.key === " ") && /^(a|button|input|summary)$/i.test(target.tagName))
    return;
  if (handlers.toReversed().some((handler) => handler(event.key))) event.preventDefault();
});
