/**
 * What the store needs of a Redis client, so that another one can take ioredis' place.
 *
 * A client keeps itself connected until it is closed: it looks for the server, or for the new master, for as long as it
 * takes. It never repeats a command and never queues one: whoever calls waits for `ready` first and decides about
 * repeating. Every method but `close` rejects with whatever the driver throws; errors.ts knows what it means.
 */
export interface RedisClient {
  /** Whether commands can be sent now. */
  readonly isReady: boolean;
  /** Resolves at once when commands can be sent, else as soon as they can. Rejects when the server does not want us. */
  ready(): Promise<void>;
  /** Why it is not connected, as far as known. */
  readonly trouble: unknown;
  evalsha(sha: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  eval(source: string, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  subscribe(channels: readonly string[]): Promise<unknown>;
  unsubscribe(channels: readonly string[]): Promise<unknown>;
  /** Called for every message of a subscribed channel. One handler per client. */
  onMessage(handler: (channel: string, payload: string) => void): void;
  /** Called whenever commands can be sent again; subscriptions are gone then. One handler per client. */
  onReady(handler: () => void): void;
  ping(): Promise<unknown>;
  /** The servers that hold data: one, or the masters of a Cluster. Once `ready`. */
  servers(): readonly RedisServer[];
  /** Drops the connection, which may be dead without knowing it, and makes a new one. */
  reset(): void;
  /** Ends at once; what is under way is rejected. Idempotent. */
  close(): void;
}

/** One server, for questions that it alone can answer. */
export interface RedisServer {
  /** "host:port" */
  readonly address: string;
  ask(command: string, ...args: readonly string[]): Promise<unknown>;
}

/** Who uses a connection: each role has its own, so that one never waits for another. */
export type Role = "commands" | "leader" | "subscriber" | "quorum";

/** Makes one more client. */
export type Connect = (role: Role) => RedisClient;
