/** The app option `http`: whom its tasks may ask, and by which secrets they sign. */
import {
  assertKnownKeys,
  assertObject,
  booleanOption,
  choiceOption,
  invalidOption,
  nameOption,
} from "../core/options.js";
import type { HostRule } from "./host-rule.js";
import { hostRule } from "./hosts.js";

export type HttpScheme = "http" | "https";

/** `http` of an app: its workers run the task `sunbeat.http` where it stands. */
export interface HttpOptions {
  /**
   * Hosts that may be asked, by their whole name: "api.example.com"; "*.example.com" for any name below it, and not for itself;
   * "api.example.com:8443" for one port alone.
   */
  readonly allow: readonly string[];
  /** Default ["https"]. */
  readonly schemes?: readonly HttpScheme[] | undefined;
  /** Whether addresses that are not of the public internet may be asked: for tests. Default false. */
  readonly private?: boolean | undefined;
  /**
   * Secrets of Standard Webhooks ("whsec_..." or base64, 24 to 64 bytes) by the name that `sign` of a call gives; a list while they
   * change: all of them sign.
   */
  readonly secrets?: Readonly<Record<string, string | readonly string[]>> | undefined;
}

/** What the guard needs. */
export interface GuardConfig {
  readonly allow: readonly HostRule[];
  readonly schemes: readonly HttpScheme[];
  readonly private: boolean;
}

export interface HttpConfig extends GuardConfig {
  readonly secrets: ReadonlyMap<string, readonly Uint8Array[]>;
}

const OPTIONS = ["allow", "schemes", "private", "secrets"] as const satisfies readonly (keyof HttpOptions)[];

export const HTTP_DEFAULTS = { schemes: ["https"], private: false } as const;

const LEAST_SECRET_BYTES = 24;
const MOST_SECRET_BYTES = 64;

/** Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID. */
export function resolveHttp(options: HttpOptions, what = "http"): HttpConfig {
  assertKnownKeys(options, OPTIONS, what);
  const { secrets = {} } = options;
  assertObject(secrets, `${what}.secrets`);
  return Object.freeze({
    ...guardOption(options, what),
    secrets: new Map(
      Object.entries(secrets).map(([name, given]) => [
        nameOption(name, `${what}.secrets: name`),
        keysOption(given, `${what}.secrets.${name}`),
      ]),
    ),
  });
}

function guardOption(options: HttpOptions, what: string): GuardConfig {
  const { allow, schemes = HTTP_DEFAULTS.schemes } = options;
  if (!Array.isArray(allow) || allow.length === 0) {
    throw invalidOption(`${what}.allow`, "a list of at least one host", allow);
  }
  if (!Array.isArray(schemes) || schemes.length === 0) {
    throw invalidOption(`${what}.schemes`, 'a list of "https" and "http"', schemes);
  }
  return {
    allow: allow.map((entry, index) => hostRule(entry, `${what}.allow[${index}]`)),
    schemes: schemes.map((one, index) => choiceOption(one, `${what}.schemes[${index}]`, ["https", "http"])),
    private: booleanOption(options.private ?? HTTP_DEFAULTS.private, `${what}.private`),
  };
}

function keysOption(given: unknown, what: string): readonly Uint8Array[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (list.length > 0) return list.map((secret) => keyOf(secret, what));
  throw invalidOption(what, "a secret, or a list of them", given);
}

/** The message shows nothing of the secret. */
function keyOf(secret: unknown, what: string): Uint8Array {
  const text = typeof secret === "string" ? secret.replace(/^whsec_/, "") : "";
  const key = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : Buffer.alloc(0);
  if (key.length >= LEAST_SECRET_BYTES && key.length <= MOST_SECRET_BYTES) return key;
  const expected = `"whsec_" and base64 of ${LEAST_SECRET_BYTES} to ${MOST_SECRET_BYTES} bytes (openssl rand -base64 32)`;
  throw invalidOption(what, expected, secret === "" ? "" : "[hidden]");
}
