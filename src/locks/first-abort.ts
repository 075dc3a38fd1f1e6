/**
 * `AbortSignal.any` leaves a trace in each of its sources for as long as that lives, 70 bytes a call: a program that
 * uses a lock a million times under one signal of its own would keep them all. Here a source has one listener, and what
 * follows it leaves.
 */
const followers = new WeakMap<AbortSignal, Set<() => void>>();

/** A signal that aborts with the first of `sources`, with its reason, until `end` is called. */
export interface FirstAbort {
  readonly signal: AbortSignal;
  readonly end: () => void;
}

export function firstAbort(sources: readonly AbortSignal[]): FirstAbort {
  const controller = new AbortController();
  const ends = sources.map((source) => onAbort(source, () => controller.abort(source.reason)));
  return { signal: controller.signal, end: () => ends.forEach((end) => end()) };
}

/** Calls `listener` when `source` aborts, at once if it has; until what it gives is called. */
export function onAbort(source: AbortSignal, listener: () => void): () => void {
  if (source.aborted) {
    listener();
    return () => undefined;
  }
  let listeners = followers.get(source);
  if (listeners === undefined) {
    const all = new Set<() => void>();
    listeners = all;
    followers.set(source, all);
    source.addEventListener("abort", () => all.forEach((each) => each()), { once: true });
  }
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
