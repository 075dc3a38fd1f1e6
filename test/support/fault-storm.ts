/**
 * Random and directed faults among a crew of beats and workers: the leader, a follower or a worker is killed or stopped,
 * and whoever was killed is started again, now and then with a point at which it kills or stalls itself. Leaders are
 * attacked one after the other, each when it leads, so that the time to the next one can be measured.
 */
import { type EpochMs, systemClock } from "../../src/core/clock.js";
import type { Random } from "../../src/core/random.js";
import type { LedgerRecord } from "../../src/store/contracts/ledger.js";
import { type Crew, pause, type Point, type Victim } from "./fault-crew.js";
import { linesOf, type LogLine } from "./fault-log.js";

export interface StormOptions {
  readonly random: Random;
  readonly durationMs: number;
  readonly beats: number;
  readonly workers: number;
  /** Wrongness of the clocks of beats, by turns. Default: right. */
  readonly clockOffsetsMs?: readonly number[];
}

export interface StormReport {
  readonly kills: number;
  readonly stops: number;
  /** When a leader fell silent for longer than its lease. */
  readonly silences: readonly EpochMs[];
}

/** In leases. */
const STOPS = [0.5, 1.5, 3];

/** The point between reading and writing comes twice: it is the one at which a stalled process does most harm. */
const BEAT_POINTS = ["before-tick", "before-tick", "after-tick", "after-due", "after-elect"];
const WORKER_POINTS = ["before-settle", "before-settle", "after-settle", "after-claim", "in-task"];

export async function storm(crew: Crew, options: StormOptions): Promise<StormReport> {
  const { random, durationMs, clockOffsetsMs = [0] } = options;
  const hushes: Hush[] = [];
  let [kills, stops, started] = [0, 0, 0];
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
  const offset = (): number => clockOffsetsMs[started++ % clockOffsetsMs.length]!;

  const startBeat = (points: readonly Point[] = []): Victim =>
    crew.start("beat", { role: "beat", points, clockOffsetMs: offset() });
  const startWorker = (points: readonly Point[] = []): Victim =>
    crew.start("worker", { role: "worker", points });

  /** What one that is started anew does to itself. */
  const trap = (names: readonly string[], leaseMs: number): Point[] => {
    if (random.next() < 0.4) return [];
    const passing = 1 + Math.floor(random.next() * 20);
    const act = random.next() < 0.5 ? "crash" : "stall";
    return [{ at: pick(names), passing, act, ms: pick(STOPS) * leaseMs }];
  };

  const again = (victim: Victim): void => {
    if (victim.role === "beat") startBeat(trap(BEAT_POINTS, crew.beatLeaseMs));
    else startWorker(trap(WORKER_POINTS, crew.leaseMs));
  };

  const hush = (victim: Victim, ms: number): void =>
    void hushes.push({ by: victim.name, at: systemClock.now(), ms });

  const kill = async (victim: Victim): Promise<void> => {
    kills++;
    hush(victim, Infinity);
    await victim.kill();
    again(victim);
  };

  const stop = (victim: Victim): void => {
    stops++;
    const ms = pick(STOPS) * (victim.role === "beat" ? crew.beatLeaseMs : crew.leaseMs);
    hush(victim, ms);
    victim.stop();
    systemClock.after(ms, () => victim.go());
  };

  /** Those that killed themselves at a point. */
  const replaceTheDead = (): void => {
    while (crew.victims.filter(({ role }) => role === "beat").length < options.beats) startBeat();
    while (crew.victims.filter(({ role }) => role === "worker").length < options.workers) startWorker();
  };

  replaceTheDead();
  await Promise.all(crew.victims.map((victim) => victim.printed("ready")));
  const end = systemClock.monotonicMs() + durationMs;
  while (systemClock.monotonicMs() < end) {
    replaceTheDead();
    await crew.until("a leader that is awake", async () => (await crew.leader())?.stopped === false);
    await pause(random.next() * 0.6 * crew.beatLeaseMs);
    const leader = await crew.leader();
    const awake = crew.victims.filter(({ stopped }) => !stopped);
    const workers = awake.filter(({ role }) => role === "worker");
    const followers = awake.filter((victim) => victim.role === "beat" && victim !== leader);
    // A leader first of all, and nobody else until the next one leads: so that there is a take-over in each storm.
    const chance = kills === 0 ? 0 : random.next();
    if (chance < 0.3) {
      if (leader) await kill(leader);
      if (kills === 1) await crew.goesOn("the first kill");
    } else if (chance < 0.5) {
      if (leader?.stopped === false) stop(leader);
    } else if (chance < 0.7) {
      if (workers.length > 0) await kill(pick(workers));
    } else if (chance < 0.9) {
      if (workers.length > 0) stop(pick(workers));
    } else if (followers.length > 0) {
      await kill(pick(followers));
    }
  }
  // The last one stopped goes on, and the last lease ends.
  await crew.until("everybody awake", () => crew.victims.every(({ stopped }) => !stopped));
  await pause(crew.beatLeaseMs + 1_000);
  const points = linesOf(crew.log, "point");
  return {
    kills: kills + points.filter(({ act }) => act === "crash").length,
    stops: stops + points.filter(({ act }) => act === "stall").length,
    silences: silencesOf(hushes, crew.log, crew.beatLeaseMs),
  };
}

/** Of a process, from `at` on, for `ms`. */
interface Hush {
  readonly by: string;
  readonly at: EpochMs;
  readonly ms: number;
}

/** When a leader fell silent for longer than its lease, from outside or at a point. */
function silencesOf(hushes: readonly Hush[], log: readonly LogLine[], leaseMs: number): EpochMs[] {
  const points = linesOf(log, "point").map(({ by, at, act, ms }) => ({
    by,
    at,
    ms: act === "crash" ? Infinity : ms,
  }));
  const terms = linesOf(log, "term").sort((a, b) => a.from - b.from);
  return [...hushes, ...points]
    .filter(({ by, at, ms }) => ms > leaseMs && terms.findLast(({ from }) => from <= at)?.by === by)
    .map(({ at }) => at)
    .sort((a, b) => a - b);
}

/**
 * How long after each silence another term wrote to the ledger. A silence that comes before the term after an earlier one
 * has written takes its place.
 */
export function takeOvers(silences: readonly EpochMs[], rows: readonly LedgerRecord[]): number[] {
  const byTime = rows.filter(({ term }) => term !== null).sort((a, b) => a.at - b.at);
  const found: number[] = [];
  silences.forEach((silence, index) => {
    const silent = byTime.findLast(({ at }) => at <= silence)?.term;
    const next = byTime.find(({ at, term }) => at > silence && term !== silent)?.at;
    if (next === undefined || (silences[index + 1] ?? Infinity) < next) return;
    found.push(next - silence);
  });
  return found;
}
