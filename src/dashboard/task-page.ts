/** One task for whoever may see it: what is hidden by rights, names or options stays where it is. */
import type { EpochMs } from "../core/clock.js";
import { maskCredentials } from "../core/credentials.js";
import type { Failure } from "../core/failure.js";
import { withoutSecrets } from "../core/plain-data.js";
import type { TaskRow, TaskView } from "../monitor/index.js";
import { decodeBody } from "../tasks/envelope.js";
import { decodeFailure } from "../tasks/failure.js";
import type { Call } from "./route.js";

export type Viewer = Pick<Call, "access" | "settings" | "core">;

/** Text to show, as JSON or as `format` makes it; "hidden": the asker has no right to it; "sealed": no key here opens it. */
export interface Shown {
  readonly text: string | null;
  readonly why: "hidden" | "sealed" | null;
  /** The text is cut. */
  readonly isCut: boolean;
}

/** One attempt as a line, as far as it is known when it did what. */
export interface TaskStep {
  readonly attempt: number;
  readonly state: string;
  /** Of the first one. */
  readonly sent: EpochMs | null;
  /** From when on a worker could take it. */
  readonly ready: EpochMs | null;
  /** A worker took it. */
  readonly received: EpochMs | null;
  readonly started: EpochMs | null;
  readonly ended: EpochMs | null;
  readonly worker: string | null;
  /** Of a retry or a failure. */
  readonly why: string | null;
}

/** What was sent, for whoever may see it. */
export interface ShownBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly args: Shown;
}

export interface TaskPageView extends Omit<TaskView, "message" | "result"> {
  readonly state: string;
  readonly message: Omit<NonNullable<TaskView["message"]>, "body"> | null;
  readonly headers: ShownBody["headers"];
  readonly args: Shown;
  /** Oldest first; the last one may not have ended. */
  readonly steps: readonly TaskStep[];
  readonly result: {
    readonly state: string;
    readonly at: number;
    readonly reason: string | null;
    readonly worker: string | null;
    readonly value: Shown;
    readonly error: Failure | null;
  } | null;
}

const MOST_SHOWN = 100_000;
const MOST_ERROR = 1_000;
const NOTHING: Shown = { text: null, why: null, isCut: false };
const HIDDEN: Shown = { text: null, why: "hidden", isCut: false };
const SEALED: Shown = { text: null, why: "sealed", isCut: false };

export function showsArgs({ access, settings }: Viewer): boolean {
  return access.args !== false && !settings.hide.args;
}

export function showsResults({ access, settings }: Viewer): boolean {
  return access.results !== false && !settings.hide.results;
}

/** Of a record: null where they are hidden. */
export function shownArgs(viewer: Viewer, args: string | null): string | null {
  return showsArgs(viewer) && args !== null ? maskCredentials(args) : null;
}

/** A record for whoever may see it. */
export function shownRow(viewer: Viewer, row: TaskRow): TaskRow {
  const { args, error } = row;
  return { ...row, args: shownArgs(viewer, args), error: error === null ? null : maskCredentials(error) };
}

/** `kept`: the body of a task that failed and is kept. */
export function showTask(viewer: Viewer, view: TaskView, kept: string | null): TaskPageView {
  const { message, result, attempts, ...rest } = view;
  const { body = kept, ...envelope } = message ?? {};
  const last = attempts.at(-1);
  const shownAttempts = attempts.map((row) => shownRow(viewer, row));
  return {
    ...rest,
    state: result?.state ?? message?.state ?? last?.state ?? "unknown",
    attempts: shownAttempts,
    message: message === null ? null : (envelope as Omit<typeof message, "body">),
    ...shownBody(viewer, view, body),
    steps: stepsOf({ ...view, attempts: shownAttempts }),
    result:
      result === null
        ? null
        : {
            ...{
              state: result.state,
              at: result.at,
              reason: result.reason ?? null,
              worker: result.worker ?? null,
            },
            value: isFailure(result.state) ? NOTHING : valueOf(viewer, view, result.payload),
            error:
              isFailure(result.state) && showsResults(viewer)
                ? maskedFailure(decodeFailure(result.payload))
                : null,
          },
  };
}

const isFailure = (state: string): boolean => state === "FAILURE" || state === "RETRY";

/** What turns the direction of text around, as an escape of JSON: else `gnp.exe` is read as `exe.png`. */
function visible(text: string): string {
  return text.replace(
    /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (mark) => `\\u${mark.charCodeAt(0).toString(16)}`,
  );
}

/** `Name: message` of a failure; null where results are hidden. */
export function shownError(viewer: Viewer, payload: string): string | null {
  if (!showsResults(viewer)) return null;
  const { name, message } = decodeFailure(payload);
  return maskCredentials(`${name}: ${message}`.slice(0, MOST_ERROR));
}

function maskedFailure(failure: Failure): Failure {
  return JSON.parse(
    JSON.stringify(failure, (_, value: unknown) =>
      typeof value === "string" ? visible(maskCredentials(value)) : value,
    ),
  ) as Failure;
}

function bodyOf(text: string | null): ReturnType<typeof decodeBody> | "sealed" | null {
  if (text === null) return null;
  try {
    return decodeBody(text);
  } catch {
    return "sealed";
  }
}

export function shownBody(
  viewer: Viewer,
  of: Pick<TaskView, "id" | "task"> & { readonly attempts?: TaskView["attempts"] },
  body: string | null,
): ShownBody {
  const stored = bodyOf(body);
  const isOpen = stored !== "sealed" && stored !== null;
  return {
    headers: isOpen ? maskedHeaders(viewer, stored.headers) : {},
    args: argsOf(viewer, of, stored),
  };
}

/** As they were sent; none where they cannot be read here. */
export function headersOf(body: string | null): ShownBody["headers"] {
  const stored = bodyOf(body);
  return stored === "sealed" || stored === null ? {} : stored.headers;
}

function stepsOf({ attempts, message, result, tick }: TaskView): TaskStep[] {
  const steps = attempts.map(({ at, runMs, waitMs, error, reason, ...rest }, index): TaskStep => {
    const ended = at.getTime();
    const started = runMs === null ? null : ended - runMs;
    const sent = index > 0 ? null : (tick?.at?.getTime() ?? null);
    const { attempt, state, worker } = rest;
    return {
      ...{ attempt, state, worker, sent, started, ended, why: error ?? reason },
      // A record has how long it waited, and not from when on.
      ready: sent ?? (waitMs === null ? null : (started ?? ended) - waitMs),
      received: sent === null || waitMs === null ? null : Math.min(sent + waitMs, started ?? ended),
    };
  });
  if (message === null || message.state === "dead") return steps;
  const { enqueuedAt, eta, state, retries } = message;
  const isRunning = state === "leased" && result !== null;
  steps.push({
    ...{ attempt: retries + 1, state, sent: steps.length === 0 ? enqueuedAt : null },
    ...{ received: null, ended: null, why: null },
    ready: Math.max(enqueuedAt, eta ?? 0),
    started: isRunning && result.state === "STARTED" ? result.at : null,
    worker: isRunning ? (result.worker ?? null) : null,
  });
  return steps;
}

function maskedHeaders(
  { core }: Viewer,
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return withoutSecrets(headers, core.logger.hides) as Readonly<Record<string, string>>;
}

function argsOf(
  viewer: Viewer,
  view: Parameters<typeof shownBody>[1],
  body: ReturnType<typeof bodyOf>,
): Shown {
  if (!showsArgs(viewer)) return HIDDEN;
  if (body === "sealed") return SEALED;
  const kept = view.attempts?.at(-1)?.args ?? null;
  if (body === null) return kept === null ? NOTHING : cut(maskCredentials(readable(kept)));
  return shown(viewer, view, "args", body.args);
}

/** Of a record the arguments may be cut: then they are no JSON. */
function readable(args: string): string {
  try {
    return JSON.stringify(JSON.parse(args), null, 2);
  } catch {
    return args;
  }
}

function valueOf(viewer: Viewer, view: TaskView, payload: string | null): Shown {
  if (payload === null) return NOTHING;
  if (!showsResults(viewer)) return HIDDEN;
  try {
    return shown(viewer, view, "result", JSON.parse(payload));
  } catch {
    return SEALED;
  }
}

function shown(
  viewer: Viewer,
  { id, task }: Pick<TaskView, "id" | "task">,
  what: "args" | "result",
  value: unknown,
): Shown {
  const { core, settings } = viewer;
  const safe = withoutSecrets(value, core.logger.hides);
  const text = settings.format?.(safe, { what, task, id }) ?? JSON.stringify(safe, null, 2) ?? "undefined";
  return cut(maskCredentials(text));
}

function cut(text: string): Shown {
  return { text: visible(text.slice(0, MOST_SHOWN)), why: null, isCut: text.length > MOST_SHOWN };
}
