/** A worker over the memory store on a clock that stands still: what the tests of this folder share. */
import { onTestFinished } from "vitest";
import { LoopMarks } from "../../src/core/loop-mark.js";
import type { Logger } from "../../src/core/logger.js";
import { seededRandom, type Random } from "../../src/core/random.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import type { NewMessage } from "../../src/store/contracts/sender.js";
import type { Store } from "../../src/store/contracts/store.js";
import type { TaskContext, TaskDefinition } from "../../src/tasks/definition.js";
import { encodeBody, type MessageBody } from "../../src/tasks/envelope.js";
import { messageFactory } from "../../src/tasks/message-factory.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import type { WorkerOptions } from "../../src/worker/options.js";
import { Worker } from "../../src/worker/worker.js";

export type Fn = (...args: never[]) => unknown;

export function definition(name: string, fn: Fn, options: Partial<TaskDefinition> = {}): TaskDefinition {
  return {
    name,
    fn,
    bind: false,
    queue: null,
    priority: 0,
    acks: "late",
    softTimeLimitMs: null,
    timeLimitMs: null,
    leaseMs: null,
    ignoreResult: false,
    storeErrorsEvenIfIgnored: false,
    ignoreHistory: false,
    keepFailed: false,
    isExpected: () => false,
    resultTtlMs: 86_400_000,
    maxDeliveries: 3,
    trackStarted: false,
    input: null,
    lock: null,
    pool: null,
    rateLimit: null,
    lane: null,
    unique: null,
    hooks: null,
    ...options,
    retry: options.retry ?? retry({ max: 0 }),
  };
}

export function retry(options: Partial<TaskDefinition["retry"]> = {}): TaskDefinition["retry"] {
  return {
    max: 3,
    delayMs: 1_000,
    backoff: false,
    maxDelayMs: 600_000,
    jitter: false,
    on: () => true,
    ...options,
  };
}

export function bodyOf(fields: Partial<MessageBody> = {}): string {
  return encodeBody({
    args: [],
    headers: {},
    parentId: null,
    rootId: null,
    groupId: null,
    scheduledFor: null,
    ignoreResult: null,
    resultTtlMs: null,
    ...fields,
  });
}

export function message(
  id: string,
  task: string,
  args: readonly unknown[] = [],
  fields: Partial<NewMessage> = {},
): NewMessage {
  return {
    id,
    task,
    queue: "default",
    priority: 0,
    maxDeliveries: 3,
    resultTtlMs: 86_400_000,
    body: bodyOf({ args }),
    ...fields,
  };
}

/** A promise that the test opens. */
export function gate<T = void>(): { readonly opened: Promise<T>; readonly open: (value: T) => void } {
  let open!: (value: T) => void;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open };
}

/** Gives the numbers in turn, the last one for ever. */
export function fixedRandom(...values: readonly number[]): Random {
  let at = 0;
  return {
    next: () => values[Math.min(at++, values.length - 1)] ?? 0.5,
    uuid: () => `uuid-${at++}`,
  };
}

/** Turns of the event loop until everything that waits only for promises has run: many, and no time passes. */
export async function turns(count = 40): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** A clock on which code can take time: `spend` moves monotonic time while everything else waits. */
class BusyClock extends ManualClock {
  #spentMs = 0;

  spend(ms: number): void {
    this.#spentMs += ms;
  }

  override monotonicMs(): number {
    return super.monotonicMs() + this.#spentMs;
  }
}

/** `concurrency`: slots of the one pool. */
type RigOptions = Partial<WorkerOptions> & { readonly concurrency?: number };

export interface Event {
  readonly type: string;
  readonly [field: string]: unknown;
}

export class Rig {
  readonly clock = new BusyClock();
  readonly loops = new LoopMarks(this.clock);
  readonly random: Random;
  readonly lines: string[] = [];
  readonly events: Event[] = [];
  readonly logger: Logger;
  readonly memory: Store;
  readonly registry = new Map<string, TaskDefinition>();
  readonly workers: Worker[] = [];
  /** For what runs add to their graphs. */
  readonly createMessage = messageFactory({
    registry: this.registry,
    random: seededRandom(1),
    defaults: {
      ...{ queue: "default", priority: 0, ignoreResult: false, resultTtlMs: 86_400_000 },
      ...{ maxDeliveries: 3, payloadLimit: 1_048_576, isFair: () => false },
    },
  });

  constructor(random: Random = fixedRandom(0.5)) {
    this.random = random;
    const line =
      (level: string) =>
      (text: string): void =>
        void this.lines.push(`${level} ${text}`);
    this.logger = { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
    this.memory = openMemoryStore({ clock: this.clock, random: this.random, logger: this.logger });
    onTestFinished(async () => {
      const ended = Promise.all(this.workers.map((worker) => worker.kill()));
      await this.clock.advance(20_000);
      await ended;
    });
  }

  task(name: string, fn: Fn, options: Partial<TaskDefinition> = {}): void {
    this.registry.set(name, definition(name, fn, options));
  }

  bound(
    name: string,
    fn: (self: TaskContext, ...args: never[]) => unknown,
    options: Partial<TaskDefinition> = {},
  ): void {
    this.task(name, fn, { bind: true, ...options });
  }

  async send(...messages: readonly NewMessage[]): Promise<void> {
    await this.memory.sender.enqueue(messages);
  }

  worker(
    { concurrency = 2, ...options }: RigOptions = {},
    store: Store = this.memory,
    registry = this.registry,
  ): Worker {
    const worker = new Worker({
      store,
      clock: this.clock,
      loops: this.loops,
      random: this.random,
      logger: this.logger,
      events: { emit: (type, fields) => void this.events.push({ type, ...fields }) },
      registry,
      createMessage: this.createMessage,
      options: {
        pools: [{ name: "async", size: concurrency }],
        prefetch: 1,
        queues: ["default"],
        leaseMs: 30_000,
        unknownTaskGraceMs: 0,
        gracePeriodMs: 30_000,
        hostname: "w1",
        graphLimit: 1_000,
        logResults: true,
        ...options,
      },
    });
    this.workers.push(worker);
    return worker;
  }

  async started(
    options: RigOptions = {},
    store: Store = this.memory,
    registry = this.registry,
  ): Promise<Worker> {
    const worker = this.worker(options, store, registry);
    await worker.start();
    await turns();
    return worker;
  }

  async state(id: string): Promise<string | null> {
    const [record] = await this.memory.results.get([id]);
    return record?.state ?? null;
  }

  /** State and decoded payload of a stored result. */
  async result(id: string): Promise<{ readonly state: string; readonly payload: unknown } | null> {
    const [record] = await this.memory.results.get([id]);
    if (!record) return null;
    return { state: record.state, payload: record.payload === null ? null : JSON.parse(record.payload) };
  }

  async failure(
    id: string,
  ): Promise<{ readonly name: string; readonly message: string; readonly code: unknown }> {
    const record = await this.result(id);
    if (record?.state !== "FAILURE") throw new Error(`${id}: expected FAILURE, got ${String(record?.state)}`);
    const { name, message: text, code } = record.payload as { name: string; message: string; code: unknown };
    return { name, message: text, code };
  }

  /** Log lines from `level` on that contain `text`. */
  logged(text: string): string[] {
    return this.lines.filter((line) => line.includes(text));
  }
}
