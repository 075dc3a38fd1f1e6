/**
 * The checker of the lock fault suites: it reads what holders and waiters wrote, and says in sentences what is broken.
 * Instants are of the machine's clock, which is the store's.
 */
import type { EpochMs } from "../../src/core/clock.js";

export interface LockLine {
  readonly what:
    | "asks"
    | "waiting"
    | "acquired"
    | "beat"
    | "released"
    | "lost"
    | "gave-up"
    | "failed"
    | "runs"
    | "stalled";
  readonly pid: number;
  readonly key: string;
  readonly at: EpochMs;
  readonly fence: number;
  readonly retries?: number;
}

/** From the moment a holder knew that it holds to the last at which it still had reason to think so. */
export interface Holding {
  readonly key: string;
  readonly pid: number;
  readonly fence: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export function holdings(lines: readonly LockLine[]): Holding[] {
  const found = new Map<string, Holding>();
  for (const { what, key, pid, fence, at } of lines) {
    if (what === "acquired") found.set(key, { key, pid, fence, from: at, to: at });
    const holding = found.get(key);
    if (what === "beat" && holding) found.set(key, { ...holding, to: at });
  }
  return [...found.values()].sort((a, b) => a.from - b.from || a.fence - b.fence);
}

export interface LockExpectation {
  readonly capacity: number;
  /** Processes that were stopped or killed at some time. */
  readonly harmed: ReadonlySet<number>;
  /** How long a lock with waiters may be without a holder after one was harmed. */
  readonly takeOverMs: number;
  /** When processes were stopped or killed: a permit granted to one that is just being stopped takes as long again. */
  readonly harmedAt: readonly EpochMs[];
}

/**
 * A process that the machine let stand still is harmed as much as one that was stopped on purpose: it was not heard of,
 * so it may be passed over.
 */
function withStalled(lines: readonly LockLine[], expected: LockExpectation): LockExpectation {
  const stalled = lines.filter(({ what }) => what === "stalled");
  return {
    ...expected,
    harmed: new Set([...expected.harmed, ...stalled.map(({ pid }) => pid)]),
    harmedAt: [...expected.harmedAt, ...stalled.map(({ at }) => at)],
  };
}

export function brokenLockPromises(lines: readonly LockLine[], asked: LockExpectation): string[] {
  const expected = withStalled(lines, asked);
  const held = holdings(lines);
  return [
    ...tooMany(held, expected.capacity),
    ...wrongFences(held, expected.capacity),
    ...(expected.capacity === 1 ? outOfOrder(lines, held, expected.harmed) : []),
    ...idle(lines, held, expected),
    ...lines
      .filter(({ what, pid }) => what === "failed" && !expected.harmed.has(pid))
      .map((line) => `failed: ${JSON.stringify(line)}`),
  ];
}

function tooMany(held: readonly Holding[], capacity: number): string[] {
  const broken: string[] = [];
  for (const holding of held) {
    const others = held.filter((each) => each.from <= holding.from && holding.from <= each.to);
    if (others.length <= capacity) continue;
    broken.push(
      `${others.length} held at ${holding.from}: ${others.map(({ key, fence }) => `${key} (${fence})`).join(", ")}`,
    );
  }
  return broken;
}

function wrongFences(held: readonly Holding[], capacity: number): string[] {
  const broken: string[] = [];
  const seen = new Set<number>();
  let last = 0;
  for (const { key, fence } of held) {
    if (seen.has(fence)) broken.push(`${key} got fence ${fence}, which another had`);
    seen.add(fence);
    // With one holder at a time, the order of holding is the order of the numbers.
    if (capacity === 1 && fence < last) broken.push(`${key} got fence ${fence} after ${last}`);
    last = fence;
  }
  return broken;
}

/** Who was in line before another asked gets it first, where both were alive and patient. */
function outOfOrder(
  lines: readonly LockLine[],
  held: readonly Holding[],
  harmed: ReadonlySet<number>,
): string[] {
  const acquired = new Map(held.map(({ key, from }) => [key, from]));
  const asked = new Map<string, EpochMs>();
  const inLine: {
    readonly key: string;
    readonly asked: EpochMs;
    readonly waiting: EpochMs;
    readonly got: EpochMs;
  }[] = [];
  for (const { what, key, pid, at } of lines) {
    if (what === "asks") asked.set(key, at);
    const got = acquired.get(key);
    if (what === "waiting" && got !== undefined && !harmed.has(pid)) {
      inLine.push({ key, asked: asked.get(key)!, waiting: at, got });
    }
  }
  return inLine.flatMap((first) =>
    inLine
      .filter((second) => first.waiting < second.asked && second.got < first.got)
      .map(
        (second) =>
          `${first.key} was in line at ${first.waiting}, and ${second.key}, who asked at ${second.asked}, got it first`,
      ),
  );
}

/** Times without any holder although somebody alive stood in line throughout. */
function idle(
  lines: readonly LockLine[],
  held: readonly Holding[],
  { harmed, takeOverMs, harmedAt }: LockExpectation,
): string[] {
  const acquired = new Map(held.map(({ key, from }) => [key, from]));
  const waits = lines
    .filter(({ what, key, pid }) => what === "waiting" && acquired.has(key) && !harmed.has(pid))
    .map(({ key, at }) => ({ key, from: at, to: acquired.get(key)! }));
  const broken: string[] = [];
  let end = -Infinity;
  for (const { from, to } of held) {
    const harms = harmedAt.filter((at) => end - takeOverMs <= at && at <= from).length;
    const allowedMs = takeOverMs * Math.max(1, harms);
    const stuck = waits.filter((wait) => Math.min(wait.to, from) - Math.max(wait.from, end) > allowedMs);
    for (const { key } of stuck) broken.push(`nobody held it from ${end} to ${from}, while ${key} waited`);
    end = Math.max(end, to);
  }
  return broken;
}
