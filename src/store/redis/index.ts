import type { Store, StoreContext, StoreMeasures } from "../contracts/store.js";
import { redisAlerts } from "./alerts.js";
import { redisAudit } from "./audit.js";
import { Caller } from "./caller.js";
import { redisCalendars } from "./calendars.js";
import { redisChannel } from "./channel.js";
import type { Connect } from "./client.js";
import { redisConsumer } from "./consumer.js";
import { redisDeadLetters } from "./dead-letters.js";
import { redisEntries } from "./entries.js";
import { sweepFailed } from "./failed.js";
import { redisGraphs } from "./graphs.js";
import { redisHistory } from "./history.js";
import { Hub } from "./hub.js";
import { databaseOf, ioredisConnect, ioredisHandedIn, loadIoredis } from "./ioredis.js";
import { keyspace } from "./keys.js";
import { redisLeases } from "./leases.js";
import { redisLedger } from "./ledger.js";
import { redisLockInspection } from "./lock-inspection.js";
import { redisLimits } from "./limits.js";
import { redisLocks } from "./locks.js";
import { redisPresence } from "./presence.js";
import { redisQueues } from "./queues.js";
import { redisResults } from "./results.js";
import { defineScript, isDone, type WireNumber } from "./script.js";
import { redisSender } from "./sender.js";
import { parseRedisUrl } from "./url.js";
import { claimNamespace } from "./version.js";

export { parseRedisUrl } from "./url.js";
export type { RedisTarget } from "./url.js";

/** First part of all keys and channels, where neither the options nor the URL name another. */
export const DEFAULT_NAMESPACE = "sunbeat";

export interface RedisOptions {
  /** First part of all keys, inside the hash tag. Default: the URL's `namespace`, else "sunbeat". */
  readonly namespace?: string | undefined;
  /**
   * Whose clock rules. Default "server": the server's TIME. "context" is for tests: the context's clock, also on a real
   * server.
   */
  readonly clock?: "server" | "context";
}

const nowScript = defineScript("now", (now: string) => Number(now));
const measureScript = defineScript(
  "measure",
  ([now, isLed, waiters, bytes]: [string, WireNumber, WireNumber, string]): StoreMeasures => ({
    ...{ now: Number(now), isLed: isDone(isLed), lockWaiters: Number(waiters) },
    bytes: bytes === "" ? null : Number(bytes),
  }),
);
const sweepScript = defineScript(
  "sweep",
  (raw: [WireNumber, WireNumber, string, string, string, string, WireNumber]) => {
    const [dropped, looked, from, lockfrom, ratefrom, lanefrom, isCut] = raw;
    return {
      dropped: Number(dropped),
      looked: Number(looked),
      from,
      lockfrom,
      ratefrom,
      lanefrom,
      isCut: isDone(isCut),
    };
  },
);
/** Results, locks, buckets and lanes that a sweep looks at; it goes on while a tenth of them is over. */
const LOOKED_AT = 5_000;
const WORTHWHILE = 0.1;

/**
 * A store on a Redis server (6.2 or newer), a master behind Sentinel, or a Cluster, for any number of processes on any
 * number of machines. Every verb is one script, so one atomic step. Connections are kept and looked for again until
 * `close`; a call waits for at most 5 s and repeats itself meanwhile where that is safe.
 *
 * Needs the package ioredis. Rejects with SUNBEAT_DRIVER_MISSING, SUNBEAT_BROKER_URL_INVALID, or, when the server cannot
 * be used now, with a StoreError: SUNBEAT_STORE_UNAVAILABLE, _TIMEOUT (retryable), _AUTH, _REFUSED; _NEWER or _OLDER where the
 * keys of the namespace are of another version.
 */
export async function openRedisStore(
  url: string,
  context: StoreContext,
  options: RedisOptions = {},
): Promise<Store> {
  const target = parseRedisUrl(url);
  const connect = ioredisConnect(await loadIoredis(), target, context.clock, context.random);
  return open(connect, target.label, context, {
    ...options,
    namespace: options.namespace ?? target.namespace,
    db: target.db,
  });
}

/**
 * The same over a client of the program's own: an instance of Redis or Cluster of ioredis 5.4 or newer. It is used for
 * commands and not closed; further connections are duplicates of it. It should be made with `maxRetriesPerRequest` at
 * most 3 and `autoResendUnfulfilledCommands: false`, so that no claim is sent twice, and without a `keyPrefix`.
 */
export async function openRedisStoreOf(
  client: unknown,
  context: StoreContext,
  options: RedisOptions = {},
): Promise<Store> {
  const connect = ioredisHandedIn(client, context.clock);
  return open(connect, "redis:(client handed in)", context, { ...options, db: databaseOf(client) });
}

interface Place {
  readonly namespace?: string | null | undefined;
  readonly db: number;
  readonly clock?: "server" | "context";
}

async function open(
  connect: Connect,
  label: string,
  { clock, random, logger, signal }: StoreContext,
  { namespace, db, clock: whose }: Place,
): Promise<Store> {
  const space = keyspace(namespace ?? DEFAULT_NAMESPACE, db);
  const clockOverride = whose === "context" ? clock : null;
  const caller = new Caller({ client: connect("commands"), space, label, clock, random, clockOverride });
  const leader = new Caller({ client: connect("leader"), space, label, clock, random, clockOverride });
  const hub = new Hub({ client: connect("subscriber"), label, tag: space.tag, clock, logger });
  const close = async (): Promise<void> => {
    caller.close();
    leader.close();
    hub.close();
  };
  const now = (): Promise<number> => caller.call(nowScript, {});
  const giveUp = (): void => void close();
  signal?.addEventListener("abort", giveUp);
  if (signal?.aborted === true) giveUp();
  try {
    await claimNamespace(caller);
  } catch (error) {
    await close();
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }

  /** Where the next sweep goes on among the results, the locks, the buckets and the lanes; "" when it has seen them all. */
  let [from, lockfrom, ratefrom, lanefrom] = ["", "", "", ""];
  const stores = { sender: redisSender(caller), results: redisResults(caller, hub, clock) };
  return {
    label,
    ...stores,
    consumer: redisConsumer({ caller, hub, clock, random, logger }),
    queues: redisQueues(caller),
    deadLetters: redisDeadLetters(caller, stores),
    entries: redisEntries(caller),
    calendars: redisCalendars(caller),
    graphs: redisGraphs(caller),
    ledger: redisLedger(caller),
    history: redisHistory(caller),
    leases: redisLeases(leader),
    limits: redisLimits(caller),
    locks: redisLocks(caller, logger),
    lockInspection: redisLockInspection(caller),
    alerts: redisAlerts(caller),
    presence: redisPresence(caller),
    audit: redisAudit(caller),
    channel: redisChannel(caller, hub),
    now,
    measure: () => caller.call(measureScript, {}),
    async sweep(limit) {
      let [dropped, looked, isCut] = [0, 0, false];
      [from, lockfrom, ratefrom, lanefrom] = [from || "0", lockfrom || "0", ratefrom || "0", lanefrom || "0"];
      do {
        const step = await caller.call(sweepScript, {
          limit: limit - dropped,
          from,
          lockfrom,
          ratefrom,
          lanefrom,
        });
        dropped += step.dropped;
        looked += step.looked;
        ({ from, lockfrom, ratefrom, lanefrom, isCut } = step);
      } while (
        dropped < limit &&
        (isCut ||
          (`${from}${lockfrom}${ratefrom}${lanefrom}` !== "" &&
            (looked < LOOKED_AT || dropped >= looked * WORTHWHILE)))
      );
      return dropped < limit ? dropped + (await sweepFailed(caller, limit - dropped)) : dropped;
    },
    close,
  };
}
