/**
 * The checker of the lock fault suites: it reads what processes wrote outside the store, and says in sentences what is
 * broken. What they could not write since they were killed or stopped, the history of the store tells. A process that the machine let stand still counts as one that was stopped.
 */
import type { EpochMs } from "../../src/core/clock.js";
import { OFFER_MS } from "../../src/store/contracts/locks.js";
import type { LockRecord } from "../../src/store/contracts/lock-inspection.js";
import { quantiles } from "./fault-figures.js";
import { type Harm, type LockHistory, lockHistory, type Permit } from "./lock-history.js";
import type { LockLine } from "./lock-log.js";
import { grantedAt, lateHandOvers, lineOf, stuck, takeOvers, untold } from "./lock-waits.js";

export interface LockExpectation {
  /** Lock -> capacity. */
  readonly capacities: Readonly<Record<string, number>>;
  readonly leaseMs: number;
  readonly harms: readonly Harm[];
  /** All rows of the history of the store, oldest first. */
  readonly records: readonly LockRecord[];
}

export interface LockVerdict {
  readonly broken: readonly string[];
  readonly figures: Readonly<Record<string, number | Readonly<Record<string, number>>>>;
}

export function judgeLocks(lines: readonly LockLine[], expected: LockExpectation): LockVerdict {
  const history = lockHistory(lines, expected.harms, expected.records);
  const fences = fencesThatDoNotGrow(history);
  const broken: string[] = [...fences.broken];
  let worstIdleMs = 0;
  const took: number[] = [];
  for (const [lock, capacity] of Object.entries(expected.capacities)) {
    const permits = history.permits.filter((permit) => permit.lock === lock);
    const acquisitions = history.acquisitions.filter((each) => each.lock === lock);
    const grants = history.grants.filter((grant) => grant.lock === lock);
    const here = { ...history, permits, acquisitions, grants };
    const line = lineOf(acquisitions, expected.leaseMs);
    const idle = stuck(here, capacity, expected.leaseMs);
    worstIdleMs = Math.max(worstIdleMs, idle.worstMs);
    if (capacity === 1) took.push(...takeOvers(here, expected.harms, expected.leaseMs));
    broken.push(
      ...tooMany("valid by the store's clock", permits, capacity, ({ from, until }) => [from, until]),
      ...tooMany("by its history", grants, capacity, ({ from, to }) => [from, to]),
      ...tooMany("not told otherwise", permits, capacity, (each) => [each.believedFrom, each.believedTo]),
      ...outOfOrder(here, capacity),
      ...untold(here, expected.leaseMs),
      ...lateHandOvers(here, line),
      ...idle.broken,
    );
  }
  for (const line of lines) {
    if (line.what === "failed" && !history.harmOf(line.by, line.at - 3 * expected.leaseMs, line.at))
      broken.push(`failed: ${JSON.stringify(line)}`);
  }
  const of = (what: LockLine["what"]): number => lines.filter((line) => line.what === what).length;
  const inLine = history.acquisitions.filter(({ waits, got }) => waits < Infinity && got < Infinity);
  const waiters = new Set(history.acquisitions.map(({ waiter }) => waiter));
  return {
    broken,
    figures: {
      granted: history.permits.length,
      grantedInLine: inLine.length,
      orderCompared: inLine.filter(({ by, asked, got }) => !history.harmOf(by, asked, got)).length,
      gaveUp: of("cancels"),
      gaveUpAtGrant: lines.filter((line) => line.what === "cancels" && line.atGrant).length,
      lost: of("lost"),
      refusedWrites: of("refused"),
      stalls: of("stalled"),
      longestWaitMs: inLine.reduce((most, { asked, got }) => Math.max(most, got - asked), 0),
      worstIdleMs,
      untoldGrants:
        history.grants.length - history.permits.filter(({ waiter }) => waiters.has(waiter)).length,
      startedLate: fences.startedLate,
      takeOver: quantiles(took),
    },
  };
}

/** More permits at one instant than the capacity; what begins where another ends does not overlap it. */
function tooMany<P extends Pick<Permit, "by" | "lock" | "fence">>(
  how: string,
  permits: readonly P[],
  capacity: number,
  span: (permit: P) => readonly [EpochMs, EpochMs],
): string[] {
  const edges = permits.flatMap((permit) => {
    const [from, to] = span(permit);
    return from < to ? ([[from, 1, permit] as const, [to, -1, permit] as const] as const) : [];
  });
  edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const now = new Set<P>();
  const broken: string[] = [];
  for (const [at, step, permit] of edges) {
    if (step === -1) now.delete(permit);
    else if (now.add(permit).size > capacity) {
      const who = [...now].map(({ by, fence }) => `${by} (${fence})`).join(", ");
      broken.push(`${permit.lock}: ${now.size} permits at ${at}, ${how}: ${who}`);
    }
  }
  return broken;
}

/** A number that is no greater than one which somebody had before this one asked, or that another has. */
function fencesThatDoNotGrow(history: LockHistory): {
  readonly broken: string[];
  readonly startedLate: number;
} {
  const { permits } = history;
  const broken: string[] = [];
  let startedLate = 0;
  permits.forEach((permit, index) => {
    const before = permits[index - 1];
    if (before?.fence === permit.fence)
      broken.push(`fence ${permit.fence} of ${permit.by} is also that of ${before.by}`);
  });
  const byAsking = [...permits].sort((a, b) => a.asked - b.asked);
  const byGrant = [...permits].sort((a, b) => a.from - b.from);
  let [next, greatest] = [0, -Infinity];
  for (const permit of byAsking) {
    for (; byGrant[next] && byGrant[next]!.from < permit.asked; next++)
      greatest = Math.max(greatest, byGrant[next]!.fence);
    if (permit.fence > greatest) continue;
    if (beganLate(history, permit)) startedLate++;
    else broken.push(`fence ${permit.fence} of ${permit.by} came after ${greatest} (${permit.lock})`);
  }
  return { broken, startedLate };
}

/**
 * A run tells of its fence when its code begins, and nothing keeps a process from being stopped between the worker's last
 * look at the lease and that: it stood still when the lock went to the next. What it writes then is refused.
 */
function beganLate({ permits, acquisitions, harmOf }: LockHistory, late: Permit): boolean {
  if (acquisitions.some(({ waiter }) => waiter === late.waiter)) return false;
  const next = permits.find(({ lock, fence }) => lock === late.lock && fence > late.fence);
  return next !== undefined && harmOf(late.by, grantedAt(next), grantedAt(next)) !== undefined;
}

/**
 * Who stood in line before another asked gets a smaller number, unless it was harmed in between, and so passed over.
 * Nobody is left out for what happened at another time. Of a semaphore several are offered at once: who fetches first is
 * not told by who asked first.
 */
function outOfOrder({ acquisitions, permits, harmOf }: LockHistory, capacity: number): string[] {
  const atOnceMs = capacity > 1 ? OFFER_MS : 0;
  const byWaiter = new Map(acquisitions.map((each) => [each.waiter, each]));
  const broken: string[] = [];
  let first: { readonly waits: EpochMs; readonly permit: Permit } | null = null;
  for (const permit of [...permits].reverse()) {
    const acquisition = byWaiter.get(permit.waiter);
    if (!acquisition) continue;
    const { asked, waits, by } = acquisition;
    if (first && first.waits < asked && grantedAt(first.permit) - grantedAt(permit) >= atOnceMs) {
      const { permit: passed } = first;
      broken.push(
        `${permit.lock}: ${passed.by} was in line at ${first.waits}, and ${by}, who asked at ${asked}, got it first (${permit.fence} before ${passed.fence})`,
      );
    }
    if (waits < (first?.waits ?? Infinity) && !harmOf(by, asked, permit.from)) first = { waits, permit };
  }
  return broken;
}

/** What the guard wrote down: "<fence> <count>" of each write that it accepted. */
export function brokenCounter(writes: readonly string[]): string[] {
  let [fence, count] = [0, 0];
  return writes.flatMap((write) => {
    const [nextFence = NaN, nextCount = NaN] = write.split(" ").map(Number);
    const sound = nextFence >= fence && nextCount === count + 1;
    const told = `the counter went from ${count} (fence ${fence}) to ${nextCount} (fence ${nextFence})`;
    [fence, count] = [nextFence, nextCount];
    return sound ? [] : [told];
  });
}
