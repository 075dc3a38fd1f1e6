/**
 * What keeps a request out of the inner network. A URL is judged as the URL parser reads it, before anything is asked; the
 * addresses of its host where the socket is made, by the same answer that the socket uses. So no second answer of a
 * resolver, and no second reading of a text, comes between the look and the connection.
 */
import { lookup as systemLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { refusalOf } from "./addresses.js";
import { isAllowed, nameOf, portOf, urlOf } from "./hosts.js";
import type { GuardConfig } from "./options.js";

/** Gives all addresses of a name: `lookup` of node:dns with `all`. */
export type Resolver = (
  name: string,
  options: LookupOptions & { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** A URL that may be asked, taken apart: what the socket is told is what was judged. */
export interface Target {
  readonly url: URL;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * The target of a URL, which may be relative to `base`; `what` begins the message. The message shows the host alone: paths of hooks are secrets. Code:
 * SUNBEAT_URL_REFUSED.
 */
export function targetOf(text: string, guard: GuardConfig, what: string, base?: string): Target {
  const url = urlOf(text, base);
  if (url === null) throw refused(what, "it is no absolute URL", null);
  const schemes = guard.schemes.map((scheme) => `${scheme}:`);
  if (!schemes.includes(url.protocol)) {
    const advice = `only ${schemes.join(" and ")} may be asked (http.schemes)`;
    throw refused(what, `its scheme is ${quote(url.protocol)}, and ${advice}`, url);
  }
  if (url.username !== "" || url.password !== "") {
    throw refused(what, "it carries a user name or a password; give an authorization header instead", url);
  }
  const name = nameOf(url);
  const port = portOf(url);
  if (name === null || !isAllowed(guard.allow, name, port)) {
    throw refused(what, "its host is not in the app's option http.allow", url);
  }
  const host = name.startsWith("[") ? name.slice(1, -1) : name;
  if (isIP(host) !== 0) assertPublic(host, [host], guard, what);
  return { url, host, port };
}

/** The `lookup` of a socket. One address that is refused refuses the name: a resolver that mixes them is not to be trusted. */
export function guardedLookup(
  guard: GuardConfig,
  what: string,
  resolve: Resolver = systemLookup,
): LookupFunction {
  return (name, options, done) => {
    resolve(name, { ...options, all: true }, (error, addresses) => {
      try {
        if (error) throw error;
        assertPublic(
          name,
          addresses.map(({ address }) => address),
          guard,
          what,
        );
      } catch (refusal) {
        return done(refusal as NodeJS.ErrnoException, options.all ? [] : "", 0);
      }
      const [first] = addresses;
      if (options.all) done(null, addresses);
      else done(null, first!.address, first!.family);
    });
  };
}

/** Code: SUNBEAT_URL_REFUSED. */
function assertPublic(host: string, addresses: readonly string[], guard: GuardConfig, what: string): void {
  if (addresses.length === 0) throw refused(what, "its name has no address", null, { host });
  if (guard.private) return;
  for (const address of addresses) {
    const reason = refusalOf(address);
    if (reason === null) continue;
    const named = address === host ? "its host" : `${quote(host)} is at ${quote(address)}, which`;
    throw refused(what, `${named} is ${reason}; http.private lets such addresses pass, for tests`, null, {
      host,
      address,
    });
  }
}

function refused(
  what: string,
  why: string,
  url: URL | null,
  details: Readonly<Record<string, unknown>> = {},
): TaskError {
  const shown = url === null ? "" : ` (${quote(`${url.protocol}//${url.host}`)})`;
  return new TaskError("SUNBEAT_URL_REFUSED", `${what}${shown} was refused: ${why}`, {
    details: { ...details, ...(url && { host: url.host }) },
  });
}
