import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { gather } from "../../ui/lib/gather.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("the first reason is asked for at once, many together once, and the next after the pause", () => {
  const at: number[] = [];
  const began = performance.now();
  const { soon, end } = gather(
    () => at.push(performance.now() - began),
    () => 1_000,
  );
  for (let reasons = 0; reasons < 5; reasons++) soon();
  vi.advanceTimersByTime(60);
  for (let reasons = 0; reasons < 5; reasons++) soon();
  vi.advanceTimersByTime(5_000);
  soon();
  vi.advanceTimersByTime(60);
  expect(at).toEqual([50, 1_050, 5_110]);
  soon();
  end();
  vi.advanceTimersByTime(5_000);
  expect(at).toHaveLength(3);
});
