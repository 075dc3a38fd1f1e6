/** The argument of the task `sunbeat.http`: what a call may say, and its check. */
import type { Duration } from "../core/duration.js";
import {
  assertKnownKeys,
  assertObject,
  choiceOption,
  durationOption,
  integerOption,
  invalidOption,
  nameOption,
  textOption,
} from "../core/options.js";
import { HARD_PAYLOAD_LIMIT } from "../tasks/payload.js";
import { nameOf, urlOf } from "./hosts.js";

/** A status, or all of its hundred: "2xx". */
export type ExpectedStatus = number | `${1 | 2 | 3 | 4 | 5}xx`;

/** One request, as plain data. Durations: a bare number is seconds. */
export interface HttpCall {
  /** Absolute. Its host must be one of the app's `http.allow`. */
  readonly url: string;
  /** Without it "GET", and "POST" with a body. */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Text is sent as it is; other plain data as JSON. Null: none. */
  readonly body?: unknown;
  /** For all of one try, from the name of the host to the last byte. Default 30 s. */
  readonly timeout?: Duration | undefined;
  /** Statuses that are tried again. Default 408, 425, 429, 500, 502, 503, 504. */
  readonly retryOn?: readonly number[] | undefined;
  /** How many are followed, each past the guard. Default 0, at most 20. */
  readonly redirects?: number | undefined;
  /** Bytes of the answer that are read; more fail the call. Default 1 MB, at most 16 MiB. */
  readonly maxBytes?: number | undefined;
  /** Statuses that are a success. Default "2xx". */
  readonly expect?: ExpectedStatus | readonly ExpectedStatus[] | undefined;
  /** Name of a secret of the app's `http.secrets`: the request is signed by Standard Webhooks. */
  readonly sign?: string | undefined;
  /** "celery": the answer is `{ status: "success", retval }` or `{ status: "failure", reason }`, and the result is `retval`. */
  readonly respond?: "celery" | undefined;
}

/** What the task gives. */
export interface HttpResult {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of JSON its value; of everything else text; null: there was none. */
  readonly body: unknown;
}

/** A call after its check. */
export interface CheckedCall {
  readonly url: string;
  readonly method: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array | null;
  readonly timeoutMs: number;
  readonly retryOn: readonly number[];
  readonly redirects: number;
  readonly maxBytes: number;
  readonly expect: readonly ExpectedStatus[];
  readonly sign: string | null;
  readonly respond: "celery" | null;
}

const CALL_KEYS = [
  "url",
  "method",
  "headers",
  "body",
  "timeout",
  "retryOn",
  "redirects",
  "maxBytes",
  "expect",
  "sign",
  "respond",
] as const satisfies readonly (keyof HttpCall)[];

export const CALL_DEFAULTS = {
  timeout: "30s",
  retryOn: [408, 425, 429, 500, 502, 503, 504],
  redirects: 0,
  maxBytes: 1_000_000,
  expect: "2xx",
} as const;

const MOST_REDIRECTS = 20;
const CONVENTIONS = ["celery"] as const;

/** A token of RFC 9110. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** What the client says itself, or what would change the frame of the message. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
const SIGNATURE_HEADERS: readonly string[] = ["webhook-id", "webhook-timestamp", "webhook-signature"];
/** A tunnel is no request, and a trace shows headers to whoever stands between. */
const REFUSED_METHODS: ReadonlySet<string> = new Set(["CONNECT", "TRACE", "TRACK"]);
const WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD"]);

/**
 * The call after its check; whether its host may be asked, the worker says. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID,
 * SUNBEAT_DURATION_INVALID.
 */
export function checkCall(call: unknown, what = "http"): CheckedCall {
  assertKnownKeys(call, CALL_KEYS, what);
  const given = call as Partial<HttpCall>;
  const body = given.body ?? null;
  const method = methodOption(given.method ?? (body === null ? "GET" : "POST"), `${what}.method`);
  if (body !== null && WITHOUT_BODY.has(method)) {
    throw invalidOption(`${what}.body`, `nothing with ${method}`, body);
  }
  const headers = headersOption(given.headers ?? {}, given.sign !== undefined, `${what}.headers`);
  if (body !== null && !headers.has("content-type")) {
    headers.set("content-type", typeof body === "string" ? "text/plain;charset=utf-8" : "application/json");
  }
  const { timeout, retryOn, redirects, maxBytes, expect } = { ...CALL_DEFAULTS, ...defined(given) };
  return {
    url: urlOption(given.url, `${what}.url`),
    ...{ method, headers },
    body: body === null ? null : bytesOf(body, `${what}.body`),
    timeoutMs: durationOption(timeout, `${what}.timeout`, 1),
    retryOn: statusesOption(retryOn, `${what}.retryOn`),
    redirects: integerOption(redirects, `${what}.redirects`, 0, MOST_REDIRECTS),
    maxBytes: integerOption(maxBytes, `${what}.maxBytes`, 0, HARD_PAYLOAD_LIMIT),
    expect: expectOption(expect, `${what}.expect`),
    sign: given.sign === undefined ? null : nameOption(given.sign, `${what}.sign`),
    respond: given.respond === undefined ? null : choiceOption(given.respond, `${what}.respond`, CONVENTIONS),
  };
}

/** `undefined` is the same as left out, so it must not hide a default. */
function defined<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ReturnType<
    typeof defined<T>
  >;
}

function urlOption(value: unknown, what: string): string {
  const text = textOption(value, what);
  if (urlOf(text) !== null) return text;
  throw invalidOption(what, 'an absolute URL, such as "https://example.com/hook"', text);
}

function methodOption(value: unknown, what: string): string {
  const method = textOption(value, what).toUpperCase();
  if (TOKEN.test(method) && !REFUSED_METHODS.has(method)) return method;
  throw invalidOption(what, 'a method such as "GET" or "POST"', value);
}

function headersOption(given: unknown, isSigned: boolean, what: string): Map<string, string> {
  assertObject(given, what);
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    const key = name.toLowerCase();
    if (!TOKEN.test(name)) throw invalidOption(`${what}: name`, "a token of RFC 9110", name);
    if (OWN_HEADERS.has(key)) throw invalidOption(what, "none that the client sets by itself", name);
    if (isSigned && SIGNATURE_HEADERS.includes(key)) {
      throw invalidOption(what, "none of the signature beside sign", name);
    }
    if (headers.has(key)) throw invalidOption(what, "each name once, in whatever case", name);
    if (typeof value !== "string" || !HEADER_VALUE.test(value)) {
      // The value may be a secret.
      throw invalidOption(
        `${what}.${name}`,
        "text of latin characters without line breaks",
        `[${typeof value}]`,
      );
    }
    headers.set(key, value);
  }
  return headers;
}

function bytesOf(body: unknown, what: string): Uint8Array {
  const text: string | undefined = typeof body === "string" ? body : JSON.stringify(body);
  if (text === undefined) throw invalidOption(what, "text or plain data", body);
  return Buffer.from(text);
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 100 && Number(value) <= 599;
}

function statusesOption(value: unknown, what: string): readonly number[] {
  if (Array.isArray(value) && value.every(isStatus)) return [...value];
  throw invalidOption(what, "a list of statuses such as [429, 503]", value);
}

function expectOption(value: unknown, what: string): readonly ExpectedStatus[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isExpected = (one: unknown): one is ExpectedStatus =>
    isStatus(one) || (typeof one === "string" && /^[1-5]xx$/.test(one));
  if (list.length > 0 && list.every(isExpected)) return list;
  throw invalidOption(what, '"2xx", a status such as 200, or a list of them', value);
}

export function isExpected({ expect }: Pick<CheckedCall, "expect">, status: number): boolean {
  return expect.some((one) => one === status || one === `${Math.floor(status / 100)}xx`);
}

/** The bucket of a call's rate limit, which a cooldown shuts: its host, with a port that is not the scheme's own. */
export function hostKey(call: unknown): string {
  const url = urlOf(String((call as Partial<HttpCall> | null | undefined)?.url));
  if (url === null) return "-"; // its run says what is wrong
  const name = (nameOf(url) ?? "-").slice(0, 240);
  return url.port === "" ? name : `${name}:${url.port}`;
}
