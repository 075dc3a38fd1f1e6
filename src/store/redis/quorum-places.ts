import { ConfigurationError } from "../../core/errors.js";
import { invalidOption } from "../../core/options.js";
import type { RedisClient } from "./client.js";
import { ioredisConnect, ioredisHandedIn, loadIoredis } from "./ioredis.js";
import type { QuorumDeps } from "./quorum-round.js";
import { parseRedisUrl } from "./url.js";

/** Makes the one client of a master. Code: SUNBEAT_DRIVER_MISSING. */
export type Connect = () => Promise<RedisClient>;

/** How to reach each master, by "host:port". Codes: SUNBEAT_OPTION_INVALID, SUNBEAT_BROKER_URL_INVALID. */
export function placesOf(nodes: readonly unknown[], { clock, random }: QuorumDeps): Map<string, Connect> {
  if (!Array.isArray(nodes) || (nodes.length !== 3 && nodes.length !== 5)) {
    const got = Array.isArray(nodes) ? String(nodes.length) : `a ${typeof nodes}`;
    throw new ConfigurationError(
      "SUNBEAT_OPTION_INVALID",
      `quorum: expected a list of the URLs or clients of 3 or 5 independent Redis masters, got ${got}: fewer outlive no failure, ` +
        "and an even number may split its votes in halves and outlives no more failures than one master less",
      { details: { option: "quorum", got } },
    );
  }
  const places = new Map<string, Connect>();
  for (const node of nodes as unknown[]) {
    const [label, connect] = typeof node === "string" ? ofUrl(node) : ofClient(node);
    if (places.has(label))
      throw invalidOption("quorum", "masters that are not one another, each once", label);
    places.set(label, connect);
  }
  return places;

  function ofUrl(url: string): [string, Connect] {
    const target = parseRedisUrl(url);
    const [place] = target.hosts;
    if (target.kind !== "single" || target.namespace !== null || place === undefined) {
      const expected = "redis://[user:password@]host[:port] of one master each, and no namespace in it";
      throw invalidOption("quorum", expected, target.label);
    }
    const connect: Connect = async () => ioredisConnect(await loadIoredis(), target, clock, random)("quorum");
    return [`${place.host}:${place.port}`, connect];
  }

  function ofClient(client: unknown): [string, Connect] {
    const connect = ioredisHandedIn(client, clock);
    const { options } = client as { options?: { host?: string; port?: number; path?: string } };
    if ("nodes" in (client as object)) {
      throw new ConfigurationError(
        "SUNBEAT_OPTION_INVALID",
        "quorum: expected clients of single masters, got a Cluster: its nodes are not independent",
      );
    }
    return [options?.path ?? `${options?.host}:${options?.port}`, async () => connect("quorum")];
  }
}
