import type { Clock } from "./clock.js";

/**
 * What `read` gives, kept for `ms` from when it was there. Whoever asks while it is read shares that: of a source that is slow no more is
 * asked than of one that is not. A failure is not kept.
 */
export function cached<T>(
  clock: Pick<Clock, "monotonicMs">,
  ms: number,
  read: () => Promise<T>,
): () => Promise<T> {
  let kept: { readonly until: number; readonly value: T } | null = null;
  let reading: Promise<T> | null = null;
  const readAnew = async (): Promise<T> => {
    const value = await read();
    kept = { until: clock.monotonicMs() + ms, value };
    return value;
  };
  return () => {
    if (kept !== null && clock.monotonicMs() < kept.until) return Promise.resolve(kept.value);
    return (reading ??= readAnew().finally(() => (reading = null)));
  };
}
