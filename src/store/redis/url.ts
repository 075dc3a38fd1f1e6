/** Where a Redis URL points. */
import { ConfigurationError } from "../../core/errors.js";
import { quote } from "../../core/quote.js";

export interface RedisHost {
  readonly host: string;
  readonly port: number;
}

export interface RedisTarget {
  readonly kind: "single" | "sentinel" | "cluster";
  /** The server; the sentinels; some nodes of the Cluster. */
  readonly hosts: readonly RedisHost[];
  /** Name of the master that the sentinels watch; null otherwise. */
  readonly master: string | null;
  readonly db: number;
  readonly username: string | null;
  readonly password: string | null;
  /** For the sentinels themselves, which have users of their own. */
  readonly sentinelPassword: string | null;
  readonly tls: boolean;
  /** File with the authority's certificate, PEM; null: those that Node trusts. */
  readonly ca: string | null;
  /** First part of all keys; null: the default. */
  readonly namespace: string | null;
  /** The URL without user, password and query, for banners and errors. */
  readonly label: string;
}

const KINDS = {
  redis: { kind: "single", port: 6379 },
  "redis+sentinel": { kind: "sentinel", port: 26379 },
  "redis+cluster": { kind: "cluster", port: 6379 },
} as const;

const PARAMETERS = ["namespace", "ca", "sentinelPassword"] as const;

const FORMS =
  "redis://[user:password@]host[:port][/db], redis+sentinel://[user:password@]host:port,host:port/master[/db] or " +
  "redis+cluster://[user:password@]host:port,host:port; rediss, rediss+sentinel and rediss+cluster for TLS";

/**
 * Reads the URLs of a server, of Sentinel, and of a Cluster, and the parameters `namespace`, `ca` and
 * `sentinelPassword`. User, password and parameters are percent-decoded. Throws SUNBEAT_BROKER_URL_INVALID; the message
 * has no password in it.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const [, scheme = "", authority = "", path = "", query = ""] =
    /^([a-z+]+):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?$/i.exec(url) ?? [];
  const name = scheme.toLowerCase();
  const tls = name.startsWith("rediss");
  const known = KINDS[name.replace(/^rediss/, "redis") as keyof typeof KINDS] as
    (typeof KINDS)[keyof typeof KINDS] | undefined;
  // Up to the last @: a password that was not percent-encoded may contain one.
  const at = authority.lastIndexOf("@");
  const places = authority.slice(at + 1);
  const label = `${name}://${places}${path}`;
  const isTorn = endsEarly(url);
  // A URL that cannot be read may have a password anywhere.
  const shown =
    name === "" || isTorn ? `${url.split(":")[0]}:...` : `${name}://${withoutWords(places)}${path}`;
  const invalid = (why: string): ConfigurationError =>
    new ConfigurationError("SUNBEAT_BROKER_URL_INVALID", `broker ${quote(shown)}: ${why}`, {
      details: { broker: shown },
    });
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text);
    } catch {
      throw invalid(`user, password and parameters are percent-encoded: write "%25" for a "%"`);
    }
  };

  if (isTorn) {
    throw invalid(
      `user, password and parameters are percent-encoded: write "%2F" for a "/", "%3F" for a "?", "%23" for a "#"`,
    );
  }
  if (!known) throw invalid(`expected ${FORMS}`);
  const hosts = readHosts(places, known.port, invalid);
  if (known.kind === "single" && hosts.length > 1) {
    throw invalid(`several hosts need "redis+sentinel" or "redis+cluster"; expected ${FORMS}`);
  }
  const parts = path.split("/").slice(1);
  const master = known.kind === "sentinel" ? decode(parts.shift() ?? "") : null;
  if (master === "") throw invalid(`the name of the master is missing; expected ${FORMS}`);
  const db = readDb(parts, invalid);
  if (db !== 0 && known.kind === "cluster") throw invalid("a Cluster has only database 0");

  const credentials = at < 0 ? "" : authority.slice(0, at);
  const colon = credentials.indexOf(":");
  const username = decode(colon < 0 ? credentials : credentials.slice(0, colon));
  const parameters = readParameters(query, decode, invalid);
  return {
    ...{ kind: known.kind, hosts, master, db, tls, label },
    username: username === "" ? null : username,
    password: colon < 0 ? null : decode(credentials.slice(colon + 1)),
    sentinelPassword: parameters.sentinelPassword ?? null,
    ca: parameters.ca ?? null,
    namespace: parameters.namespace ?? null,
  };
}

type Invalid = (why: string) => ConfigurationError;

/** Whether a "/", "?" or "#" in user or password, which was not percent-encoded, cuts them off from their "@". */
function endsEarly(url: string): boolean {
  const [, behind = ""] = /^[a-z+]+:\/\/[^/?#]*(.*)$/is.exec(url) ?? [];
  return behind.replace(/([?&](?:namespace|ca|sentinelPassword)=)[^&#]*/g, "$1").includes("@");
}

/** Text in the place of a port may be a password whose host was left out. */
function withoutWords(places: string): string {
  const shown = places.split(",").map((place) => {
    const colon = place.indexOf(":", place.startsWith("[") ? place.indexOf("]") + 1 : 0);
    return colon < 0 || /^\d*$/.test(place.slice(colon + 1)) ? place : `${place.slice(0, colon)}:**`;
  });
  return shown.join(",");
}

function readHosts(text: string, usualPort: number, invalid: Invalid): RedisHost[] {
  return text.split(",").map((place) => {
    const [, bracketed, plain, port] =
      /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s]+))?(?::(\d{1,5}))?$/i.exec(place) ?? [];
    const number = port === undefined ? usualPort : Number(port);
    const host = bracketed ?? plain;
    if (host === undefined || number < 1 || number > 65_535) {
      throw invalid(`expected host or host:port (IPv6 in brackets), got ${quote(withoutWords(place))}`);
    }
    return { host, port: number };
  });
}

function readDb(parts: readonly string[], invalid: Invalid): number {
  const given = parts.filter((part) => part !== "");
  if (given.length === 0) return 0;
  if (given.length > 1 || !/^\d{1,5}$/.test(given[0] ?? "")) {
    throw invalid(`expected the number of a database at the end, got ${quote(parts.join("/"))}`);
  }
  return Number(given[0]);
}

function readParameters(query: string, decode: (text: string) => string, invalid: Invalid) {
  const found: Partial<Record<(typeof PARAMETERS)[number], string>> = {};
  for (const part of query.split("&").filter((each) => each !== "")) {
    const [key = "", value = ""] = part.split(/=(.*)/s);
    const name = PARAMETERS.find((known) => known === key);
    if (!name) throw invalid(`unknown parameter ${quote(key)}; there are ${PARAMETERS.join(", ")}`);
    found[name] = decode(value);
  }
  return found;
}
