/** The client over ioredis 5 and 6: a server, a master behind Sentinel, a Cluster, or an instance handed in. */
import type { Cluster, Redis, RedisOptions } from "ioredis";
import { readFileSync } from "node:fs";
import type { Clock, Timer } from "../../core/clock.js";
import { ConfigurationError, messageOf } from "../../core/errors.js";
import type { Random } from "../../core/random.js";
import type { Connect, RedisClient, RedisServer, Role } from "./client.js";
import { isFatal, isReplica } from "./errors.js";
import type { RedisTarget } from "./url.js";

const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 10_000;
/** ioredis waits so long for the end of a stream, also of one that has ended, and keeps the process meanwhile. */
const DISCONNECT_MS = 50;
const LONGEST_RETRY_MS = 2_000;
const REVIVAL_MS = 500;
/** A master that is silent for longer has not answered: the answers of the others must not grow old meanwhile. */
export const VOTE_LIMIT_MS = 100;

type Driver = Pick<typeof import("ioredis"), "Redis" | "Cluster">;

/** Loads ioredis, which only users of Redis install. Throws SUNBEAT_DRIVER_MISSING. */
export async function loadIoredis(): Promise<Driver> {
  try {
    return await import("ioredis");
  } catch (error) {
    throw new ConfigurationError(
      "SUNBEAT_DRIVER_MISSING",
      `a Redis broker needs the package ioredis, which cannot be loaded (${messageOf(error)}); run: npm install ioredis`,
      { cause: error },
    );
  }
}

/** Makes clients of their own for a URL's target. */
export function ioredisConnect(
  { Redis, Cluster }: Driver,
  target: RedisTarget,
  clock: Clock,
  random: Random,
): Connect {
  // Jitter: many processes that lost one server must not come back as one.
  const pause = (times: number): number =>
    Math.round(Math.min(50 * times, LONGEST_RETRY_MS) * (0.5 + 0.5 * random.next()));
  const tls = target.tls ? { ...(target.ca !== null && { ca: readCertificate(target.ca) }) } : undefined;
  const common = (role: Role) => ({
    // RESP3, which ioredis 6 speaks, in the shapes of RESP2, which 5 knows.
    replyMapping: "legacy" as const,
    connectionName: `sunbeat-${role}`,
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    disconnectTimeout: DISCONNECT_MS,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    ...limitOf(role),
    // A master that became a replica: look for the new one.
    reconnectOnError: isReplica,
    ...(target.username !== null && { username: target.username }),
    ...(target.password !== null && { password: target.password }),
    ...(tls && { tls }),
  });
  return (role) => {
    if (target.kind === "cluster") {
      return new IoredisClient(
        new Cluster([...target.hosts], {
          lazyConnect: true,
          enableOfflineQueue: false,
          clusterRetryStrategy: pause,
          slotsRefreshTimeout: 2_000,
          // Only that the topology is asked anew when the node of a slot is silent.
          slotsRefreshInterval: 5_000,
          redisOptions: { ...common(role), autoResubscribe: true },
        }),
        clock,
      );
    }
    const { hosts, master, sentinelPassword, db } = target;
    const place: RedisOptions =
      target.kind === "single"
        ? { ...hosts[0] }
        : {
            sentinels: [...hosts],
            name: master ?? "",
            sentinelRetryStrategy: pause,
            failoverDetector: true,
            ...(sentinelPassword !== null && { sentinelPassword }),
            ...(tls && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
          };
    const own = { lazyConnect: true, enableOfflineQueue: false, retryStrategy: pause, db };
    return new IoredisClient(new Redis({ ...place, ...own, ...common(role) }), clock);
  };
}

/**
 * Makes clients of an instance that the program has: it serves commands and stays the program's to close; the others
 * are duplicates of it, closed with the store.
 */
export function ioredisHandedIn(instance: unknown, clock: Clock): Connect {
  const client = instance as Redis | Cluster;
  if (typeof client?.evalsha !== "function" || typeof client.duplicate !== "function") {
    throw new ConfigurationError(
      "SUNBEAT_OPTION_INVALID",
      "client: expected an instance of Redis or Cluster of ioredis 5.4 or newer",
    );
  }
  return (role) => {
    if (role === "commands") return new IoredisClient(client, null);
    const options = { lazyConnect: true, enableOfflineQueue: false };
    // redlock, which is not ours, compares numbers.
    const node = {
      ...{ autoResubscribe: false, maxRetriesPerRequest: 0, stringNumbers: false },
      ...{ disconnectTimeout: DISCONNECT_MS, ...limitOf(role) },
    };
    return new IoredisClient(
      "nodes" in client ? client.duplicate([], options) : client.duplicate({ ...options, ...node }),
      clock,
    );
  };
}

/** Number of the database that an instance was made for; a Cluster has none but 0. */
export function databaseOf(instance: unknown): number {
  return Number((instance as { readonly options?: { readonly db?: number } }).options?.db ?? 0);
}

function limitOf(role: Role): { commandTimeout?: number } {
  return role === "quorum" ? { commandTimeout: VOTE_LIMIT_MS } : {};
}

function readCertificate(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigurationError(
      "SUNBEAT_BROKER_URL_INVALID",
      `broker: the file named by "ca" cannot be read: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** No script answers so: a connection inside MULTI does. */
function answerOf(reply: unknown): unknown {
  if (reply === "QUEUED") throw new Error("QUEUED for an EXEC");
  return reply;
}

class IoredisClient implements RedisClient {
  trouble: unknown = null;
  readonly #client: Redis | Cluster;
  /** Null for a client that is somebody else's to keep and to close. */
  readonly #clock: Clock | null;
  #revival: Timer | null = null;
  readonly #waiters = new Set<Waiter>();
  #onReady: (() => void) | null = null;
  #onMessage: ((channel: string, payload: string) => void) | null = null;
  #closed = false;

  constructor(client: Redis | Cluster, clock: Clock | null) {
    this.#client = client;
    this.#clock = clock;
    client.on("error", this.#heardError);
    client.on("ready", this.#heardReady);
    client.on("end", this.#heardEnd);
    client.on("message", this.#heardMessage);
  }

  readonly #heardError = (error: unknown): void => {
    this.trouble = error;
    if (isFatal(error)) this.#settle((waiter) => waiter.reject(error));
  };
  readonly #heardReady = (): void => {
    this.trouble = null;
    this.#settle((waiter) => waiter.resolve());
    this.#onReady?.();
  };
  readonly #heardEnd = (): void => {
    this.#settle((waiter) => waiter.reject(this.trouble ?? new Error("Connection is closed.")));
    // ioredis gives up for good when a fail-over is told while it is connecting. We do not.
    this.#revival?.cancel();
    if (!this.#closed) this.#revival = this.#clock?.after(REVIVAL_MS, () => this.#connect()) ?? null;
  };
  readonly #heardMessage = (channel: string, payload: string): void => this.#onMessage?.(channel, payload);

  #settle(act: (waiter: Waiter) => void): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) act(waiter);
  }

  get isReady(): boolean {
    return this.#client.status === "ready";
  }

  async ready(): Promise<void> {
    if (this.isReady) return;
    await new Promise<void>((resolve, reject) => {
      const isGone = this.#closed || (this.#clock === null && this.#client.status === "end");
      if (isGone) return reject(new Error("Connection is closed."));
      this.#waiters.add({ resolve, reject });
      this.#connect();
    });
  }

  /** Unless it is connecting already. What comes of it is told by the events. */
  #connect(): void {
    const { status } = this.#client;
    if (!this.#closed && (status === "wait" || status === "end"))
      this.#client.connect().catch(() => undefined);
  }

  evalsha(sha: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#client.evalsha(sha, keys.length, ...keys, ...args).then(answerOf);
  }

  eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#client.eval(source, keys.length, ...keys, ...args).then(answerOf);
  }

  subscribe(channels: readonly string[]): Promise<unknown> {
    return this.#client.subscribe(...channels);
  }

  unsubscribe(channels: readonly string[]): Promise<unknown> {
    return this.#client.unsubscribe(...channels);
  }

  onMessage(handler: (channel: string, payload: string) => void): void {
    this.#onMessage = handler;
  }

  onReady(handler: () => void): void {
    this.#onReady = handler;
  }

  ping(): Promise<unknown> {
    return this.#client.ping();
  }

  servers(): readonly RedisServer[] {
    const nodes = "nodes" in this.#client ? this.#client.nodes("master") : [this.#client];
    return nodes.map((node) => ({
      address: `${node.options.host}:${node.options.port}`,
      ask: (command, ...args) => node.call(command, ...args),
    }));
  }

  reset(): void {
    // A client that others use too is theirs to mend.
    if (this.#clock !== null) this.#drop(true);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#heardEnd();
    const client = this.#client;
    client.off("ready", this.#heardReady);
    client.off("end", this.#heardEnd);
    client.off("message", this.#heardMessage);
    if (this.#clock !== null) this.#drop(false);
    // An owned one keeps its listener: it may still fail while it ends, and an error nobody hears ends the process.
    else client.off("error", this.#heardError);
  }

  /** A half-open connection never says that it has ended, so the sockets are torn down. */
  #drop(reconnect: boolean): void {
    const nodes = "nodes" in this.#client ? this.#client.nodes("all") : [this.#client];
    if (!reconnect) this.#client.disconnect();
    for (const node of nodes) (node as unknown as { stream?: { destroy(): void } }).stream?.destroy();
  }
}
