/** One request past the guard, with a bound for its time, its size and its redirects. It knows no task. */
import {
  Agent as HttpAgent,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { Clock } from "../core/clock.js";
import { formatDuration } from "../core/duration.js";
import { isSunbeatError, messageOf, TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { guardedLookup, type Resolver, type Target, targetOf } from "./guard.js";
import type { GuardConfig } from "./options.js";

export interface GuardedRequest {
  readonly url: string;
  readonly method: string;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array | null;
  /** Of the whole: names, connections, redirects, headers and body. */
  readonly timeoutMs: number;
  readonly redirects: number;
  readonly maxBytes: number;
}

export interface GuardedResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface RequestDeps {
  readonly guard: GuardConfig;
  readonly clock: Clock;
  /** Ends the request; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the system's. */
  readonly resolve?: Resolver | undefined;
  /** Certificates that are trusted instead of the system's: for tests. */
  readonly ca?: string | undefined;
}

/** Bytes of the headers of an answer. */
const MOST_HEADER_BYTES = 16_384;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What another origin gets to see: of all else nobody knows whether it is a secret. */
const ANY_ORIGIN: ReadonlySet<string> = new Set(["accept", "accept-language", "content-type", "user-agent"]);
/** What describes a body that is not sent any more. */
const OF_BODY = /^(content-|webhook-)/;

/**
 * The answer, whatever its status; the last one where it redirects further than it is followed. Codes: SUNBEAT_URL_REFUSED;
 * SUNBEAT_HTTP_FAILED, whose `details.retryable` says whether another try may fare better.
 */
export async function guardedRequest(request: GuardedRequest, deps: RequestDeps): Promise<GuardedResponse> {
  const { clock, signal } = deps;
  const stop = new AbortController();
  const timer = clock.after(request.timeoutMs, () => {
    const message = `it has not answered in full within ${formatDuration(request.timeoutMs)}`;
    stop.abort(failed(message, true));
  });
  const onAbort = (): void => stop.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    return await follow(request, { ...deps, signal: stop.signal });
  } catch (error) {
    if (stop.signal.aborted) throw stop.signal.reason;
    throw isSunbeatError(error) ? error : failed(messageOf(error), true, error);
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", onAbort);
  }
}

interface StoppableDeps extends RequestDeps {
  readonly signal: AbortSignal;
}

async function follow(request: GuardedRequest, deps: StoppableDeps): Promise<GuardedResponse> {
  let target = targetOf(request.url, deps.guard, "http: the URL");
  let { method, headers, body } = request;
  for (let left = request.redirects; ; left--) {
    const hop = { ...request, ...{ method, headers, body } };
    const answer = await exchange(target, hop, deps, left > 0);
    if (!("location" in answer)) return answer;
    const { status, location } = answer;
    const next = targetOf(location, deps.guard, "http: the redirect", target.url.href);
    const isSafe = method === "GET" || method === "HEAD";
    // As fetch does: what was posted is not posted again elsewhere, unless 307 or 308 says so.
    if ((status === 303 && !isSafe) || (status < 303 && method === "POST")) {
      method = "GET";
      body = null;
      headers = without(headers, (name) => OF_BODY.test(name));
    }
    if (next.url.origin !== target.url.origin) headers = without(headers, (name) => !ANY_ORIGIN.has(name));
    target = next;
  }
}

function without(
  headers: ReadonlyMap<string, string>,
  isDropped: (name: string) => boolean,
): ReadonlyMap<string, string> {
  return new Map([...headers].filter(([name]) => !isDropped(name)));
}

interface Redirected {
  readonly status: number;
  readonly location: string;
}

/** One request and its answer. The body of a redirect that is followed is not read. */
async function exchange(
  target: Target,
  request: GuardedRequest,
  deps: StoppableDeps,
  follows: boolean,
): Promise<GuardedResponse | Redirected> {
  const isTls = target.url.protocol === "https:";
  // One connection each, and by an agent of its own: that of the process may have a proxy from the environment.
  const agent = new (isTls ? HttpsAgent : HttpAgent)({ keepAlive: false });
  try {
    const response = await responseOf(target, request, deps, agent);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (follows && location !== undefined && REDIRECTS.has(status)) return { status, location };
    const body = await bodyOf(response, request);
    return { status, headers: headersOf(response), body };
  } finally {
    agent.destroy();
  }
}

function responseOf(
  target: Target,
  { method, headers, body }: GuardedRequest,
  { guard, resolve, ca, signal }: StoppableDeps,
  agent: HttpAgent,
): Promise<IncomingMessage> {
  const { url, host, port } = target;
  const isTls = url.protocol === "https:";
  const options: RequestOptions & { readonly ca?: string; readonly rejectUnauthorized: boolean } = {
    ...{ method, host, port, agent, signal },
    path: `${url.pathname}${url.search}`,
    lookup: guardedLookup(guard, "http: the host", resolve),
    headers: {
      ...Object.fromEntries(headers),
      // What is not asked for need not be unpacked, and grows no further than what was sent.
      "accept-encoding": "identity",
      ...(body && { "content-length": String(body.byteLength) }),
    },
    maxHeaderSize: MOST_HEADER_BYTES,
    insecureHTTPParser: false,
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca }),
  };
  return new Promise((resolveWith, reject) => {
    const sent = (isTls ? httpsRequest : httpRequest)(options, resolveWith);
    // Stays after the answer has begun: what breaks later is an error of both.
    sent.on("error", reject);
    sent.on("upgrade", (_, socket) => {
      socket.destroy();
      reject(failed("it switched to another protocol", false));
    });
    sent.end(body ?? undefined);
  });
}

/** Leaving the loop early destroys the connection. */
async function bodyOf(response: IncomingMessage, { maxBytes }: GuardedRequest): Promise<Buffer> {
  const { headers } = response;
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    response.destroy();
    throw failed(`its answer is packed as ${quote(encoding)}, and identity was asked for`, false);
  }
  const tooLarge = (): TaskError => failed(`its answer has more than ${maxBytes} bytes (maxBytes)`, false);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value = ""]) => [
      name,
      typeof value === "string" ? value : value.join(", "),
    ]),
  );
}

/** The request got no answer that can be used. */
export function failed(why: string, retryable: boolean, cause?: unknown): TaskError {
  return new TaskError("SUNBEAT_HTTP_FAILED", `http: the host was asked, and ${why}`, {
    details: { retryable },
    ...(cause !== undefined && { cause }),
  });
}
