import { maskedUser, maskParameters } from "../core/credentials.js";
import { ConfigurationError } from "../core/errors.js";
import { isLoopback } from "../core/loopback.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import { parseRedisUrl } from "../store/redis/url.js";

/** Where a broker URL points. */
export type BrokerUrl =
  | { readonly kind: "memory" }
  /** `path` as it was written: relative ones count from the working directory. */
  | { readonly kind: "sqlite"; readonly path: string }
  /** A server, Sentinel or a Cluster; checked, and read again by the store. */
  | { readonly kind: "redis"; readonly url: string };

/** The URL without user and password, as banners, logs and errors show it: `redis://:**@host:6379/0`. */
export function maskPassword(url: string): string {
  // The path of a file may have an @.
  if (/^sqlite:/i.test(url)) return url;
  // All of it is a URL, with "redis://" or without: a password that was not percent-encoded may contain any sign.
  const [, scheme = "", user] = /^([^/:@]*:\/\/|redi\w*:(?=[^@]*@))?(.*)@/is.exec(url) ?? [];
  if (user === undefined || (scheme === "" && user.includes("/") && !user.includes(":"))) {
    return maskParameters(url);
  }
  return maskParameters(scheme + maskedUser(user) + url.slice(scheme.length + user.length));
}

function invalid(url: string, why: string): ConfigurationError {
  const shown = maskPassword(url);
  return new ConfigurationError("SUNBEAT_BROKER_URL_INVALID", `broker ${quote(shown)}: ${why}`, {
    details: { broker: shown },
  });
}

const FORMS = "memory:, sqlite:<path>, and redis:, rediss:, redis+sentinel:, redis+cluster:";

/**
 * Reads `memory:`, `sqlite:<path>` (relative to the working directory), `sqlite:///<absolute path>`, whose path is taken
 * as it is, without percent-decoding, and the URLs of Redis (store/redis/url.ts). Throws SUNBEAT_BROKER_URL_INVALID.
 */
export function parseBrokerUrl(url: string): BrokerUrl {
  const [, scheme, rest] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(url) ?? [];
  if (scheme === undefined || rest === undefined) {
    throw invalid(url, `expected a URL such as "memory:" or "sqlite:./sunbeat.db"`);
  }
  switch (scheme.toLowerCase()) {
    case "memory":
      if (rest === "" || rest === "//") return { kind: "memory" };
      throw invalid(url, `"memory:" takes nothing after the colon`);
    case "sqlite":
      return { kind: "sqlite", path: sqlitePath(url, rest) };
    case "redis":
    case "rediss":
    case "redis+sentinel":
    case "rediss+sentinel":
    case "redis+cluster":
    case "rediss+cluster":
      parseRedisUrl(url);
      return { kind: "redis", url };
    default:
      throw invalid(
        url,
        `unknown kind of store${didYouMean(scheme, ["memory", "sqlite", "redis", "rediss"])}; there are ${FORMS}`,
      );
  }
}

/**
 * Why a stranger may reach a broker, so that what changes something is refused to those who have no key; null: none may. A broker that a
 * program brings says for itself whether it is guarded.
 */
export function exposureOf(
  broker: string | { readonly isGuarded?: boolean; readonly label: string },
): string | null {
  if (typeof broker !== "string") return broker.isGuarded === true ? null : exposed(broker.label);
  const url = parseBrokerUrl(broker);
  if (url.kind !== "redis") return null;
  const { password, hosts, label } = parseRedisUrl(url.url);
  return password !== null || hosts.every(({ host }) => isLoopback(host)) ? null : exposed(label);
}

function exposed(label: string): string {
  return (
    `expected a request that is signed, or a broker with a password or on loopback, got an unsigned one through ${label}: ` +
    "set signing, or give the server a password"
  );
}

function sqlitePath(url: string, rest: string): string {
  const path = rest.startsWith("///") ? rest.slice(2) : rest;
  if (path === "") throw invalid(url, `a path is missing: write "sqlite:./sunbeat.db"`);
  if (path.startsWith("//")) {
    throw invalid(url, `write "sqlite:<path>" for a relative path, "sqlite:///<path>" for an absolute one`);
  }
  if (path === ":memory:") throw invalid(url, `write "memory:" for a store that keeps nothing`);
  if (path.includes("\0")) throw invalid(url, "a path contains no NUL character");
  return path;
}
