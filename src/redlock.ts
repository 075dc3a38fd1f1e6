import { systemClock } from "./core/clock.js";
import { type Logger, silentLogger } from "./core/logger.js";
import { warningsLogger } from "./logging/index.js";
import { assertKnownKeys } from "./core/options.js";
import { systemRandom } from "./core/random.js";
import { QuorumLocks } from "./locks/index.js";
import { DEFAULT_NAMESPACE } from "./store/redis/index.js";
import { RedisQuorum } from "./store/redis/quorum.js";

export type {
  AcquireOptions,
  QuorumLock,
  QuorumLocks,
  QuorumMutex,
  QuorumUse,
  UsingOptions,
} from "./locks/index.js";

export interface QuorumOptions {
  /** First part of all keys. Default "sunbeat". */
  readonly namespace?: string | undefined;
  /** Told when a master does not vote, and when it does again. Default: warnings to stderr; null: nobody. */
  readonly logger?: Logger | null | undefined;
}

/**
 * Mutexes by the vote of 3 or 5 independent Redis masters, for programs that must go on locking when one (of 5: two) of
 * them is down:
 *
 *     const locks = quorum(["redis://a", "redis://b", "redis://c"]);
 *     await locks.mutex("ledger").using(async ({ signal }) => { ... });
 *
 * It gives no fencing: `fence` is undefined, so a holder that was stopped for longer than its lease and goes on cannot be
 * refused by what it writes to. It is never used for the beat, its entries or tasks, and must not be: where there is one
 * store, `app.locks` promises more. A master that lost its data must stay away for a lease before it votes again.
 *
 * `nodes` are URLs, or clients of ioredis 5.4 or newer, which are duplicated and stay the program's to close: each master
 * gets a connection of its own, and 100 ms for each vote. Connects at the first use, which rejects with
 * SUNBEAT_DRIVER_MISSING without the packages ioredis and redlock 4.2.0. Throws SUNBEAT_OPTION_INVALID,
 * SUNBEAT_OPTION_UNKNOWN and SUNBEAT_BROKER_URL_INVALID.
 */
export function quorum(nodes: readonly (string | object)[], options: QuorumOptions = {}): QuorumLocks {
  assertKnownKeys(options, ["namespace", "logger"], "quorum");
  const { namespace = DEFAULT_NAMESPACE, logger: wanted = warningsLogger() } = options;
  const logger = wanted ?? silentLogger;
  const deps = { clock: systemClock, random: systemRandom, logger };
  return new QuorumLocks(new RedisQuorum(nodes, { ...deps, namespace }), deps);
}
