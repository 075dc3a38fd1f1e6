/** Preferences of whoever sits here: all that the browser keeps. */
import { effect, signal, type Signal } from "@preact/signals";

/** Where nothing may be kept, a preference holds until the page is closed. */
export function preference<T extends string>(name: string, fallback: T): Signal<T> {
  const key = `sunbeat-${name}`;
  const kept = signal<T>((read(key) as T | null) ?? fallback);
  effect(() => write(key, kept.value));
  return kept;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // It is not kept, then.
  }
}

export const theme = preference<"system" | "light" | "dark">("theme", "system");

effect(() => {
  if (theme.value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.value;
});
