import type { Clock } from "./clock.js";

/**
 * What `read` gives, kept for `ms` from when it was there. Whoever asks while it is read shares that: of a source that is slow no more is
 * asked than of one that is not. A failure is not kept. For `staleMs` after its time whoever asks has the old value at once, while it is
 * read anew: so nobody waits for a read of seconds as long as somebody asks now and then.
 */
export function cached<T>(
  clock: Pick<Clock, "monotonicMs">,
  ms: number,
  read: () => Promise<T>,
  staleMs = 0,
): () => Promise<T> {
  let kept: { readonly until: number; readonly value: T } | null = null;
  let reading: Promise<T> | null = null;
  const readAnew = async (): Promise<T> => {
    const value = await read();
    kept = { until: clock.monotonicMs() + ms, value };
    return value;
  };
  return () => {
    const now = clock.monotonicMs();
    if (kept !== null && now < kept.until) return Promise.resolve(kept.value);
    reading ??= readAnew().finally(() => (reading = null));
    if (kept === null || now >= kept.until + staleMs) return reading;
    // Its failure reaches those who ask when the old value is too old.
    reading.catch(() => undefined);
    return Promise.resolve(kept.value);
  };
}
