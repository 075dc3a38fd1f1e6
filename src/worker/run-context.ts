import type { Duration } from "../core/duration.js";
import { TaskError } from "../core/errors.js";
import { invalidOption } from "../core/options.js";
import type { LogFields } from "../core/logger.js";
import { quote } from "../core/quote.js";
import type { Results } from "../store/contracts/results.js";
import {
  LOG_FIELDS,
  SLOTS,
  type SlotWatch,
  taskFields,
  type WithLogFields,
  type WithSlots,
} from "../tasks/context.js";
import type { TaskContext, TaskRequest } from "../tasks/definition.js";
import { Cooldown, Replace, Retry } from "../tasks/outcomes.js";
import { isSignature, type SignatureType } from "../tasks/signature.js";
import { LOCK_SOURCE, type LockSource, type WithLocks } from "../tasks/task-lock.js";
import { customEvent, metaFields } from "../tasks/custom-event.js";
import { encodePayload } from "../tasks/payload.js";
import { isFinal } from "../tasks/states.js";
import { type TaskLog, taskLog } from "../tasks/task-log.js";
import type { Assignment } from "./assignment.js";
import type { Reporter } from "./report.js";

/** What the contexts of one process share. */
export interface ContextEnvironment {
  /** Bounded in time. */
  readonly results: Pick<Results, "update">;
  readonly reporter: Pick<Reporter, "log" | "waiting" | "custom" | "progress">;
  readonly hostname: string;
  readonly payloadLimit: number | undefined;
  /** What functions with a lock take it from when a task calls them. */
  readonly locks: LockSource;
  readonly slots: Pick<SlotWatch, "isFull" | "placeOf">;
}

/** Members that one run may add to its group. */
const MOST_ADDED = 10_000;

/** The running task as user code sees it. Made for every run, so everything in it is made when it is asked for. */
export class RunContext implements TaskContext, WithLocks, WithSlots, WithLogFields {
  readonly #assignment: Assignment;
  readonly #environment: ContextEnvironment;
  #request: TaskRequest | undefined;
  #log: TaskLog | undefined;
  #logFields: LogFields | undefined;
  #added: SignatureType<[]>[] | undefined;

  constructor(assignment: Assignment, environment: ContextEnvironment) {
    this.#assignment = assignment;
    this.#environment = environment;
  }

  get request(): TaskRequest {
    return (this.#request ??= requestOf(this.#assignment, this.#environment.hostname));
  }

  get signal(): AbortSignal {
    return this.#assignment.reservation.signal;
  }

  get log(): TaskLog {
    return (this.#log ??= taskLog(this.#environment.reporter.log, this[LOG_FIELDS]));
  }

  get [LOG_FIELDS](): LogFields {
    return (this.#logFields ??= taskFields(this.request));
  }

  get lock(): TaskContext["lock"] {
    return this.#assignment.reservation.lock;
  }

  get [LOCK_SOURCE](): LockSource {
    return this.#environment.locks;
  }

  get [SLOTS](): SlotWatch {
    const { slots, reporter } = this.#environment;
    return {
      isFull: () => slots.isFull(),
      placeOf: (id) => slots.placeOf(id),
      tellWaiting: (awaited) => reporter.waiting(this.#assignment.reservation, awaited),
    };
  }

  /** What `add` was given. */
  get added(): readonly SignatureType<[]>[] {
    return this.#added ?? [];
  }

  replace(signature: SignatureType<[]>): never {
    throw new Replace(signatureOption(signature, "replace"));
  }

  add(...signatures: readonly SignatureType<[]>[]): void {
    const { body, reservation } = this.#assignment;
    if ((body.part?.group ?? null) === null) {
      throw new TaskError(
        "SUNBEAT_GRAPH_INVALID",
        `add: ${reservation.label} belongs to no group; members can be added by those of a group`,
      );
    }
    const added = (this.#added ??= []);
    for (const signature of signatures) added.push(signatureOption(signature, "add"));
    if (added.length <= MOST_ADDED) return;
    const message = `add: one run adds at most ${MOST_ADDED} members, and ${reservation.label} has added ${added.length}`;
    throw new TaskError("SUNBEAT_GRAPH_TOO_LARGE", message);
  }

  retry(options: { readonly countdown?: Duration | undefined; readonly error?: unknown } = {}): never {
    throw new Retry(options);
  }

  cooldown(duration: Duration): never {
    throw new Cooldown(duration);
  }

  async updateState(state: string, meta?: unknown): Promise<void> {
    if (state === "" || isFinal(state)) {
      throw new TaskError(
        "SUNBEAT_OPTION_INVALID",
        `updateState: expected a state of your own such as "IMPORTING", got ${quote(state)}; ` +
          "a run ends by returning or throwing",
      );
    }
    await this.#storeState(state, meta);
    const { reporter } = this.#environment;
    reporter.progress(this.#assignment.reservation, { state, ...metaFields(meta) });
  }

  async progress(done: number, total: number): Promise<void> {
    await this.#storeState("PROGRESS", { done, total });
    this.#environment.reporter.progress(this.#assignment.reservation, { done, total });
  }

  sendEvent(type: string, fields: Readonly<Record<string, unknown>> = {}): void {
    const checked = customEvent(type, fields);
    this.#environment.reporter.custom(this.#assignment.reservation, checked.type, checked.fields);
  }

  #storeState(state: string, meta: unknown): Promise<void> {
    const payload = meta === undefined ? null : encodePayload(meta, "meta", this.#environment.payloadLimit);
    return storeState(this.#assignment, this.#environment, state, payload);
  }
}

/**
 * Stores a state that is not an end. Rejects with SUNBEAT_LEASE_LOST, and aborts the signal with it, when the
 * store answers that another delivery is the current one. Nothing is stored for a task without result.
 */
export async function storeState(
  { reservation, resultTtlMs }: Assignment,
  { results, hostname }: ContextEnvironment,
  state: string,
  payload: string | null,
): Promise<void> {
  if (resultTtlMs === 0) return;
  const answer = await results.update(
    reservation.delivery,
    { state, payload, worker: hostname },
    resultTtlMs,
  );
  if (answer === "updated") return;
  reservation.lose("the store refused a change of its state");
  throw reservation.signal.reason;
}

function signatureOption(value: SignatureType<[]>, what: string): SignatureType<[]> {
  if (isSignature(value)) return value;
  throw invalidOption(what, "a signature, such as task.s(...)", value);
}

function requestOf({ reservation, body }: Assignment, hostname: string): TaskRequest {
  const { delivery } = reservation;
  return Object.freeze({
    id: delivery.id,
    task: delivery.task,
    args: reservation.args ?? body.args,
    retries: delivery.retries,
    deliveries: delivery.deliveries,
    eta: dateOf(delivery.eta),
    expires: dateOf(delivery.expires),
    queue: delivery.queue,
    priority: delivery.priority,
    headers: body.headers,
    parentId: body.parentId,
    rootId: body.rootId ?? delivery.id,
    groupId: body.groupId,
    groupIndex: body.part?.groupIndex ?? null,
    graphId: delivery.part?.graph ?? null,
    entry: delivery.entry,
    scheduledFor: dateOf(body.scheduledFor),
    hostname,
  });
}

function dateOf(instant: number | null): Date | null {
  return instant === null ? null : new Date(instant);
}
