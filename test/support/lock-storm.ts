/** Random faults among processes that take locks: holders, whoever is first in line, and anybody is killed or stopped. */
import { systemClock } from "../../src/core/clock.js";
import type { Random } from "../../src/core/random.js";
import { pause } from "./fault-crew.js";
import type { LockCrew, LockVictim } from "./lock-crew.js";

export interface LockStormOptions {
  readonly random: Random;
  readonly durationMs: number;
  readonly locks: readonly string[];
  /** Of faults, on average. */
  readonly everyMs?: number;
}

export interface LockStormReport {
  readonly kills: number;
  readonly stops: number;
  readonly ofHolders: number;
  readonly ofFirstWaiters: number;
}

const READ_EVERY_MS = 2_000;

/** Whoever is killed is started anew; when it is over, everybody is there and awake. */
export async function lockStorm(crew: LockCrew, options: LockStormOptions): Promise<LockStormReport> {
  const { random, durationMs, locks, everyMs = 300 } = options;
  const store = await crew.store();
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random.next() * list.length)];
  let [kills, stops, ofHolders, ofFirstWaiters] = [0, 0, 0, 0];
  const end = systemClock.monotonicMs() + durationMs;
  let readAt = 0;
  while (systemClock.monotonicMs() < end) {
    if (systemClock.monotonicMs() >= readAt) {
      await crew.records();
      readAt = systemClock.monotonicMs() + READ_EVERY_MS;
    }
    await pause(everyMs * 2 * random.next());
    const lock = pick(locks)!;
    const [whom, kills_, length] = [random.next(), random.next() < 0.4, random.next()];
    const anybody = pick(crew.victims.filter((victim) => victim.lock === lock));
    const details = await store.lockInspection.inspect(lock, 5);
    const holder = crew.labelled(details?.holders[0]?.label);
    const first = crew.labelled(details?.waiters[0]?.label);
    const victim = (whom < 0.4 ? holder : whom < 0.7 ? first : undefined) ?? anybody;
    if (!victim || victim.stopped || victim.options.spared) continue;
    if (victim === holder) ofHolders++;
    if (victim === first) ofFirstWaiters++;
    if (kills_) {
      kills++;
      await victim.kill();
      crew.start(victim.options);
    } else {
      stops++;
      stopFor(victim, crew.leaseMs * (0.3 + 3 * length));
    }
  }
  await crew.until("everybody awake", () => crew.victims.every(({ stopped }) => !stopped));
  await Promise.all(crew.victims.map((victim) => victim.ready()));
  return { kills, stops, ofHolders, ofFirstWaiters };
}

function stopFor(victim: LockVictim, ms: number): void {
  victim.stop();
  systemClock.after(ms, () => victim.go());
}
