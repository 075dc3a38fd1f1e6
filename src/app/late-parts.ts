/** Parts that others keep from the start, and that follow what tests or the command line put in their place later. */
import type { Clock } from "../core/clock.js";
import type { Random } from "../core/random.js";

export function clockOf(current: () => Clock): Clock {
  return {
    now: () => current().now(),
    monotonicMs: () => current().monotonicMs(),
    after: (delayMs, fn) => current().after(delayMs, fn),
    soon: (fn) => current().soon(fn),
  };
}

export function randomOf(current: () => Random): Random {
  return { next: () => current().next(), uuid: () => current().uuid() };
}
