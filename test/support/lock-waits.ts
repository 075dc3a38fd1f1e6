/**
 * What the checker of the lock fault suites has to say about those who wait: a place that comes free is offered to the first in
 * line within the step that frees it, or when the lease of the dead ends, and to the next when it is not fetched.
 */
import type { EpochMs } from "../../src/core/clock.js";
import { OFFER_MS } from "../../src/store/contracts/locks.js";
import type { Acquisition, Grant, Harm, LockHistory, Permit } from "./lock-history.js";

/** What a place that is free may take to reach the first living waiter. */
export const ALLOWANCE_MS = 1_000;
/** And one that is given back, beside an offer for each one in line who was harmed: something for the machine. */
const HAND_OVER_MS = 1.5 * OFFER_MS;

/** A fence counts microseconds of the store's clock at the grant. */
export function grantedAt({ fence }: Permit): EpochMs {
  return Math.floor(fence / 1_000);
}

/** Where somebody alive waits, what a release frees is fetched, by whomever, within a few offers. */
export function lateHandOvers(
  { permits, grants, harmOf }: LockHistory,
  line: (from: EpochMs, to: EpochMs) => Acquisition[],
): string[] {
  const given = grants.map(({ from }) => from).sort((a, b) => a - b);
  const grantOf = new Map(permits.map((permit) => [permit.waiter, grantedAt(permit)]));
  const broken: string[] = [];
  for (const { releases, released, by, lock } of permits) {
    if (released === Infinity) continue;
    const next = given[lowerBound(given, releases)] ?? Infinity;
    if (next <= released + HAND_OVER_MS) continue;
    const waiting = line(releases, released).filter(({ waits }) => waits < releases);
    const unharmed = waiting.filter((each) => !harmOf(each.by, each.asked, each.got));
    const latest = released + HAND_OVER_MS + OFFER_MS * (waiting.length - unharmed.length);
    if (next <= latest) continue;
    const passed = unharmed.find(({ waiter }) => (grantOf.get(waiter) ?? -Infinity) > latest);
    if (passed)
      broken.push(`${lock}: ${by} gave it back by ${released}, and ${passed.by} in line did not get it then`);
  }
  return broken;
}

/** Times in which a place was free although somebody alive stood in line throughout. */
export function stuck(
  history: LockHistory,
  capacity: number,
  leaseMs: number,
): { readonly broken: string[]; readonly worstMs: number } {
  const { acquisitions, grants, harmOf, end } = history;
  const broken: string[] = [];
  let worstMs = 0;
  const free = freeTimes(takenTimes(history, leaseMs), capacity, end);
  for (const { by, asked, waits, got, cancelled, lock } of acquisitions) {
    const heard = Math.min(got, cancelled, end);
    const to = Math.min(heard, harmOf(by, asked, heard)?.from ?? Infinity);
    for (const span of free) {
      const [from, till] = [Math.max(waits, span.from), Math.min(to, span.to)];
      const idleMs = till - from;
      worstMs = Math.max(worstMs, idleMs);
      if (idleMs <= ALLOWANCE_MS) continue;
      const then = grants.filter((grant) => grant.from < till && from < grant.to).map(wordsOf);
      broken.push(
        `${lock}: a place was free from ${from} for ${idleMs} ms while ${by} waited; the store says: ${then.join(", ") || "nobody had it"}`,
      );
    }
  }
  return { broken, worstMs };
}

/**
 * A permit that the store has given is written down by the one who got it, unless that was harmed before it could or was
 * just leaving the line; and what was written down is in the history of the store.
 */
export function untold(
  { acquisitions, permits, grants, harmOf }: LockHistory,
  leaseMs: number,
): readonly string[] {
  const waiters = new Map(acquisitions.map((each) => [each.waiter, each]));
  const heard = new Map(permits.map((permit) => [permit.fence, permit]));
  const given = new Map(grants.map((grant) => [grant.fence, grant]));
  const broken: string[] = [];
  for (const grant of grants) {
    const { waiter, by, fence, from, to, end, lock } = grant;
    if (heard.get(fence)?.waiter === waiter) continue;
    const cancelled = waiters.get(waiter)?.cancelled ?? Infinity;
    if (cancelled <= to && end === "released") continue;
    if (harmOf(by, from, Math.min(to, from + leaseMs))) continue;
    broken.push(`${lock}: it did not hear of its permit and was not harmed: ${wordsOf(grant)}`);
  }
  for (const { waiter, by, fence, lock, releases, released } of permits) {
    if (!waiters.has(waiter)) continue;
    const grant = given.get(fence);
    if (grant?.waiter !== waiter) {
      broken.push(`${lock}: the history of the store does not tell that ${by} got fence ${fence}`);
    } else if (released < Infinity && !(grant.end === "released" && isIn(grant.to, releases, released))) {
      broken.push(`${lock}: ${by} gave it back by ${released}, and the store says: ${wordsOf(grant)}`);
    }
  }
  return broken;
}

function isIn(at: EpochMs, from: EpochMs, to: EpochMs): boolean {
  return from <= at && at <= to;
}

function wordsOf({ by, fence, from, to, end }: Grant): string {
  return `${by} got fence ${fence} at ${from}, ${end ?? "not ended"}${end ? ` at ${to}` : ""}`;
}

interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/**
 * When places were taken: by the logs, and where a process was harmed while it had one, also by the word of the store, but
 * for no longer than a lease from the harm or the grant.
 */
function takenTimes({ permits, grants, harmsOf }: LockHistory, leaseMs: number): Span[] {
  const logged = new Map(permits.map((permit) => [permit.fence, permit]));
  const spans = new Map<number, Span>();
  for (const { fence, from, heldUntil } of permits) spans.set(fence, { from, to: Math.max(from, heldUntil) });
  for (const { fence, by, from, to } of grants) {
    const permit = logged.get(fence);
    const harms = harmsOf(by, from, Math.min(to, permit?.heldUntil ?? from + leaseMs));
    if (harms.length === 0) continue;
    const span = spans.get(fence) ?? { from, to: from };
    const harmed = Math.max(from, ...harms.map((harm) => harm.from));
    const isGivenBack = permit !== undefined && permit.released < Infinity;
    const till = isGivenBack ? span.to : Math.max(span.to, Math.min(to, harmed + leaseMs));
    spans.set(fence, { from: Math.min(from, span.from), to: till });
  }
  return [...spans.values()];
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

/** Maximal spans in which fewer places than the capacity are taken, those longer than the mere passing on. */
function freeTimes(taken: readonly Span[], capacity: number, end: EpochMs): Span[] {
  const edges = taken.flatMap(({ from, to }) => [[from, 1] as const, [to, -1] as const]);
  edges.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const spans: Span[] = [];
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
