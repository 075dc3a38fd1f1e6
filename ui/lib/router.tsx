/** Pages by path, and what a page shows by its query: links work, and back goes back. */
import { computed, signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";

const here = signal(new URL(location.href));

addEventListener("popstate", () => (here.value = new URL(location.href)));

const base = (): string => new URL(document.baseURI).pathname.replace(/\/$/, "");

/** Below the dashboard, decoded by `segments`: "/tasks/42". */
export const path = computed(() => here.value.pathname.slice(base().length) || "/");

export const segments = computed(() =>
  path.value
    .split("/")
    .filter((part) => part !== "")
    .map(decoded),
);

export const query = computed(() => here.value.searchParams);

/** A whole address for a path below the dashboard. */
export function hrefOf(to: string): string {
  return new URL(to.replace(/^\//, ""), document.baseURI).href;
}

export function navigate(to: string, options: { readonly replace?: boolean } = {}): void {
  const url = new URL(hrefOf(to));
  if (url.href === here.value.href) return;
  const isOtherPage = url.pathname !== here.value.pathname;
  history[options.replace === true ? "replaceState" : "pushState"](null, "", url);
  here.value = url;
  if (isOtherPage) {
    scrollTo(0, 0);
    document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
  }
}

/** Changes what the page shows: null takes a part of the query away. */
export function setQuery(
  changes: Readonly<Record<string, string | null>>,
  options?: { readonly replace?: boolean },
): void {
  const next = new URLSearchParams(query.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  navigate(`${path.value}${text === "" ? "" : `?${text}`}`, options);
}

/** One part of a path. */
export const part = (text: string): string => encodeURIComponent(text);

export function Link({
  to,
  children,
  ...rest
}: {
  readonly to: string;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly title?: string;
  readonly "aria-current"?: "page" | undefined;
}): JSX.Element {
  const follow = (event: MouseEvent): void => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return (
    <a href={hrefOf(to)} onClick={follow} {...rest}>
      {children}
    </a>
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
