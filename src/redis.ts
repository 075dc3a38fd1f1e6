import { openRedisStoreOf } from "./store/redis/index.js";
import { surveyRedisOf } from "./store/redis/survey.js";
import type { StoreSource } from "./store/contracts/store.js";

/**
 * A broker over a client of the program's own, an instance of Redis or Cluster of ioredis 5.4 or newer:
 *
 *     new Sunbeat("shop", { broker: redisBroker(client, { namespace: "shop" }) });
 *
 * The client is used for commands and stays the program's to close; other connections are duplicates of it. Make it with
 * `maxRetriesPerRequest` at most 3 and `autoResendUnfulfilledCommands: false`, and without a `keyPrefix`; use another one for
 * transactions that are not pipelined, since a step inside MULTI is refused (SUNBEAT_STORE_REFUSED). `namespace`
 * (default "sunbeat") is the first part of all keys. What it opens rejects with SUNBEAT_OPTION_INVALID for anything
 * that is no such client.
 */
export function redisBroker(
  client: unknown,
  options: { readonly namespace?: string | undefined } = {},
): StoreSource {
  return {
    label: "redis:(client handed in)",
    isGuarded: isGuarded(client),
    open: (context) => openRedisStoreOf(client, context, options),
    survey: (context, limitMs, entries) => surveyRedisOf(client, context, limitMs, { ...options, entries }),
  };
}

interface ClientOptions {
  readonly password?: unknown;
  readonly path?: unknown;
  readonly host?: unknown;
  readonly redisOptions?: ClientOptions;
}

/** By what a client of ioredis shows of its options. */
function isGuarded(client: unknown): boolean {
  const options = (client as { readonly options?: ClientOptions } | null | undefined)?.options;
  const { password, path, host } = { ...options, ...options?.redisOptions };
  if (typeof password === "string" && password !== "") return true;
  return (
    typeof path === "string" ||
    (typeof host === "string" && /^(?:localhost|127\.[\d.]{1,11}|::1)$/.test(host))
  );
}
