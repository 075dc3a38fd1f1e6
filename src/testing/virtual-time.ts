import { coreOf, type Pace, type Sunbeat } from "../app/index.js";
import type { EpochMs } from "../core/clock.js";
import { type Duration, durationMs } from "../core/duration.js";
import { silentLogger } from "../core/logger.js";
import { assertObject, integerOption } from "../core/options.js";
import { seededRandom } from "../core/random.js";
import { openMemoryStore } from "../store/memory/index.js";
import { ManualClock } from "./manual-clock.js";

/**
 * Renewing leases and looking whether something was missed is for processes that may die and stores that may lose a
 * message. Here there are none, and on virtual time each such timer would cost as much as a task.
 */
const HOUR_MS = 3_600_000;
const NEVER_MS = 1e6 * HOUR_MS;
const PACE: Pace = {
  worker: { sweepIntervalMs: HOUR_MS, idleCheckMs: NEVER_MS, lookAgainMs: NEVER_MS },
  beat: { leaseMs: NEVER_MS, maxLoopIntervalMs: NEVER_MS, maintenanceIntervalMs: HOUR_MS },
  monitoring: false,
};

export interface VirtualTimeOptions {
  /** Where time begins: epoch ms, Date or ISO 8601 text. Default 2027-01-01T00:00:00Z. */
  readonly start?: EpochMs | Date | string | undefined;
  /** Seed of ids and of jitter: the same seed gives the same run. Default 1. */
  readonly seed?: number | undefined;
  /** Queues the worker takes from. Default: every queue that the app's code names. */
  readonly queues?: readonly string[] | undefined;
  /** Default: the app's. */
  readonly concurrency?: number | undefined;
}

/** An app that runs on a clock of its own: beat, queue and worker go on only while `advance` moves it. */
export interface VirtualTime {
  readonly clock: ManualClock;
  /**
   * Moves time on by a duration ("90 days", "1h30m", a number of seconds), running every tick and task that falls into
   * it, in order. A task that waits for something outside the process goes on in real time: it is not waited for.
   */
  advance(duration: Duration): Promise<void>;
  /** Stops beat and worker and closes the app. */
  close(): Promise<void>;
}

/**
 * Puts an app on virtual time with an empty memory store, whatever broker it names, and starts its beat and a worker.
 * Call it before the app is used for anything else; throws SUNBEAT_USAGE when its store is open already.
 *
 *     const time = await virtualTime(app, { start: "2027-03-27T00:00:00Z" });
 *     await time.advance("2 days");
 *     await app.schedules.history("payroll");
 */
export async function virtualTime(app: Sunbeat, options: VirtualTimeOptions = {}): Promise<VirtualTime> {
  assertObject(options, "virtualTime: options");
  const clock = new ManualClock(options.start);
  const seed = integerOption(
    options.seed ?? 1,
    "virtualTime: seed",
    Number.MIN_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  );
  coreOf(app).use({ clock, random: seededRandom(seed), store: openMemoryStore, pace: PACE });
  // A test that makes a task fail has its own eyes on it; one that wants the log gives the app a logger.
  coreOf(app).useLogger(silentLogger);
  await coreOf(app).canvas.load();
  const { queues, concurrency } = options;
  const worker = app.worker({
    pool: "async", // nothing outside of this loop knows the clock
    ...(queues === undefined ? {} : { queues }),
    ...(concurrency === undefined ? {} : { concurrency }),
  });
  await worker.start();
  app.beat().start();
  await clock.advance(0);
  return {
    clock,
    advance: (duration) => clock.advance(durationMs(duration, "advance")),
    close: () => app.close(),
  };
}
