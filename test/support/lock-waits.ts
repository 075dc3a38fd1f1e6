/**
 * What the checker of the lock fault suites has to say about those who wait: a place that comes free reaches the first in
 * line within the step that frees it, or when the lease of the dead ends.
 */
import type { EpochMs } from "../../src/core/clock.js";
import type { Acquisition, Harm, LockHistory, Permit } from "./lock-history.js";

/** What a place that is free may take to reach the first living waiter, beside the leases of the dead ahead of it. */
export const ALLOWANCE_MS = 1_000;

/** A fence counts microseconds of the store's clock at the grant. */
function grantedAt({ fence }: Permit): EpochMs {
  return Math.floor(fence / 1_000);
}

/** Where somebody waits, what a release frees is granted within the step of the store that frees it. */
export function lateHandOvers(
  history: LockHistory,
  line: (from: EpochMs, to: EpochMs) => Acquisition[],
): string[] {
  const { permits, harmOf } = history;
  const grants = permits.map(grantedAt).sort((a, b) => a - b);
  const grantOf = new Map(permits.map((permit) => [permit.waiter, grantedAt(permit)]));
  const broken: string[] = [];
  for (const { releases, released, by, lock } of permits) {
    const next = grants[lowerBound(grants, releases)];
    if (released === Infinity || next === undefined || next <= released) continue;
    const here = line(releases, released);
    const passed = here
      .filter(({ waits, waiter }) => waits < releases && (grantOf.get(waiter) ?? -Infinity) > released)
      .filter((each) => !harmOf(each.by, each.asked, each.got))
      .reduce<Acquisition | null>((a, b) => (a && a.waits < b.waits ? a : b), null);
    // One that was harmed or left unheard may have been granted it.
    const unheard = here.some(
      (each) =>
        each.asked <= (passed?.waits ?? 0) &&
        each.got > released &&
        (each.left < Infinity || harmOf(each.by, each.asked, released) !== undefined),
    );
    if (passed && !unheard)
      broken.push(`${lock}: ${by} gave it back by ${released}, and ${passed.by} in line did not get it then`);
  }
  return broken;
}

/**
 * Times in which a place was free although somebody alive stood in line throughout. A waiter that
 * was harmed may have been granted it, and keeps it for a lease: so many leases are allowed as there were such ahead.
 */
export function stuck(
  { permits, acquisitions, harmOf, end }: LockHistory,
  line: (from: EpochMs, to: EpochMs) => Acquisition[],
  capacity: number,
  leaseMs: number,
): { readonly broken: string[]; readonly worstMs: number } {
  const broken: string[] = [];
  let worstMs = 0;
  const free = freeTimes(permits, capacity, end);
  for (const { waiter, by, asked, waits, got, cancelled, lock } of acquisitions) {
    const heard = Math.min(got, cancelled, end);
    const to = Math.min(heard, harmOf(by, asked, heard)?.from ?? Infinity);
    for (const span of free) {
      const [from, till] = [Math.max(waits, span.from), Math.min(to, span.to)];
      const idleMs = till - from;
      worstMs = Math.max(worstMs, idleMs);
      if (idleMs <= ALLOWANCE_MS) continue;
      // Of two who asked at once, either may be ahead.
      const ahead = line(from, till).filter((each) => each.asked <= waits && each.waiter !== waiter);
      const dead = ahead.filter(
        (each) => each.got > from && harmOf(each.by, Math.max(each.asked, from), till),
      ).length;
      if (idleMs <= dead * leaseMs + ALLOWANCE_MS) continue;
      broken.push(
        `${lock}: a place was free from ${from} for ${idleMs} ms while ${by} waited behind ${dead} harmed`,
      );
    }
  }
  return { broken, worstMs };
}

/** Those who had asked by `to` and had not left by `from`; of the harmed and forgotten, some. */
export function lineOf(
  acquisitions: readonly Acquisition[],
  leaseMs: number,
): (from: EpochMs, to: EpochMs) => Acquisition[] {
  const asked = acquisitions.map((each) => each.asked);
  const lives = acquisitions
    .map((each) => Math.min(each.got, each.left) - each.asked)
    .filter(Number.isFinite);
  const longestMs = lives.reduce((most, each) => Math.max(most, each), 0) + 4 * leaseMs;
  return (from, to) =>
    acquisitions
      .slice(lowerBound(asked, from - longestMs), lowerBound(asked, to + 1))
      .filter((each) => Math.min(each.got, each.left) >= from);
}

/** Maximal spans with fewer valid permits than the capacity, those longer than the mere passing on. */
function freeTimes(
  permits: readonly Permit[],
  capacity: number,
  end: EpochMs,
): { readonly from: EpochMs; readonly to: EpochMs }[] {
  const edges = permits.flatMap(({ from, heldUntil }) => [
    [from, 1] as const,
    [Math.max(from, heldUntil), -1] as const,
  ]);
  edges.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const spans: { from: EpochMs; to: EpochMs }[] = [];
  let count = 0;
  let since = -Infinity;
  for (const [at, step] of [...edges, [end, capacity] as const]) {
    const before = count;
    count += step;
    if (before >= capacity && count < capacity) since = at;
    if (before < capacity && count >= capacity && at - since > ALLOWANCE_MS / 4)
      spans.push({ from: since, to: at });
  }
  return spans;
}

function lowerBound(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How long after the holder of a mutex was harmed, for longer than its lease, another was granted it. */
export function takeOvers({ permits }: LockHistory, harms: readonly Harm[], leaseMs: number): number[] {
  const byProcess = new Map<string, Harm[]>();
  for (const harm of harms) {
    if (harm.to - harm.from < leaseMs) continue;
    byProcess.set(harm.by, [...(byProcess.get(harm.by) ?? []), harm]);
  }
  return permits.flatMap((permit, index) => {
    const harm = byProcess.get(permit.by)?.find(({ from }) => permit.from <= from && from < permit.until);
    const next = permits[index + 1];
    return harm && next && permit.releases === Infinity ? [grantedAt(next) - harm.from] : [];
  });
}
