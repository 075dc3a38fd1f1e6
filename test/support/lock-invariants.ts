/**
 * The checker of the lock fault suites: it reads what processes wrote outside the store, and says in sentences what is
 * broken. A process that the machine let stand still counts as one that was stopped.
 */
import type { EpochMs } from "../../src/core/clock.js";
import { type Acquisition, type Harm, type LockHistory, lockHistory, type Permit } from "./lock-history.js";
import type { LockLine } from "./lock-log.js";

/** What a place that is free may take to reach the first living waiter, beside the leases of the dead ahead of it. */
export const ALLOWANCE_MS = 1_000;

export interface LockExpectation {
  /** Lock -> capacity. */
  readonly capacities: Readonly<Record<string, number>>;
  readonly leaseMs: number;
  readonly harms: readonly Harm[];
}

export interface LockVerdict {
  readonly broken: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

export function judgeLocks(lines: readonly LockLine[], expected: LockExpectation): LockVerdict {
  const history = lockHistory(lines, expected.harms);
  const broken: string[] = [...fencesThatDoNotGrow(history)];
  let worstIdleMs = 0;
  for (const [lock, capacity] of Object.entries(expected.capacities)) {
    const permits = history.permits.filter((permit) => permit.lock === lock);
    const acquisitions = history.acquisitions.filter((each) => each.lock === lock);
    const here = { ...history, permits, acquisitions };
    const line = lineOf(acquisitions, expected.leaseMs);
    const idle = stuck(here, line, capacity, expected.leaseMs);
    worstIdleMs = Math.max(worstIdleMs, idle.worstMs);
    broken.push(
      ...tooMany("valid by the store's clock", permits, capacity, ({ from, until }) => [from, until]),
      ...tooMany("not told otherwise", permits, capacity, (each) => [each.believedFrom, each.believedTo]),
      ...outOfOrder(here),
      ...turnsThatGoBack(permits),
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
    },
  };
}

/** More permits at one instant than the capacity; what begins where another ends does not overlap it. */
function tooMany(
  how: string,
  permits: readonly Permit[],
  capacity: number,
  span: (permit: Permit) => readonly [EpochMs, EpochMs],
): string[] {
  const edges = permits.flatMap((permit) => {
    const [from, to] = span(permit);
    return from < to ? ([[from, 1, permit] as const, [to, -1, permit] as const] as const) : [];
  });
  edges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const now = new Set<Permit>();
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
function fencesThatDoNotGrow({ permits }: LockHistory): string[] {
  const broken: string[] = [];
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
    if (permit.fence <= greatest)
      broken.push(`fence ${permit.fence} of ${permit.by} came after ${greatest} (${permit.lock})`);
  }
  return broken;
}

/**
 * Who stood in line before another asked gets a smaller number, unless it was harmed in between, and so passed over.
 * Nobody is left out for what happened at another time.
 */
function outOfOrder({ acquisitions, permits, harmOf }: LockHistory): string[] {
  const byWaiter = new Map(acquisitions.map((each) => [each.waiter, each]));
  const broken: string[] = [];
  let first: { readonly waits: EpochMs; readonly permit: Permit } | null = null;
  for (const permit of [...permits].reverse()) {
    const acquisition = byWaiter.get(permit.waiter);
    if (!acquisition) continue;
    const { asked, waits, by } = acquisition;
    if (first && first.waits < asked) {
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

/** Redis tells in a token the turn in line and the instant of the grant. */
function grantOf({ token }: Permit): { readonly turn: number; readonly at: EpochMs } | null {
  const [, turn, at] = /^(\d+)-(\d+)\.p/.exec(token) ?? [];
  return turn === undefined ? null : { turn: Number(turn), at: Number(at) };
}

/** In order of fences the turns grow: for all, since one who was passed over lines up anew. */
function turnsThatGoBack(permits: readonly Permit[]): string[] {
  const broken: string[] = [];
  let last = -Infinity;
  for (const permit of permits) {
    const turn = grantOf(permit)?.turn ?? last;
    if (turn < last) broken.push(`${permit.lock}: ${permit.by} got it at turn ${turn} after turn ${last}`);
    last = Math.max(last, turn);
  }
  return broken;
}

/** Where somebody waits, what a release frees is granted within the step of the store that frees it. */
function lateHandOvers(history: LockHistory, line: (from: EpochMs, to: EpochMs) => Acquisition[]): string[] {
  const { permits, harmOf } = history;
  const grants = permits.flatMap((permit) => grantOf(permit)?.at ?? []).sort((a, b) => a - b);
  const grantedAt = new Map(permits.map((permit) => [permit.waiter, grantOf(permit)?.at ?? -Infinity]));
  const broken: string[] = [];
  for (const { releases, released, by, lock } of permits) {
    const next = grants[lowerBound(grants, releases)];
    if (released === Infinity || next === undefined || next <= released) continue;
    const here = line(releases, released);
    const passed = here
      .filter(({ waits, waiter }) => waits < releases && (grantedAt.get(waiter) ?? -Infinity) > released)
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
function stuck(
  { permits, acquisitions, harmOf, end }: LockHistory,
  line: (from: EpochMs, to: EpochMs) => Acquisition[],
  capacity: number,
  leaseMs: number,
): { readonly broken: string[]; readonly worstMs: number } {
  const broken: string[] = [];
  let worstMs = 0;
  const free = freeTimes(permits, capacity, end);
  for (const { by, asked, waits, got, cancelled, lock } of acquisitions) {
    const heard = Math.min(got, cancelled, end);
    const to = Math.min(heard, harmOf(by, asked, heard)?.from ?? Infinity);
    for (const span of free) {
      const [from, till] = [Math.max(waits, span.from), Math.min(to, span.to)];
      const idleMs = till - from;
      worstMs = Math.max(worstMs, idleMs);
      if (idleMs <= ALLOWANCE_MS) continue;
      const dead = line(from, till).filter(
        (each) => each.asked < asked && each.got > from && harmOf(each.by, Math.max(each.asked, from), till),
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
function lineOf(
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
