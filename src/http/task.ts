/** The task `sunbeat.http`: a request past the guard, signed where the call says so, and what its answer means. */
import { TextDecoder } from "node:util";
import type { Clock } from "../core/clock.js";
import { TaskError } from "../core/errors.js";
import { invalidOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import type { TaskContext } from "../tasks/definition.js";
import { type CheckedCall, checkCall, type HttpResult, isExpected } from "./call.js";
import type { HttpConfig } from "./options.js";
import { failed, type GuardedResponse, guardedRequest } from "./request.js";
import { retryAfterMs } from "./retry-after.js";
import { webhookHeaders } from "./webhook-signature.js";

export interface HttpTaskDeps {
  readonly config: HttpConfig;
  readonly clock: Clock;
}

/**
 * Runs one call. Codes: those of `checkCall`; SUNBEAT_URL_REFUSED; SUNBEAT_HTTP_FAILED and SUNBEAT_HTTP_STATUS, whose
 * `details.retryable` says whether another try may fare better. Ends by `self.cooldown` where the host asks for it.
 */
export async function runHttp(
  self: TaskContext,
  args: readonly unknown[],
  { config, clock }: HttpTaskDeps,
): Promise<unknown> {
  if (args.length !== 1) {
    throw invalidOption(
      "http",
      "one argument; behind another task of a chain http.si(...) takes nothing",
      args,
    );
  }
  const call = checkCall(args[0]);
  const headers = new Map(call.headers);
  for (const [name, value] of signatureOf(call, self.request.id, config, clock)) headers.set(name, value);
  const response = await guardedRequest({ ...call, headers }, { guard: config, clock, signal: self.signal });
  if (!isExpected(call, response.status)) throw unexpected(self, call, response, clock);
  const result = resultOf(response);
  return call.respond === "celery" ? retvalOf(result) : result;
}

function signatureOf(
  { sign, body }: CheckedCall,
  id: string,
  { secrets }: HttpConfig,
  clock: Clock,
): readonly (readonly [name: string, value: string])[] {
  if (sign === null) return [];
  const keys = secrets.get(sign);
  if (keys === undefined) throw invalidOption("http.sign", "a name of the app's option http.secrets", sign);
  return Object.entries(webhookHeaders({ id, at: clock.now(), body: body ?? new Uint8Array() }, keys));
}

/** The failure by a status; a host that says how long it wants to be left alone is, by everybody. */
function unexpected(
  self: TaskContext,
  call: CheckedCall,
  { status, headers }: GuardedResponse,
  clock: Clock,
): TaskError {
  const retryable = call.retryOn.includes(status);
  const pauseMs = retryable ? retryAfterMs(headers["retry-after"], clock.now()) : null;
  if (pauseMs !== null) self.cooldown({ milliseconds: pauseMs });
  return new TaskError(
    "SUNBEAT_HTTP_STATUS",
    `http: ${quote(new URL(call.url).host)} answered with status ${status}, expected was ${call.expect.join(" or ")}`,
    { details: { status, retryable } },
  );
}

function resultOf({ status, headers, body }: GuardedResponse): HttpResult {
  return { status, headers, body: body.length === 0 ? null : contentOf(body, headers["content-type"] ?? "") };
}

/** What says that it is JSON and is not, is text: hooks often answer "ok". */
function contentOf(body: Buffer, contentType: string): unknown {
  const text = decoderFor(contentType).decode(body);
  const [type = ""] = contentType.split(";", 1);
  if (!/[/+]json$/i.test(type.trimEnd())) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function decoderFor(contentType: string): TextDecoder {
  const [, charset = "utf-8"] = /;\s*charset="?([^\s;"]+)/i.exec(contentType) ?? [];
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder(); // a charset that nobody knows
  }
}

/** The answer of a task that Celery's `task.http` would call. */
function retvalOf({ body }: HttpResult): unknown {
  const { status, retval, reason } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (status === "success") return retval ?? null;
  if (status === "failure") throw failed(`its task failed: ${quote(reason, 500)}`, false);
  const expected = '{ status: "success", retval } or { status: "failure", reason }';
  throw failed(`its answer is not ${expected} (respond: "celery")`, false);
}
