/**
 * Every public function given what it does not expect, in each place where it expects something. It may take it; when it
 * refuses, then with an error of ours, whose code a program can branch on and whose text says what was expected: never with
 * a TypeError out of the middle of our own code.
 */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import * as main from "../../src/index.js";
import * as redis from "../../src/redis.js";
import * as edge from "../../src/calendar.js";
import * as pages from "../../src/dashboard/index.js";
import * as otel from "../../src/otel.js";
import * as redlock from "../../src/redlock.js";
import * as kit from "../../src/testing/index.js";
import { coreOf } from "../../src/app/index.js";
import { ownNamespace } from "../support/redis-harness.js";

const { Sunbeat, every, isSunbeatError, ERROR_CODES } = main;

/** What somebody may hand in by mistake, and what it stands for. */
const WRONG: readonly (readonly [what: string, value: unknown])[] = [
  ["null, as a database gives it", null],
  ["undefined, as a missing key gives it", undefined],
  ["a truth value", true],
  ["no number", NaN],
  ["a negative number", -1],
  ["a fraction", 1.5],
  ["an endless number", Infinity],
  ["a bigint", 10n],
  ["no text", ""],
  ["other text", "x"],
  ["a symbol", Symbol("s")],
  ["an empty list", []],
  ["a list of nothing", [null]],
  ["an object without keys", {}],
  ["an object with other keys", { other: 1 }],
  ["an object without prototype", Object.create(null)],
  ["a function", () => undefined],
  ["a date that is none", new Date(NaN)],
  ["a map", new Map([["a", 1]])],
];

/** A function of ours with arguments that are right. */
interface Call {
  readonly name: string;
  readonly right: readonly unknown[];
  readonly call: (...args: never[]) => unknown;
}

let app: main.Sunbeat;
let client: Redis;
beforeAll(async () => {
  client = new Redis(inject("redisUrl"));
  app = world();
  await app.schedules.set("stored", { task: "t", schedule: every("1h") });
});
afterAll(async () => {
  await Promise.all([app.close(), made.close()]);
  client.disconnect();
});

function world(): main.Sunbeat {
  const made = new Sunbeat("wrong", { broker: redis.redisBroker(client, { namespace: ownNamespace() }) });
  made.task("t", (x: unknown) => x);
  return made;
}

const any = (fn: unknown): Call["call"] => fn as Call["call"];
const entry = {
  ...{
    task: "t",
    schedule: every("1h"),
    args: [1],
    options: { queue: "q" },
    enabled: true,
    misfire: { policy: "all" },
  },
  ...{ overlap: "skip", overlapTimeout: "1h", jitter: "1s", startAt: 0, endAt: 4e12, maxRuns: 5 },
  ...{ lock: { name: "l", capacity: 2 }, description: "d" },
};
const send = {
  ...{
    countdown: 1,
    expires: 60,
    queue: "q",
    priority: 1,
    taskId: "id",
    headers: { a: "b" },
    ignoreResult: false,
  },
  ...{ resultExpires: "1h" },
};
const taskOptions = {
  ...{
    bind: false,
    queue: "q",
    priority: 1,
    retry: { max: 1, delay: 1, backoff: true, maxDelay: 10, jitter: true, on: [Error] },
  },
  ...{
    timeLimit: "1m",
    softTimeLimit: "1m",
    lease: "1m",
    acks: "late",
    ignoreResult: false,
    resultExpires: "1h",
    maxDeliveries: 3,
  },
  ...{
    trackStarted: true,
    lock: { name: "l", capacity: 1, onBusy: "wait", waitTimeout: "1s", lease: "30s" },
  },
};
const appOptions = {
  ...{
    broker: "memory:",
    timezone: "UTC",
    beatSchedule: { e: entry },
    taskDefaultQueue: "q",
    taskIgnoreResult: true,
  },
  ...{
    resultExpires: "1d",
    maxDeliveries: 3,
    payloadLimit: 1_000,
    workerConcurrency: 1,
    lease: "30s",
    unknownTaskGrace: "1m",
    gracePeriod: "1s",
  },
  ...{
    workerPrefetchMultiplier: 1,
    logResults: true,
    beatLease: "15s",
    spread: "1s",
    beatMaxLoopInterval: "1m",
    version: 1,
  },
  ...{
    retention: { maxAge: "1d", maxRows: 10 },
    taskPublishRetry: true,
    taskPublishRetryPolicy: { maxRetries: 1 },
  },
  ...{
    taskTrackStarted: true,
    taskTimeLimit: "1m",
    taskSoftTimeLimit: "1m",
    dst: { gap: "skip" },
    logger: silent(),
  },
};

function silent() {
  return { debug() {}, info() {}, warn() {}, error() {} };
}

let given = 0;
/** A task that was declared a moment ago: each needs a name of its own. */
const declared = (options: unknown = {}, fn: unknown = () => 1) =>
  (app.task as (...args: unknown[]) => main.Task)(`declared${given++}`, options, fn);
/** In the place of what is made for each call. */
const OWN = Symbol("made for the call");
const { signal } = new AbortController();
/** As the language makes it. */
const decorating = (kind: string, value: unknown) =>
  value === OWN ? { kind, name: "m", addInitializer: () => undefined } : value;
const fresh = () => app.locks.mutex(`lock${given++}`);
const ready = async () => {
  const id = `ready${given++}`;
  const store = await coreOf(app).store.get();
  await store.results.put(id, { state: "SUCCESS", payload: "1" }, 60_000);
  return app.result(id);
};
const made = new Sunbeat("forms", { broker: "memory:" });
const chunked = made.task("chunked", (n: number) => n);
const signature = () => made.signature("t", [1]);
const SCHEDULES = {
  crontab: main.crontab("0 * * * *"),
  every: every("1h"),
  solar: main.solar("sunset", 48, 2),
  clocked: main.clocked(1e12),
};

async function sentOver(instance: unknown, options: { namespace?: string }): Promise<void> {
  const own = new Sunbeat("sent", {
    broker: redis.redisBroker(instance === OWN ? client : instance, options),
  });
  try {
    await own.sendTask("t");
  } finally {
    await own.close();
  }
}

async function virtual(target: unknown, options: kit.VirtualTimeOptions): Promise<void> {
  const own = new Sunbeat("virtual");
  const time = await kit.virtualTime(target === OWN ? own : (target as main.Sunbeat), options);
  await time.close();
}
/** Runs `act` inside a task. */
const inTask = (act: (task: main.TaskContext) => unknown): Promise<unknown> =>
  app.task(`inside${given++}`, { bind: true }, act)();

const CALLS: readonly Call[] = [
  // the app
  {
    name: "new Sunbeat",
    right: ["n", appOptions],
    call: any((name: string, options: object) => new Sunbeat(name, options)),
  },
  {
    name: "app.task",
    right: [`x`, taskOptions, () => 1],
    call: any((name: unknown, ...rest: unknown[]) =>
      (world().task as Call["call"])(...([name, ...rest] as never[])),
    ),
  },
  {
    name: "app.register",
    right: [class {}, "n", { queue: "q" }],
    call: any((...args: [never, never, never]) => world().register(...args)),
  },
  {
    name: "defineTask",
    right: ["lib.t", { queue: "q" }, () => 1],
    call: any((...args: [never, never, never]) => main.defineTask(...args)),
  },
  {
    name: "app.taskOf",
    right: [main.defineTask("lib.shared", () => 1)],
    call: any((...args: [never]) => world().taskOf(...args)),
  },
  ...(
    [
      ["app.tasks.search", (a: never, b: never) => app.tasks.search(a, b), ["state:failure", {}]],
      ["app.tasks.show", (a: never) => app.tasks.show(a), ["id"]],
      ["app.tasks.run", (a: never) => app.tasks.run(a), ["id"]],
      ["app.tasks.retry", (a: never, b: never) => app.tasks.retry(a, b), ["id", {}]],
      ["app.tasks.revoke", (a: never, b: never) => app.tasks.revoke(a, b), ["id", {}]],
      ["app.dead.list", (a: never) => app.dead.list(a), [{}]],
      ["app.dead.get", (a: never) => app.dead.get(a), ["id"]],
      ["app.dead.retry", (a: never) => app.dead.retry(a), ["id"]],
      ["app.dead.delete", (a: never) => app.dead.delete(a), ["id"]],
      ["app.queues.browse", (a: never, b: never) => app.queues.browse(a, b), ["q", {}]],
      ["app.queues.purge", (a: never) => app.queues.purge(a), ["q"]],
      ["app.stats", (a: never) => app.stats(a), [{}]],
    ] as const
  ).map(([name, call, right]) => ({ name, call, right })),
  {
    name: "app.autodiscover",
    right: ["./tasks/*.js", { from: import.meta.url }],
    call: any((...args: [never, never]) => world().autodiscover(...args)),
  },
  {
    name: "app.importTasks",
    right: [import.meta.url],
    call: any((...args: [never]) => world().importTasks(...args)),
  },
  ...[main.jsonLogger, main.journalLogger, main.prettyLogger].map((make) => ({
    name: make.name,
    right: [{ level: "info", write: () => undefined }],
    call: any((options: never) => make(options)),
  })),
  {
    name: "syslogLogger",
    right: [{ host: "127.0.0.1", port: 9, transport: "udp", facility: "user", app: "a", level: "info" }],
    call: any((options: never) => main.syslogLogger(options)),
  },
  {
    name: "app.use",
    right: [(_: unknown, next: () => unknown) => next()],
    call: any((...args: [never]) => world().use(...args)),
  },
  {
    name: "app.usePublish",
    right: [(_: unknown, next: () => unknown) => next()],
    call: any((...args: [never]) => world().usePublish(...args)),
  },
  {
    name: "signals.connect",
    right: [() => undefined, { sender: "t" }],
    call: any((...args: [never, never]) => world().signals.taskPrerun.connect(...args)),
  },
  {
    name: "app.worker",
    right: [{ concurrency: 1, queues: ["q"], prefetchMultiplier: 1, hostname: "h", gracePeriod: 1 }],
    call: any((options: never) => world().worker(options)),
  },
  {
    name: "app.beat",
    right: [{ maxLoopInterval: "1m", maxStartsPerSecond: 5, hostname: "h", register: "apply" }],
    call: any((options: never) => world().beat(options)),
  },
  {
    name: "app.sendTask",
    right: ["t", [1], send],
    call: any((...args: [never, never, never]) => app.sendTask(...args)),
  },
  {
    name: "app.audit.list",
    right: [{ limit: 5, before: "1", by: "ann", target: "q" }],
    call: any((options: never) => app.audit.list(options)),
  },
  { name: "app.nodes.list", right: [], call: any(() => app.nodes.list()) },
  ...(["ping", "active", "conf"] as const).map((verb) => ({
    name: `app.inspect.${verb}`,
    right: [{ destination: ["a"], pattern: "a*", kind: "worker", timeout: 0.01, limit: 1 }],
    call: any((options: never) => app.inspect[verb](options)),
  })),
  {
    name: "app.inspect.queryTask",
    right: [["id"], { timeout: 0.01 }],
    call: any((...args: [never, never]) => app.inspect.queryTask(...args)),
  },
  {
    name: "app.inspect.scheduled",
    right: [{ queue: "q", task: "t", limit: 5, cursor: "1 2" }],
    call: any((options: never) => app.inspect.scheduled(options)),
  },
  {
    name: "app.inspect.revoked",
    right: [{ limit: 5, cursor: "1 id" }],
    call: any((options: never) => app.inspect.revoked(options)),
  },
  {
    name: "app.control.broadcast",
    right: ["pool_grow", { n: 1 }, { pattern: "a*", reply: false }],
    call: any((...args: [never, never, never]) => app.control.broadcast(...args)),
  },
  {
    name: "app.control.revoke",
    right: [["id"], { terminate: true, reason: "r" }],
    call: any((...args: [never, never]) => app.control.revoke(...args)),
  },
  {
    name: "app.control.revokeByHeaders",
    right: [{ a: "b" }, { for: "1s" }],
    call: any((...args: [never, never]) => app.control.revokeByHeaders(...args)),
  },
  {
    name: "app.control.timeLimit",
    right: ["t", { soft: 1, hard: 2 }, { pattern: "a*" }],
    call: any((...args: [never, never, never]) => app.control.timeLimit(...args)),
  },
  ...(["addConsumer", "cancelConsumer", "trigger", "logLevel"] as const).map((verb) => ({
    name: `app.control.${verb}`,
    right: ["info", { pattern: "a*" }],
    call: any((...args: [never, never]) => app.control[verb](...args)),
  })),
  ...(["poolGrow", "poolShrink"] as const).map((verb) => ({
    name: `app.control.${verb}`,
    right: [1, { pattern: "a*" }],
    call: any((...args: [never, never]) => app.control[verb](...args)),
  })),
  {
    name: "app.control.autoscale",
    right: [3, 1, { pattern: "a*" }],
    call: any((...args: [never, never, never]) => app.control.autoscale(...args)),
  },
  ...(["drain", "shutdown", "resign", "heartbeat"] as const).map((verb) => ({
    name: `app.control.${verb}`,
    right: [{ pattern: "a*" }],
    call: any((options: never) => app.control[verb](options)),
  })),
  { name: "app.result", right: ["id"], call: any((id: never) => app.result(id)) },
  {
    name: "app.events.on",
    right: ["task-sent", () => undefined],
    call: any((...args: [never, never]) => world().events.on(...args)),
  },
  {
    name: "app.events.onCustom",
    right: ["task-mine", () => undefined],
    call: any((...args: [never, never]) => world().events.onCustom(...args)),
  },
  {
    name: "app.events.watch",
    right: [{ types: ["task-*"], tasks: ["t"], signal: new AbortController().signal }],
    call: any((options: never) => app.events.watch(options).end()),
  },
  {
    name: "EventState",
    right: [],
    call: any(() => new main.EventState()),
  },
  {
    name: "self.sendEvent",
    right: ["task-mine", { rows: 1 }],
    call: any((...args: [never, never]) => inTask((self) => self.sendEvent(...args))),
  },
  { name: "task.delay", right: [1], call: any((...args: unknown[]) => declared().delay(...args)) },
  {
    name: "task.delayMany",
    right: [[[1]], { ...send, taskId: undefined }],
    call: any((...args: [never, never]) => declared().delayMany(...args)),
  },
  {
    name: "task.applyAsync",
    right: [[1], send],
    call: any((...args: [never, never]) => declared().applyAsync(...args)),
  },
  {
    name: "result.get",
    right: [{ timeout: 0.001, propagate: true }],
    call: any((options: never) => ready().then((result) => result.get(options))),
  },
  {
    name: "result.revoke",
    right: [{ terminate: true }],
    call: any((options: never) => app.result("r").revoke(options)),
  },
  {
    name: "result.collect",
    right: [{ timeout: 0.001, propagate: true }],
    call: any((options: never) => ready().then((result) => result.collect(options).next())),
  },
  // forms and graphs
  {
    name: "task.apply",
    right: [[1], send],
    call: any((...args: [never, never]) => declared().apply(...args)),
  },
  {
    name: "task.s",
    right: [1],
    call: any((...args: never[]) =>
      declared()
        .s(...args)
        .delay(),
    ),
  },
  { name: "task.si", right: [1], call: any((arg: never) => declared().si(arg).delay()) },
  { name: "task.map", right: [[1]], call: any((list: never) => declared().map(list).delay()) },
  { name: "task.starmap", right: [[[1]]], call: any((list: never) => declared().starmap(list).delay()) },
  {
    name: "task.chunks",
    right: [[[1]], 2],
    call: any((list: never, size: never) => chunked.chunks(list, size).delay()),
  },
  { name: "chain", right: [signature(), signature()], call: any(main.chain) },
  { name: "group", right: [[signature()], { errors: "cancel" }], call: any(main.group) },
  { name: "chord", right: [[signature()], signature()], call: any(main.chord) },
  { name: "settled", right: [signature()], call: any(main.settled) },
  { name: "stream", right: [made.task("streaming", (list: never) => list)], call: any(main.stream) },
  {
    name: "workflow",
    right: ["w", (flow: main.Flow) => flow.call(signature() as never)],
    call: any((...args: [never, never]) => main.workflow(...args)),
  },
  {
    name: "app.signature",
    right: ["t", [1]],
    call: any((...args: [never, never]) => app.signature(...args)),
  },
  {
    name: "app.fromJSON",
    right: [signature().toJSON()],
    call: any((form: never) => app.fromJSON(form).delay()),
  },
  { name: "app.graph", right: ["id"], call: any((id: never) => app.graph(id)) },
  {
    name: "graph.parts",
    right: [{ state: "failed", limit: 1, after: "g:1" }],
    call: any((options: never) => made.graph("g").parts(options)[Symbol.asyncIterator]().next()),
  },
  { name: "graph.save", right: ["name"], call: any((name: never) => made.graph("g").save(name)) },
  {
    name: "graph.revoke",
    right: [{ terminate: true }],
    call: any((options: never) => made.graph("g").revoke(options)),
  },
  {
    name: "graph.join",
    right: [{ timeout: 0.001, propagate: true }],
    call: any((options: never) => made.graph("g").join(options)),
  },
  // inside a task
  {
    name: "context.retry",
    right: [{ countdown: 1, error: new Error("e") }],
    call: any((options: never) =>
      inTask((task) => {
        try {
          return task.retry(options);
        } catch (error) {
          // What it is for is to be thrown.
          if (error instanceof main.Retry || error === (options as { error?: unknown } | null)?.error)
            return undefined;
          throw error;
        }
      }),
    ),
  },
  {
    name: "context.updateState",
    right: ["MINE", { a: 1 }],
    call: any((...args: [never, never]) => inTask((task) => task.updateState(...args))),
  },
  {
    name: "context.progress",
    right: [1, 2],
    call: any((...args: [never, never]) => inTask((task) => task.progress(...args))),
  },
  {
    name: "new Retry",
    right: [{ countdown: 1, error: new Error("e") }],
    call: any((options: never) => new main.Retry(options)),
  },
  {
    name: "new Reject",
    right: ["why", { requeue: true }],
    call: any((...args: [never, never]) => new main.Reject(...args)),
  },
  { name: "new Ignore", right: ["why"], call: any((reason: never) => new main.Ignore(reason)) },
  // entries
  {
    name: "schedules.set",
    right: ["e", entry],
    call: any((...args: [never, never]) => app.schedules.set(...args)),
  },
  { name: "schedules.get", right: ["stored"], call: any((name: never) => app.schedules.get(name)) },
  {
    name: "schedules.list",
    right: [{ after: "a", limit: 1 }],
    call: any((options: never) => app.schedules.list(options)),
  },
  { name: "schedules.delete", right: ["none"], call: any((name: never) => app.schedules.delete(name)) },
  { name: "schedules.pause", right: ["stored"], call: any((name: never) => app.schedules.pause(name)) },
  { name: "schedules.resume", right: ["stored"], call: any((name: never) => app.schedules.resume(name)) },
  {
    name: "schedules.trigger",
    right: ["stored", { force: true }],
    call: any((...args: [never, never]) => app.schedules.trigger(...args)),
  },
  {
    name: "schedules.trigger (of skipped ticks)",
    right: ["stored", { from: 0, to: 1, force: true }],
    call: any((...args: [never, never]) => app.schedules.trigger(...args)),
  },
  {
    name: "schedules.trigger (of a skipped tick)",
    right: ["stored", { due: 0, force: true }],
    call: any((...args: [never, never]) => app.schedules.trigger(...args)),
  },
  {
    name: "schedules.timeline",
    right: ["stored", { from: 0, to: 1, limit: 1, lateAfter: 5, grace: 60 }],
    call: any((...args: [never, never]) => app.schedules.timeline(...args)),
  },
  {
    name: "schedules.timelines",
    right: [["stored"], { count: 1, lateAfter: 5, grace: 60 }],
    call: any((...args: [never, never]) => app.schedules.timelines(...args)),
  },
  {
    name: "schedules.forecast",
    right: [{ from: 0, to: 1, step: 1 }],
    call: any((options: never) => app.schedules.forecast(options)),
  },
  {
    name: "schedules.plan",
    right: [
      {
        for: 60,
        against: {
          sunbeat: 1,
          calendars: { c: { covers: { from: "2027-01-01", to: "2027-12-31" }, days: ["2027-01-06"] } },
          entries: { e: { task: "t", schedule: { type: "interval", everyMs: 60_000 } } },
        },
      },
    ],
    call: any((options: never) => app.schedules.plan(options)),
  },
  {
    name: "schedules.apply",
    right: [
      {
        plan: 1,
        owner: "code:wrong",
        version: 0,
        at: "",
        changes: [],
        calendars: [],
        unchanged: 0,
        hints: [],
      },
    ],
    call: any((plan: never) => app.schedules.apply(plan)),
  },
  {
    name: "schedules.preview",
    right: ["new", { task: "t", schedule: 60 }],
    call: any((...args: [never, never]) => app.schedules.preview(...args)),
  },
  {
    name: "schedules.next",
    right: ["stored", { count: 1, after: 0 }],
    call: any((...args: [never, never]) => app.schedules.next(...args)),
  },
  {
    name: "schedules.history",
    right: ["stored", { after: 0, before: 1, limit: 1 }],
    call: any((...args: [never, never]) => app.schedules.history(...args)),
  },
  // locks
  { name: "locks.mutex", right: ["l"], call: any((name: never) => app.locks.mutex(name)) },
  {
    name: "locks.semaphore",
    right: ["l", 2],
    call: any((...args: [never, never]) => app.locks.semaphore(...args)),
  },
  {
    name: "locks.list",
    right: [{ after: "a", limit: 1 }],
    call: any((options: never) => app.locks.list(options)),
  },
  {
    name: "alerts.list",
    right: [{ standing: true, limit: 1, before: "a" }],
    call: any((options: never) => app.alerts.list(options)),
  },
  {
    name: "alerts.ack",
    right: ["id", { note: "n" }],
    call: any((...args: [never, never]) => app.alerts.ack(...args)),
  },
  {
    name: "alerts.mute",
    right: ["queue-old", "q", { for: 1 }],
    call: any((...args: [never, never, never]) => app.alerts.mute(...args)),
  },
  {
    name: "alerts.unmute",
    right: ["queue-old", "q"],
    call: any((...args: [never, never]) => app.alerts.unmute(...args)),
  },
  {
    name: "alerts.check",
    right: [{ beat: true, schedules: true, workers: 1, queues: { q: 1 }, entries: ["e"] }],
    call: any((options: never) => app.alerts.check(options)),
  },
  {
    name: "metrics.system",
    right: [{ format: "prometheus" }],
    call: any((options: never) => app.metrics.system(options)),
  },
  {
    name: "metrics.registerWith",
    right: [{ registerMetric: () => undefined }],
    call: any((registry: never) => app.metrics.registerWith(registry)),
  },
  {
    name: "calendars.set",
    right: [{ name: "c", covers: { from: "2027-01-01", to: "2027-12-31" }, days: ["2027-01-01"] }],
    call: any((data: never) => app.calendars.set(data)),
  },
  { name: "calendars.get", right: ["c"], call: any((name: never) => app.calendars.get(name)) },
  { name: "calendars.delete", right: ["c"], call: any((name: never) => app.calendars.delete(name)) },
  { name: "locks.inspect", right: ["l"], call: any((name: never) => app.locks.inspect(name)) },
  {
    name: "locks.history",
    right: ["l", { limit: 1, before: "1-1" }],
    call: any((...args: [never, never]) => app.locks.history(...args)),
  },
  {
    name: "locks.break",
    right: ["l", "token"],
    call: any((...args: [never, never]) => app.locks.break(...args)),
  },
  {
    name: "mutex.acquire",
    right: [{ wait: 0.001, lease: "1s", signal }],
    call: any(async (options: never) => (await fresh().acquire(options)).release()),
  },
  {
    name: "mutex.using",
    right: [() => 1, { wait: 0.001, lease: "1s", timeLimit: "1s" }],
    call: any((...args: [never, never]) => fresh().using(...args)),
  },
  { name: "mutex.release", right: ["token"], call: any((permit: never) => fresh().release(permit)) },
  {
    name: "mutex.extend",
    right: ["token", "1s"],
    call: any((...args: [never, never]) => fresh().extend(...args)),
  },
  {
    name: "heldLock.extend",
    right: ["1s"],
    call: any(async (lease: never) => {
      await using held = await fresh().acquire();
      await held.extend(lease);
    }),
  },
  {
    name: "locked",
    right: ["l", { capacity: 1, onBusy: "retry", retryIn: 1, lease: "30s" }, () => 1],
    call: any((name: never, options: never, fn: never) => main.locked(name, options)(fn)),
  },
  {
    name: "task (decorator)",
    right: [{ queue: "q" }, () => 1, OWN],
    call: any((options: never, fn: never, context: unknown) =>
      main.task(options)(fn, decorating("method", context) as never),
    ),
  },
  {
    name: "tasks (decorator)",
    right: [{ task: () => 1 }, "p", class {}, OWN],
    call: any((to: never, prefix: never, type: never, context: unknown) =>
      main.tasks(to, prefix)(type, decorating("class", context) as never),
    ),
  },
  // schedules
  {
    name: "crontab",
    right: [
      "* * * * *",
      { timezone: "UTC", dst: { gap: "skip", overlap: "first" }, seconds: false, extended: true },
    ],
    call: any((...args: [never, never]) => main.crontab(...args)),
  },
  {
    name: "crontab of fields",
    right: [{ minute: 1, hour: 2, dayOfMonth: 3, monthOfYear: 4, dayOfWeek: 5 }, { timezone: "UTC" }],
    call: any((...args: [never, never]) => main.crontab(...args)),
  },
  {
    name: "every",
    right: ["1h", { offset: "1m" }],
    call: any((...args: [never, never]) => main.every(...args)),
  },
  {
    name: "solar",
    right: [
      "sunset",
      48,
      2,
      { offset: "1m", notBefore: "18:00", notAfter: "21:30", polar: { at: "06:00" }, timezone: "UTC" },
    ],
    call: any((...args: [never, never, never, never]) => main.solar(...args)),
  },
  {
    name: "clocked",
    right: ["2027-01-01T00:00", { timezone: "UTC" }],
    call: any((...args: [never, never]) => main.clocked(...args)),
  },
  {
    name: "calendar",
    right: [{ every: "2 weeks", on: ["mon"], at: "08:00", from: "2027-01-04", timezone: "UTC" }],
    call: any((...args: [never]) => main.calendar(...args).next(0)),
  },
  {
    name: "days",
    right: [{ every: "month", on: [1, "last fri"] }],
    call: any((rule: never) => main.days(rule)),
  },
  { name: "weekdays", right: ["mon-fri", "sun"], call: any((...args: never[]) => main.weekdays(...args)) },
  { name: "dates", right: [["2027-12-24", "12-25"]], call: any((list: never) => main.dates(list)) },
  {
    name: "businessDays",
    right: [{ closed: ["2027-12-24"], weekend: ["fri", "sat"] }],
    call: any((options: never) => main.businessDays(options)),
  },
  {
    name: "rrule",
    right: ["DTSTART:20270104T090000\nRRULE:FREQ=DAILY", { timezone: "UTC", dst: "skip" }],
    call: any((...args: [never, never]) => main.rrule(...args).next(0)),
  },
  {
    name: "fromICS",
    right: ["BEGIN:VCALENDAR\nEND:VCALENDAR", { name: "plant", years: [2027, 2029] }],
    call: any((...args: [never, never]) => edge.fromICS(...args)),
  },
  {
    name: "fromDateHolidays",
    right: ["DE", { region: "BY", years: [2027, 2027], types: ["public"], name: "n" }],
    call: any((...args: [never, never]) => edge.fromDateHolidays(...args)),
  },
  {
    name: "describeIn",
    right: [every("1h"), "de"],
    call: any((...args: [never, never]) => edge.describeIn(...args)),
  },
  { name: "toRRule", right: [every("1h")], call: any((schedule: never) => main.toRRule(schedule)) },
  { name: "holidays", right: ["DE-BY"], call: any((name: never) => main.holidays(name)) },
  {
    name: "during",
    right: ["22:00", "06:00", { days: "mon-fri", timezone: "UTC", inclusive: true }],
    call: any((...args: [never, never, never]) => main.during(...args)),
  },
  { name: "union", right: [every("1h"), 30], call: any((...args: never[]) => main.union(...args)) },
  { name: "compose", right: [[every("1h"), 30]], call: any((schedule: never) => main.compose(schedule)) },
  {
    name: "onDays",
    right: ["mon-fri", { timezone: "UTC" }],
    call: any((...args: [never, never]) => every("1h").onDays(...args)),
  },
  {
    name: "between",
    right: ["09:00", "17:00", { timezone: "UTC", days: ["mon"] }],
    call: any((...args: [never, never, never]) => every("1h").between(...args)),
  },
  { name: "only", right: ["mon", "2027-12-24"], call: any((...args: never[]) => every("1h").only(...args)) },
  {
    name: "except",
    right: ["mon", every("3h")],
    call: any((...args: never[]) => every("1h").except(...args)),
  },
  { name: "or", right: [30, every("3h")], call: any((...args: never[]) => every("1h").or(...args)) },
  { name: "offset", right: ["5m"], call: any((by: never) => main.crontab("0 0 * * *").offset(by)) },
  {
    name: "shift",
    right: ["next business day", { by: 1 }],
    call: any((...args: [never, never]) => main.crontab("0 0 * * *").shift(...args)),
  },
  { name: "startAt", right: ["2027-01-01T00:00Z"], call: any((at: never) => every("1h").startAt(at)) },
  { name: "endAt", right: ["2027-01-01T00:00Z"], call: any((at: never) => every("1h").endAt(at)) },
  {
    name: "upcoming",
    right: [every("1h"), { from: 0, count: 2, until: 1e9 }],
    call: any((...args: [never, never]) => [...main.upcoming(...args)]),
  },
  {
    name: "scheduleFromJSON",
    right: [{ type: "interval", everyMs: 1_000 }],
    call: any((json: never) => main.scheduleFromJSON(json)),
  },
  {
    name: "registerSchedule",
    right: ["mine", () => every("1h")],
    call: any((...args: [never, never]) => main.registerSchedule(...args)),
  },
  ...Object.entries(SCHEDULES).flatMap(([kind, schedule]): Call[] => [
    { name: `${kind}(...).next`, right: [0], call: any((at: never) => schedule.next(at)) },
    { name: `${kind}(...).previous`, right: [0], call: any((at: never) => schedule.previous(at)) },
  ]),
  // the other entrances
  { name: "redisBroker", right: [OWN, { namespace: "n" }], call: any(sentOver) },
  {
    name: "importSchedules",
    right: ["crontab", "5 4 * * * /opt/x", { timezone: "UTC" }],
    call: any(edge.importSchedules),
  },
  {
    name: "quorum",
    right: [["redis://a", "redis://b", "redis://c"], { namespace: "n", logger: silent() }],
    call: any((...args: [never, never]) => redlock.quorum(...args)),
  },
  {
    name: "instrument",
    right: [OWN, { parent: "link" }],
    call: any((target: never, options: never) =>
      otel.instrument(target === OWN ? app : (target as main.Sunbeat), options),
    ),
  },
  {
    name: "dashboard",
    right: [
      OWN,
      { basePath: "/ops", resolveAccess: "open", secret: "s".repeat(32), readOnly: true, title: "t" },
    ],
    call: any((target: never, options: never) =>
      pages.dashboard(target === OWN ? app : target, options).close(),
    ),
  },
  {
    name: "dashboard of a broker",
    right: [
      { broker: "memory:" },
      {
        ...{
          banner: { text: "staging", tone: "info" },
          timezone: "UTC",
          links: [{ text: "l", url: "https://l.test" }],
        },
        ...{
          hide: { args: true, results: false },
          format: String,
          maxClients: 5,
          allowedHosts: ["h"],
          trustProxy: true,
        },
      },
    ],
    call: any((source: never, options: never) => pages.dashboard(source, options).close()),
  },
  {
    name: "toNodeListener",
    right: [pages.dashboard({ broker: "memory:" })],
    call: any((handler: never) => pages.toNodeListener(handler)),
  },
  {
    name: "new ManualClock",
    right: ["2027-01-01T00:00:00Z"],
    call: any((start: never) => new kit.ManualClock(start)),
  },
  {
    name: "virtualTime",
    right: [OWN, { start: 0, seed: 1, queues: ["q"], concurrency: 1 }],
    call: any(virtual),
  },
  {
    name: "isSunbeatError",
    right: [new Error("e")],
    call: any((error: never) => main.isSunbeatError(error)),
  },
];

/** The arguments with each part in turn replaced, down to the keys of options of options. */
function* mistakes(right: readonly unknown[]): Generator<readonly [where: string, args: unknown[]]> {
  for (const [index, value] of right.entries()) {
    for (const [where, wrong] of variants(value, `argument ${index + 1}`, 3)) {
      yield [where, right.map((each, at) => (at === index ? wrong : each))];
    }
  }
}

function* variants(value: unknown, where: string, depth: number): Generator<readonly [string, unknown]> {
  for (const [what, wrong] of WRONG) yield [`${where}: ${what}`, wrong];
  const isPlain =
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (depth === 0 || !(isPlain || Array.isArray(value))) return;
  for (const [key, part] of Object.entries(value)) {
    for (const [at, wrong] of variants(part, `${where}, ${key}`, depth - 1)) {
      yield [
        at,
        Array.isArray(value)
          ? Object.assign([...(value as unknown[])], { [key]: wrong })
          : { ...value, [key]: wrong },
      ];
    }
  }
}

describe("what a function does not expect is taken, or refused by an error with a code", () => {
  test.each(CALLS)(
    "$name",
    async ({ right, call }) => {
      const surprises: string[] = [];
      for (const [where, args] of mistakes(right)) {
        try {
          await call(...(args as never[]));
        } catch (error) {
          const isOurs = isSunbeatError(error) && (ERROR_CODES as readonly string[]).includes(error.code);
          if (!isOurs)
            surprises.push(`${where} -> ${String((error as Error)?.stack ?? error).slice(0, 300)}`);
        }
      }
      expect(surprises).toEqual([]);
    },
    60_000,
  );
});

/** What takes nothing, is for other parts of sunbeat, or only carries what it is given. */
const TAKES_NOTHING = new Set([
  ...[
    "app.close",
    "app.runUntilSignal",
    "result.state",
    "result.exists",
    "result.ready",
    "result.successful",
    "result.failed",
    "result.children",
  ],
  ...["progress", "results", "members", "completedCount", "waiting", "failed", "resume", "forget"].map(
    (verb) => `graph.${verb}`,
  ),
  ...["result.info", "result.traceback", "result.forget", "locks.close", "events.emit", "currentTask"],
  "calendars.list",
  ...["events.named", "events.attach", "events.watchBy", "events.hears"],
  ...["schedules.drift", "schedules.driftOf"],
  ...["heldLock.release", "heldLock.lose", "heldLock.recheck", "heldLock.cut"],
  ...["SunbeatError", "ConfigurationError", "ScheduleError", "TaskError", "LockError", "ResultError"],
  ...["StoreError", "RemoteTaskError", "AsyncResult", "LockedTask"],
]);

test("every public function that takes something stands in the table", async () => {
  const exported = [main, edge, redis, redlock, otel, pages, kit].flatMap((entrance) =>
    Object.entries(entrance).flatMap(([name, value]) => (typeof value === "function" ? [name] : [])),
  );
  await using held = await fresh().acquire();
  const objects = {
    ...{
      app,
      schedules: app.schedules,
      locks: app.locks,
      calendars: app.calendars,
      events: app.events,
      mutex: fresh(),
      heldLock: held,
    },
    ...{ result: app.result("r"), graph: app.graph("g"), task: declared() },
  };
  const methods = Object.entries(objects).flatMap(([object, value]) => {
    const prototype = Object.getPrototypeOf(value) as object;
    const own = prototype === Function.prototype ? value : prototype;
    return Object.entries(Object.getOwnPropertyDescriptors(own)).flatMap(([name, { value: method }]) =>
      typeof method === "function" && name !== "constructor" ? [`${object}.${name}`] : [],
    );
  });
  const known = CALLS.map(({ name }) =>
    name.replace(/^new | of fields| \(decorator\)|^app\.(?=events)/g, ""),
  );
  const missing = [...exported, ...methods].filter(
    (name) => !known.includes(name) && !TAKES_NOTHING.has(name),
  );
  expect(missing).toEqual([]);
});
