/** What is to be known of several entries together, and of the load that they make. */
import type { Entry } from "../beat/entry.js";
import { foretell } from "../beat/foretell.js";
import type { EpochMs } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import { spreadHash } from "../core/fnv.js";
import { quote } from "../core/quote.js";
import { canonicalJSON } from "../core/canonical-json.js";
import type { Forecast, ForecastEntry, LoadLint } from "./forecast-types.js";
import { formatInstant } from "./instants.js";
import type { Slices } from "./slices.js";

interface LintDeps {
  readonly now: EpochMs;
  readonly slices: Slices;
  readonly timezone: string;
}

type Found = Pick<Forecast, "crowded" | "lockMeetings" | "overdueRisks">;

const SECOND_MS = 1_000;
/** Remarks of one code. */
const MOST_LINTS = 20;
const MOST_NAMED = 10;
/** Spreads that are proposed, in seconds. */
const SPREADS = [5, 10, 30, 60, 120, 300, 600, 1_800, 3_600] as const;

export async function loadLints(
  entries: readonly ForecastEntry[],
  found: Found,
  deps: LintDeps,
): Promise<LoadLint[]> {
  return [
    ...(await crowdedLints(entries, found, deps)),
    ...lockLints(found, deps),
    ...riskLints(found),
    ...(await sameWorkLints(entries, deps)),
  ];
}

async function crowdedLints(
  entries: readonly ForecastEntry[],
  { crowded }: Found,
  { now, slices, timezone }: LintDeps,
): Promise<LoadLint[]> {
  const [largest] = crowded.largest;
  if (largest === undefined) return [];
  const second = largest.at.getTime();
  const crowd: Entry[] = [];
  for (const { entry, stored } of entries) {
    if (slices.isOverNow) await slices.next();
    if (startsIn(second, () => foretell(entry, stored, now, Math.max(now, second)))) crowd.push(entry);
  }
  const { starts } = largest;
  const more = crowded.count > 1 ? `; ${crowded.count - 1} more seconds are crowded` : "";
  const suggestion = spreadFor(crowd, starts, crowded.limit);
  return [
    {
      ...{ code: "crowded", field: "schedule", entries: namesOf(crowd) },
      message:
        `${starts} starts in the second ${formatInstant(second, timezone, null)}, more than ${crowded.limit}: ` +
        `${largestSchedules(crowd)}${more}`,
      ...(suggestion !== null && { suggestion }),
    },
  ];
}

function startsIn(second: EpochMs, runs: () => Iterable<{ readonly sentAt: EpochMs }>): boolean {
  try {
    for (const { sentAt } of runs()) return sentAt < second + SECOND_MS;
  } catch {
    // The forecast names it among those that cannot be asked.
  }
  return false;
}

/** "9,000 of at 00:00 every day (UTC), ...": the ten with the most entries. */
function largestSchedules(crowd: readonly Entry[]): string {
  const counts = new Map<string, { entry: Entry; count: number }>();
  for (const entry of crowd) {
    const known = counts.get(entry.scheduleText);
    if (known === undefined) counts.set(entry.scheduleText, { entry, count: 1 });
    else known.count++;
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_NAMED)
    .map(({ entry, count }) => `${count} of ${quote(describe(entry))}`)
    .join(", ");
}

function describe({ schedule, name }: Entry): string {
  const { describe } = schedule as { readonly describe?: () => string };
  return describe === undefined ? `the schedule of ${name}` : describe.call(schedule);
}

/** The shortest spread that brings the crowd below the limit, and what is left then; else the longest. Null: all name a jitter. */
function spreadFor(crowd: readonly Entry[], starts: number, limit: number): string | null {
  const free = crowd
    .filter(({ ownJitterMs }) => ownJitterMs === null)
    .map(({ name }) => spreadHash(name) / 2 ** 32);
  if (free.length === 0) return null;
  const fixed = starts - free.length;
  let tried = { seconds: 0, most: starts };
  for (const seconds of SPREADS) {
    const counts = new Uint32Array(seconds);
    for (const share of free) counts[Math.floor(share * seconds)]!++;
    tried = { seconds, most: Math.max(counts[0]! + fixed, ...counts.subarray(1)) };
    if (tried.most <= limit) break;
  }
  return tried.most >= starts
    ? null
    : `spread: "${formatDuration(tried.seconds * SECOND_MS)}" of the app, for at most ${tried.most} in a second`;
}

function lockLints({ lockMeetings }: Found, { timezone }: LintDeps): LoadLint[] {
  return lockMeetings.slice(0, MOST_LINTS).map(({ lock, entries, at, times }) => ({
    ...{ code: "locks-meet", field: "lock", entries: entries.slice(0, MOST_NAMED) },
    message:
      `${entries.slice(0, MOST_NAMED).map(quote).join(", ")} want the lock ${quote(lock)} at one time: ` +
      `${times === 1 ? "once" : `${times} times`}, first ${formatInstant(at.getTime(), timezone, null)}`,
  }));
}

function riskLints({ overdueRisks }: Found): LoadLint[] {
  return overdueRisks.slice(0, MOST_LINTS).map(({ entry, p95Ms, intervalMs }) => ({
    ...{ code: "overlap-risk", field: "schedule", entries: [entry] },
    message:
      `one run of ${quote(entry)} in twenty takes up to ${formatDuration(p95Ms)}, and the next one may follow after ` +
      formatDuration(intervalMs),
    suggestion: 'overlap: "skip" or "queue-one", or a longer interval',
  }));
}

async function sameWorkLints(entries: readonly ForecastEntry[], { slices }: LintDeps): Promise<LoadLint[]> {
  const byWork = new Map<string, string[]>();
  for (const { entry } of entries) {
    if (slices.isOver) await slices.next();
    // What code alone knows cannot be compared.
    if (typeof entry.args === "function" || entry.codeSchedule) continue;
    const key = canonicalJSON([entry.task, entry.args, entry.scheduleText]);
    const names = byWork.get(key);
    if (names === undefined) byWork.set(key, [entry.name]);
    else names.push(entry.name);
  }
  const same = [...byWork.values()].filter(({ length }) => length > 1);
  return same.slice(0, MOST_LINTS).map((names) => ({
    ...{ code: "same-work", field: "task", entries: names.slice(0, MOST_NAMED) },
    message:
      `${names.slice(0, 3).map(quote).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""} ` +
      "send one task with the same arguments at the same times",
  }));
}

const namesOf = (entries: readonly Entry[]): string[] =>
  entries
    .map(({ name }) => name)
    .sort()
    .slice(0, MOST_NAMED);
