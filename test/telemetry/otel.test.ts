/** Traces and metrics of an app, as the SDK of OpenTelemetry has them. Children: otel-pools.test.ts. */
import { createHash } from "node:crypto";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-node";
import * as incubating from "@opentelemetry/semantic-conventions/incubating";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  chain,
  chord,
  every,
  Ignore,
  type LogFields,
  Reject,
  Retry,
  Sunbeat,
  type SunbeatOptions,
} from "../../src/index.js";
import type { Immutable } from "../../src/canvas/types.js";
import { instrument, type TraceParent } from "../../src/otel.js";
import {
  ERROR_TYPE,
  MESSAGE_COUNT,
  METRICS,
  runAttributes,
  sendAttributes,
} from "../../src/telemetry/conventions.js";
import { virtualTime, type VirtualTime } from "../../src/testing/index.js";
import { Spans, takeMetrics, takeNothing } from "../support/spans.js";

let spans: Spans;
let collect: ReturnType<typeof takeMetrics>;
beforeAll(() => {
  spans = new Spans();
  collect = takeMetrics();
});
afterAll(takeNothing);
beforeEach(() => spans.clear());

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

interface World {
  readonly app: Sunbeat;
  readonly lines: { readonly message: string; readonly fields: LogFields }[];
  readonly start: () => Promise<VirtualTime>;
}

function setUp(parent?: TraceParent, options: SunbeatOptions = {}): World {
  const lines: World["lines"] = [];
  const line = (message: string, fields: LogFields = {}): void => void lines.push({ message, fields });
  const logger = { debug: line, info: line, warn: line, error: line };
  const app = new Sunbeat("shop", { broker: "memory:", logger, ...options });
  open.push(app);
  instrument(app, { parent });
  return {
    ...{ app, lines },
    async start() {
      const time = await virtualTime(app);
      open.unshift(time);
      return time;
    },
  };
}

const traceOf = (span: ReadableSpan): string => span.spanContext().traceId;
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;

/** How `span` follows `sender`. */
function follows(span: ReadableSpan, sender: ReadableSpan): "child" | "link" | "neither" {
  const isBelow = span.parentSpanContext?.spanId === idOf(sender) && traceOf(span) === traceOf(sender);
  if (isBelow && span.links.length === 0) return "child";
  const isLinked = span.links.length === 1 && span.links[0]!.context.spanId === idOf(sender);
  return isLinked && span.parentSpanContext === undefined && traceOf(span) !== traceOf(sender)
    ? "link"
    : "neither";
}

describe("a send and its run", () => {
  test("are two spans with the names and attributes of the convention, and no arguments", async () => {
    const { app, start } = setUp();
    const add = app.task("add", { queue: "math" }, (x: number, y: number) => x + y);
    const time = await start();
    const { id } = await add.delay(2, 3);
    await time.advance("1s");
    const shared = {
      "messaging.system": "sunbeat",
      "messaging.system.name": "sunbeat",
      "messaging.destination.name": "math",
      "messaging.message.id": id,
      "messaging.message.conversation_id": id,
      "sunbeat.task": "add",
    };
    const [send, process] = [spans.only("send math"), spans.only("process math")];
    expect(send.kind).toBe(SpanKind.PRODUCER);
    expect(send.attributes).toEqual({
      ...shared,
      "messaging.operation.name": "send",
      "messaging.operation.type": "send",
    });
    expect(process.kind).toBe(SpanKind.CONSUMER);
    expect(process.attributes).toEqual({
      ...shared,
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "sunbeat.retries": 0,
      "sunbeat.deliveries": 1,
      "sunbeat.wait_ms": 0,
    });
    expect([send, process].map(({ status }) => status.code)).toEqual([
      SpanStatusCode.UNSET,
      SpanStatusCode.UNSET,
    ]);
  });

  test.each([
    // parent    countdown  because
    [undefined, 0, "child", "it begins at once"],
    ["auto", 60, "child", "it begins 60 s after its sending"],
    ["auto", 61, "link", "it begins later than 60 s after its sending"],
    ["child", 3_600, "child", "so it was asked"],
    ["link", 0, "link", "so it was asked"],
  ] as const)("parent %s, countdown %i s: %s, since %s", async (parent, countdown, expected, _) => {
    const { app, start } = setUp(parent);
    const work = app.task("work", () => 1);
    const time = await start();
    await work.applyAsync([], { countdown });
    await time.advance("2h");
    expect(follows(spans.only("process default"), spans.only("send default"))).toBe(expected);
    expect(spans.only("process default").attributes["sunbeat.wait_ms"]).toBe(0);
  });

  test.each([
    ["auto", ["child", "link"]],
    ["child", ["child", "child"]],
  ] as const)("parent %s: a retry is %s of the one send", async (parent, expected) => {
    const { app, start } = setUp(parent);
    let tries = 0;
    const options = { retry: { max: 1, delay: 1, jitter: false } };
    const work = app.task("work", options, () => {
      if (tries++ === 0) throw new Error("busy");
    });
    const time = await start();
    await work.delay();
    await time.advance("10s");
    const send = spans.only("send default");
    const runs = spans.named("process default");
    expect(runs.map((run) => follows(run, send))).toEqual(expected);
    expect(runs.map(({ attributes }) => attributes["sunbeat.retries"])).toEqual([0, 1]);
    expect(runs.map(({ attributes }) => attributes["error.type"])).toEqual(["Error", undefined]);
    expect(runs.map(({ status }) => status)).toEqual([
      { code: SpanStatusCode.ERROR, message: "busy" },
      { code: SpanStatusCode.UNSET },
    ]);
  });

  test("a send inside a run is below its process span, and so is what the task does by itself", async () => {
    const { app, start } = setUp();
    const inner = app.task("inner", { queue: "inner" }, () => 1);
    const outer = app.task("outer", { queue: "outer" }, async () => {
      const own = trace.getTracer("mine").startSpan("query");
      own.end();
      await Promise.resolve();
      await inner.delay();
    });
    const time = await start();
    const { id } = await outer.delay();
    await time.advance("1s");
    const run = spans.only("process outer");
    expect(follows(spans.only("query"), run)).toBe("child");
    expect(follows(spans.only("send inner"), run)).toBe("child");
    expect(follows(spans.only("process inner"), spans.only("send inner"))).toBe("child");
    expect(spans.only("process inner").attributes["messaging.message.conversation_id"]).toBe(id);
    expect(new Set(spans.all.map(traceOf)).size).toBe(1);
  });

  test("the send is below what sends, and baggage and headers of the sender travel with it", async () => {
    const { app, start } = setUp("link");
    let seen: unknown;
    const work = app.task("work", { bind: true }, (self) => {
      seen = [propagation.getActiveBaggage()?.getEntry("tenant")?.value, self.request.headers];
    });
    const time = await start();
    const request = trace.getTracer("web").startSpan("GET /");
    const baggage = propagation.createBaggage({ tenant: { value: "acme" } });
    const here = propagation.setBaggage(trace.setSpan(context.active(), request), baggage);
    await context.with(here, () => work.applyAsync([], { headers: { mine: "1" } }));
    request.end();
    await time.advance("1s");
    const send = spans.only("send default");
    expect(follows(send, spans.only("GET /"))).toBe("child");
    const traceparent = `00-${traceOf(send)}-${idOf(send)}-01`;
    expect(seen).toEqual(["acme", { mine: "1", traceparent, baggage: "tenant=acme" }]);
  });

  test("handlers and middleware of publishing do not lose it", async () => {
    const { app, start } = setUp();
    app.signals.beforeTaskPublish.connect((message) => {
      message.headers = { ...message.headers, added: "yes" };
      message.options.queue = "elsewhere";
    });
    app.usePublish((_, next) => next());
    const work = app.task("work", () => 1);
    app.task("other", { queue: "elsewhere" }, () => 1);
    const time = await start();
    await work.delay();
    await time.advance("1s");
    expect(follows(spans.only("process elsewhere"), spans.only("send elsewhere"))).toBe("child");
  });

  test("signed and sealed messages carry it", async () => {
    const key = createHash("sha256").update("a key of the tests").digest("base64");
    const { app, start } = setUp("child", {
      signing: { keys: { k1: key }, current: "k1", require: true },
      encryption: { keys: { e1: key }, current: "e1" },
    });
    const work = app.task("work", () => 1);
    const time = await start();
    await work.delay();
    await time.advance("1s");
    expect(follows(spans.only("process default"), spans.only("send default"))).toBe("child");
  });

  test("a refused send says why", async () => {
    const { app, start } = setUp();
    const work = app.task("work", { unique: { onConflict: "refuse" } }, () => 1);
    await start();
    await work.applyAsync([], { countdown: 60 });
    await expect(work.applyAsync([], { countdown: 60 })).rejects.toMatchObject({
      code: "SUNBEAT_TASK_NOT_UNIQUE",
    });
    const [, refused] = spans.named("send default");
    expect(refused!.attributes["error.type"]).toBe("SUNBEAT_TASK_NOT_UNIQUE");
    expect(refused!.status.code).toBe(SpanStatusCode.ERROR);
  });

  test("what runs in place is traced the same way", async () => {
    const { app, start } = setUp();
    const work = app.task("work", () => 1);
    await start();
    await work.apply([]);
    await work.apply([], { link: work.si() });
    const sends = spans.named("send default");
    const runs = spans.named("process default");
    expect(sends.length).toBe(2);
    expect(runs.map((run) => sends.findIndex((send) => follows(run, send) === "child"))).toEqual([0, 1, 1]);
  });
});

class Boom extends Error {
  override name = "Boom";
}

test.each([
  [
    "an error",
    () => {
      throw new Boom("no\nway");
    },
    "Boom",
    "no way",
  ],
  [
    "a code of its own",
    () => {
      throw Object.assign(new Error("gone"), { code: "ENOENT" });
    },
    "ENOENT",
    "gone",
  ],
  [
    "Reject",
    () => {
      throw new Reject("bad");
    },
    "Reject",
    expect.stringContaining("bad") as unknown,
  ],
  [
    "Ignore",
    () => {
      throw new Ignore("never mind");
    },
    undefined,
    undefined,
  ],
  [
    "Retry without a reason",
    () => {
      throw new Retry({ countdown: 7_200 });
    },
    undefined,
    undefined,
  ],
] as const)("the span of a run that ends with %s says so", async (_, fn, errorType, message) => {
  const { app, start } = setUp();
  const work = app.task("work", { retry: { max: 1, on: () => false } }, fn);
  const time = await start();
  await work.delay();
  await time.advance("1s");
  const { attributes, status } = spans.only("process default");
  expect(attributes["error.type"]).toBe(errorType);
  expect(status).toEqual(
    errorType === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message },
  );
});

test("a run that outlasts its hard time limit ends then, once", async () => {
  const { app, start } = setUp();
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  const work = app.task("work", { timeLimit: 5 }, () => done);
  const time = await start();
  await work.delay();
  await time.advance("10s");
  const { attributes } = spans.only("process default");
  expect(attributes["error.type"]).toBe("SUNBEAT_TIME_LIMIT");
  finish();
  await time.advance("1s");
  expect(spans.named("process default").length).toBe(1);
});

test("a run that holds a lock names it", async () => {
  const { app, start } = setUp();
  const work = app.task("work", { lock: "ledger" }, () => 1);
  const time = await start();
  await work.delay();
  await time.advance("1s");
  expect(spans.only("process default").attributes["sunbeat.lock"]).toBe("ledger");
});

describe("many messages", () => {
  test("delayMany is one send with the number of its messages, each of which carries it", async () => {
    const { app, start } = setUp();
    const add = app.task("add", (x: number) => x);
    const time = await start();
    await add.delayMany([[1], [2], [3]]);
    await time.advance("1s");
    const send = spans.only("send default");
    expect(send.attributes["messaging.batch.message_count"]).toBe(3);
    expect(send.attributes["messaging.message.id"]).toBeUndefined();
    expect(spans.named("process default").map((run) => follows(run, send))).toEqual(Array(3).fill("child"));
  });

  test.each([
    ["chain", 3, (s) => chain(s, s, s).delay()],
    ["chord", 4, (s) => chord([s, s, s], s).delay()],
    ["callback", 2, (s) => s.applyAsync([], { link: s })],
  ] as const satisfies readonly [string, number, (step: Immutable<number>) => Promise<unknown>][])(
    "a %s is one send of %i messages, and each part is below it",
    async (_, count, send) => {
      const { app, start } = setUp();
      const step = app.task("step", () => 1);
      const time = await start();
      await send(step.si());
      await time.advance("1s");
      const sent = spans.only("send default");
      expect(sent.attributes["messaging.batch.message_count"]).toBe(count);
      const runs = spans.named("process default");
      expect(runs.map((run) => follows(run, sent))).toEqual(Array(count).fill("child"));
      const root = (span: ReadableSpan): unknown => span.attributes["messaging.message.conversation_id"];
      expect(new Set(spans.all.map(root)).size).toBe(1);
    },
  );

  test("parts that a run adds are below it", async () => {
    const { app, start } = setUp();
    const late = app.task("late", { queue: "late" }, () => 1);
    const first = app.task("first", { bind: true, queue: "first" }, (self) => self.replace(late.si()));
    const time = await start();
    await first.delay();
    await time.advance("1s");
    expect(follows(spans.only("send late"), spans.only("process first"))).toBe("child");
    expect(follows(spans.only("process late"), spans.only("send late"))).toBe("child");
  });
});

describe("the beat", () => {
  const beatSchedule = { hourly: { task: "work", schedule: every("1h"), options: { queue: "slow" } } };

  test("has a tick around its send, in a trace of its own, and the run is linked to it", async () => {
    const { app, start } = setUp("auto", { beatSchedule });
    app.task("work", { queue: "slow" }, () => 1);
    const time = await start();
    await time.advance("1h");
    const [tick, send, run] = [
      spans.only("tick hourly"),
      spans.only("send slow"),
      spans.only("process slow"),
    ];
    expect(tick.kind).toBe(SpanKind.INTERNAL);
    expect(tick.parentSpanContext).toBeUndefined();
    expect(tick.attributes).toEqual({
      "sunbeat.task": "work",
      "sunbeat.entry": "hourly",
      "sunbeat.due": "2027-01-01T01:00:00.000Z",
    });
    expect(follows(send, tick)).toBe("child");
    expect(follows(run, send)).toBe("link");
    expect(run.attributes).toMatchObject({
      "sunbeat.entry": "hourly",
      "sunbeat.due": "2027-01-01T01:00:00.000Z",
    });
  });

  test("has none for an occurrence that is not sent", async () => {
    const { app, start } = setUp("child", {
      beatSchedule: { hourly: { ...beatSchedule.hourly, overlap: "skip" } },
    });
    let finish = (): void => undefined;
    const done = new Promise<void>((resolve) => (finish = resolve));
    app.task("work", { queue: "slow" }, () => done);
    const time = await start();
    await time.advance("3h");
    finish();
    expect(spans.named("tick hourly").length).toBe(1);
    expect(spans.named("send slow").length).toBe(1);
  });

  test("a trigger by hand is a send with the entry", async () => {
    const { app, start } = setUp("child", { beatSchedule });
    app.task("work", { queue: "slow" }, () => 1);
    const time = await start();
    await app.schedules.trigger("hourly");
    await time.advance("1s");
    expect(spans.only("send slow").attributes["sunbeat.entry"]).toBe("hourly");
    expect(follows(spans.only("process slow"), spans.only("send slow"))).toBe("child");
    expect(spans.named("tick hourly")).toEqual([]);
  });
});

test("log lines of a task, and lines below one, carry the ids of the span that is active there", async () => {
  const { app, lines, start } = setUp();
  const work = app.task("work", { bind: true }, async (self) => {
    self.log.info("from the task", { rows: 3 });
    await Promise.resolve();
    app.logger.info("from below");
    await trace.getTracer("mine").startActiveSpan("query", async (span) => {
      await Promise.resolve();
      self.log.info("from the query");
      span.end();
    });
  });
  const time = await start();
  const { id } = await work.delay();
  app.logger.info("from outside");
  await time.advance("1s");
  const run = spans.only("process default");
  const fieldsOf = (end: string): LogFields => lines.find(({ message }) => message.includes(end))!.fields;
  const ids = { traceId: traceOf(run), spanId: idOf(run) };
  expect(fieldsOf("from the task")).toMatchObject({ ...ids, taskId: id, rows: 3 });
  expect(fieldsOf("from below")).toMatchObject({ ...ids, taskId: id });
  expect(fieldsOf("from the query")).toMatchObject({ ...ids, spanId: idOf(spans.only("query")) });
  expect(fieldsOf("from outside")).not.toHaveProperty("traceId");
  // The ids are fields: the text stays as it is.
  expect(lines.find(({ message }) => message.includes("from the task"))!.message).not.toContain(ids.traceId);
});

test("several apps in one process have each their own way", async () => {
  const linked = setUp("link");
  const silent = new Sunbeat("silent", { broker: "memory:", logger: null });
  open.push(silent);
  const work = linked.app.task("work", { queue: "linked" }, () => 1);
  let headers: unknown;
  const quiet = silent.task("quiet", { bind: true }, (self) => void (headers = self.request.headers));
  const times = [await linked.start(), await virtualTime(silent)];
  await work.delay();
  await quiet.delay();
  for (const time of times) await time.advance("1s");
  expect(follows(spans.only("process linked"), spans.only("send linked"))).toBe("link");
  expect(headers).toEqual({});
  expect(spans.all.length).toBe(2);
});

test("metrics have the names, units and buckets of the convention", async () => {
  const { app, start } = setUp();
  const work = app.task("work", { queue: "measured" }, (fails: boolean) => {
    if (fails) throw new Boom("no");
  });
  const time = await start();
  await work.delayMany([[false], [false], [true]]);
  await time.advance("1s");
  const { scopeMetrics } = await collect();
  const ours = scopeMetrics.find(({ scope }) => scope.name === "sunbeat")!.metrics;
  const seen = ours.map(({ descriptor: { name, unit }, dataPoints }) => ({
    name,
    unit,
    points: dataPoints
      .filter(({ attributes }) => attributes["messaging.destination.name"] === "measured")
      .map(({ attributes, value }) => [
        attributes["messaging.operation.name"],
        attributes["error.type"],
        typeof value === "number" ? value : value.count,
      ])
      .sort(),
  }));
  expect(seen).toEqual([
    { name: "messaging.client.sent.messages", unit: "{message}", points: [["send", undefined, 3]] },
    { name: "messaging.client.consumed.messages", unit: "{message}", points: [["process", undefined, 3]] },
    { name: "messaging.client.operation.duration", unit: "s", points: [["send", undefined, 1]] },
    {
      name: "messaging.process.duration",
      unit: "s",
      points: [
        ["process", undefined, 2],
        ["process", "Boom", 1],
      ],
    },
  ]);
  const { value } = ours[3]!.dataPoints[0]! as { value: { buckets: { boundaries: number[] } } };
  expect(value.buckets.boundaries).toEqual([
    ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  ]);
});

test("the names are those of the convention", () => {
  const known = new Set<unknown>(Object.values(incubating));
  const message = { id: "i", task: "t", queue: "q", rootId: "r", entry: "e", due: 0 };
  const run = {
    ...message,
    headers: {},
    retries: 0,
    deliveries: 1,
    waitMs: 0,
    sentAgoMs: 0,
    lock: "l",
    ranMs: 0,
  };
  const attributes = Object.keys({ ...sendAttributes(message, false), ...runAttributes(run) });
  const names = [
    ...attributes.filter((name) => !name.startsWith("sunbeat.")),
    ...[ERROR_TYPE, MESSAGE_COUNT, ...Object.values(METRICS).map(({ name }) => name)],
  ];
  expect(names.filter((name) => !known.has(name))).toEqual([]);
});
