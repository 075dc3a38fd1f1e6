/**
 * Hints between processes. A message tells that something may have changed; what is true is in the store, so a
 * lost message costs time, never correctness.
 *
 * Topics published by stores themselves, inside the step that makes them true:
 * "entries" (payload: entry name) when an entry was put, deleted or triggered; "leader" when the lead was given up;
 * "lock" (payload: JSON array of waiters): the first one was offered a permit, or a permit that it holds was broken; each of the
 * others, who wait behind it, looks `OFFER_MS` later than the one before, unless "lock-fetched" (payload: a waiter) names the first;
 * "revoke" (payload: JSON array of ids) when running tasks should stop; "graph" (payload: its id) when those of a graph should.
 * By beats: "beat-stands" (payload: its version) of one that follows an older leader.
 */
export interface Channel {
  publish(topic: string, payload: string): Promise<void>;
  /** Resolves once the subscription holds. The returned function ends it and may be called twice. */
  subscribe(topic: string, handler: (payload: string) => void): Promise<() => void>;
}
