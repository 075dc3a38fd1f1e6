import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { lazyStore } from "../../src/app/lazy-store.js";
import { CalendarBook } from "../../src/beat/index.js";
import { silentLogger } from "../../src/core/logger.js";
import { seededRandom } from "../../src/core/random.js";
import { CallMeter } from "../../src/core/call-meter.js";
import { Events } from "../../src/events/index.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { METRIC_NAMES, NODE_METRICS, SYSTEM_METRICS } from "../../src/telemetry/names.js";
import { NodeMetrics } from "../../src/telemetry/node-metrics.js";
import { registerMetrics } from "../../src/telemetry/prom-client.js";
import { LABELS, Metric, render } from "../../src/telemetry/registry.js";
import { SystemMetrics } from "../../src/telemetry/system-metrics.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { entry, putAll } from "../conformance/suite/entry-samples.js";
import { lead } from "../conformance/suite/leases.js";
import { acquire } from "../conformance/suite/locks.js";
import { done, message } from "../conformance/suite/samples.js";
import { nodeRecord } from "../conformance/suite/presence.js";
import { config } from "../monitor/samples.js";
import { EVERY_STORE } from "../support/every-store.js";
import { parseMetrics } from "./text.js";

function nodeMetrics() {
  const clock = new ManualClock();
  const events = new Events({ clock, logger: silentLogger });
  const meter = new CallMeter(clock);
  const drift = [
    { entry: "a", kind: "missing" },
    { entry: "b", kind: "missing" },
    { entry: "c", kind: "paused" },
  ] as const;
  const beats = [{ state: "leading" as const, lagMs: 250, limitedSince: 1_000, drift }];
  const parts = { workers: [], beats };
  return { clock, events, meter, metrics: new NodeMetrics({ clock, events, parts, meter }) };
}

const of = (text: string, family: string) => parseMetrics(text).get(family)!.samples;

describe("the text", () => {
  test("is read as it was meant, whatever stands in labels", () => {
    const metric = new Metric(NODE_METRICS.sent);
    const task = 'a "quoted"\\ task\nin two lines \ud800';
    metric.add([task, "q"], 2);
    const [sample] = of(render([metric], "prometheus"), "sunbeat_tasks_sent_total");
    expect(sample).toEqual({
      name: "sunbeat_tasks_sent_total",
      labels: { task: 'a "quoted"\\ task\nin two lines \ufffd', queue: "q" },
      value: 2,
    });
  });

  test("has buckets that grow, and the sum and number of all", () => {
    const metric = new Metric(NODE_METRICS.run);
    for (const seconds of [0.001, 0.2, 0.2, 4_000]) metric.observe(["t"], seconds);
    const samples = of(render([metric], "prometheus"), "sunbeat_task_run_seconds");
    const buckets = samples.filter(({ name }) => name.endsWith("_bucket"));
    expect(buckets.map(({ value }) => value)).toEqual(
      [...buckets.map(({ value }) => value)].sort((a, b) => a - b),
    );
    expect(buckets.find(({ labels }) => labels.le === "0.25")?.value).toBe(3);
    expect(buckets.at(-1)).toMatchObject({ labels: { task: "t", le: "+Inf" }, value: 4 });
    expect(samples.slice(-2).map(({ value }) => value)).toEqual([4_000.401, 4]);
  });

  test("of OpenMetrics names counters without their suffix, and says where it ends", () => {
    const metric = new Metric(NODE_METRICS.sent);
    metric.add(["t", "q"]);
    const text = render([metric], "openmetrics");
    expect(text).toContain("# TYPE sunbeat_tasks_sent counter\nsunbeat_tasks_sent_total{");
    expect(text.endsWith("# EOF\n")).toBe(true);
  });
});

describe("labels", () => {
  test("are those of the list alone", () => {
    const all = [...Object.values(NODE_METRICS), ...Object.values(SYSTEM_METRICS)].flatMap(
      ({ labels }) => labels,
    );
    expect(all.filter((label) => !LABELS.includes(label))).toEqual([]);
    for (const forbidden of ["id", "instance", "host", "hostname", "pid", "node"]) {
      expect(all).not.toContain(forbidden);
    }
  });

  test("stay bounded with 100,000 names", () => {
    const metric = new Metric(NODE_METRICS.tasks);
    for (let index = 0; index < 100_000; index++)
      metric.add([`task-${index}`, `queue-${index % 1_000}`, "success"]);
    const samples = of(render([metric], "prometheus"), "sunbeat_tasks_total");
    expect(samples.length).toBeLessThanOrEqual(5_001);
    expect(new Set(samples.map(({ labels }) => labels.task)).size).toBeLessThanOrEqual(501);
    expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(100_000);
  });
});

describe("of a node", () => {
  test("count what its events tell", () => {
    const { events, metrics } = nodeMetrics();
    const task = { id: "1", task: "t", queue: "q" };
    events.emit("task-sent", {
      ...{ ...task, eta: null, expires: null, parentId: null, rootId: "1", entry: null },
    });
    events.emit("task-succeeded", { ...task, runtimeMs: 1_500, waitMs: 0 });
    events.emit("task-failed", { ...task, runtimeMs: 100, error: {} } as never);
    events.emit("schedule-sent", { entry: "e", due: 1, taskId: "1", lateMs: 0 });
    events.emit("schedule-skipped", { entry: "e", from: 1, to: 2, count: 3, reason: "late" });
    const move = { entry: "e", from: 1, to: 2, because: "calendar DE", passed: false };
    events.emit("schedule-moved", move);
    const limit = { since: 1, perSecond: 10 };
    events.emit("beat-limited", { ...limit, state: "began", count: 40 });
    events.emit("beat-limited", { ...limit, state: "ended", count: 55 });
    const families = parseMetrics(metrics.text("prometheus"));
    const values = (name: string) => families.get(name)!.samples.map(({ labels, value }) => [labels, value]);
    expect(values("sunbeat_tasks_total")).toEqual([
      [{ task: "t", queue: "q", outcome: "success" }, 1],
      [{ task: "t", queue: "q", outcome: "failure" }, 1],
    ]);
    expect(values("sunbeat_ticks_total")).toEqual([
      [{ fate: "sent" }, 1],
      [{ fate: "skipped" }, 3],
    ]);
    expect(values("sunbeat_beat_leading")).toEqual([[{}, 1]]);
    expect(values("sunbeat_beat_limited")).toEqual([[{}, 1]]);
    expect(values("sunbeat_beat_limited_starts_total")).toEqual([[{}, 55]]);
    expect(values("sunbeat_entries_moved_total")).toEqual([[{}, 1]]);
    expect(values("sunbeat_entries_drifted")).toEqual([
      [{ kind: "missing" }, 2],
      [{ kind: "paused" }, 1],
    ]);
    expect(values("sunbeat_beat_lag_seconds")).toEqual([[{}, 0.25]]);
    expect([...families.keys()]).toEqual(Object.values(NODE_METRICS).map(({ name }) => name));
    metrics.close();
  });

  test("measure calls of the store, those that fail apart", async () => {
    const { meter, metrics } = nodeMetrics();
    await meter.measured("queues.counts", Promise.resolve([]));
    await meter.measured("consumer.heartbeat", Promise.resolve(["lost", "extended"]));
    await expect(meter.measured("queues.counts", Promise.reject(new Error("away")))).rejects.toThrow("away");
    const text = metrics.text("prometheus");
    expect(text).toContain('sunbeat_store_call_seconds_count{op="queues.counts"} 1\n');
    expect(text).toContain('sunbeat_store_errors_total{op="queues.counts"} 1\n');
    expect(text).toContain("sunbeat_leases_lost_total 1\n");
    metrics.close();
    await meter.measured("queues.counts", Promise.resolve([]));
    expect(metrics.text("prometheus")).toContain('sunbeat_store_call_seconds_count{op="queues.counts"} 1\n');
  });
});

describe("of the system", () => {
  test.each(EVERY_STORE)(
    "of %s come of five calls, once a second, and of one more a minute",
    async (kind, open) => {
      const clock = new ManualClock();
      const { store, dispose } = await open(clock);
      const meter = new CallMeter(clock);
      const calls: string[] = [];
      meter.on((op) => calls.push(op));
      const lazy = lazyStore(
        () => "",
        async () => store,
        meter,
      );
      await putAll(store, entry("e", clock.now() + 600_000));
      await store.entries.trigger("e", message("run", { queue: "q" }), null);
      const { deliveries } = await store.consumer.claim({
        queues: ["q"],
        worker: "w",
        leaseMs: 1_000,
        max: 1,
      });
      await store.consumer.settle(
        deliveries.map((ref) => ({ ...done(ref), succeeded: true })),
        null,
      );
      await acquire(store, "first");
      await acquire(store, "second");
      await lead(store);
      await store.calendars.put({
        ...{ name: "DE", owner: "runtime", version: 0, digest: "d", expect: null },
        data: JSON.stringify({ name: "DE", covers: { from: "2027-01-01", to: "2027-12-31" }, days: [] }),
      });
      const metrics = new SystemMetrics({ store: lazy, clock, config: config(), book: new CalendarBook() });
      const [text] = await Promise.all([metrics.text(), metrics.text()]);
      expect(calls.sort()).toEqual([
        ...["alerts.alerts", "calendars.get", "calendars.list"],
        ...["entries.list", "presence.nodes", "queues.counts", "store.measure"],
      ]);
      expect(text).toContain(
        `sunbeat_calendar_ends_timestamp_seconds{calendar="DE"} ${Date.UTC(2028, 0, 1) / 1_000}\n`,
      );
      const at = clock.now() / 1_000;
      expect(text).toContain(`sunbeat_entry_last_success_timestamp_seconds{entry="e"} ${at}\n`);
      expect(text).toContain("sunbeat_locks_waiting 1\n");
      expect(text).toContain("sunbeat_leader_present 1\n");
      expect(/^sunbeat_store_bytes \d+$/m.test(text)).toBe(kind !== "memory");
      parseMetrics(text);
      calls.length = 0;
      await clock.advance(2_000);
      await metrics.text();
      expect(calls).toHaveLength(5);
      await dispose();
    },
  );

  test("tell of what is late, and a queue keeps its series at 0", async () => {
    const clock = new ManualClock();
    const memory = openMemoryStore({ clock, random: seededRandom(1), logger: silentLogger });
    await memory.sender.enqueue([message("a", { queue: "fast" })]);
    await memory.presence.appear(nodeRecord("w1@host", "b"), 30_000);
    await putAll(memory, entry("late", clock.now() + 1), entry("fine", clock.now() + 600_000));
    await clock.advance(90_000);
    await memory.presence.appear(nodeRecord("w2@host", "c"), 30_000);
    const metrics = new SystemMetrics({ store: memory, clock, config: config(), book: new CalendarBook() });
    const text = await metrics.text();
    expect(text).toContain('sunbeat_queue_messages{queue="fast",state="ready"} 1\n');
    expect(text).toContain('sunbeat_entry_missed{entry="late"} 1\n');
    expect(text).toContain('sunbeat_entry_missed{entry="fine"} 0\n');
    expect(text).toContain('sunbeat_nodes{kind="worker",state="lost"} 1\n');
    expect(text).toContain('sunbeat_nodes{kind="worker",state="running"} 1\n');
    expect(text).toContain('sunbeat_queue_consumers{queue="default"} 1\n');
    expect(text).toContain("sunbeat_leader_present 0\n");
    parseMetrics(text);
    await memory.queues.purge(["fast"]);
    await clock.advance(1_000);
    expect(await metrics.text()).toContain('sunbeat_queue_messages{queue="fast",state="ready"} 0\n');
    await memory.close();
  });
});

test("a registry of prom-client gets each metric with its values", async () => {
  const { events, metrics } = nodeMetrics();
  events.emit("task-succeeded", { id: "1", task: "t", queue: "q", runtimeMs: 10, waitMs: 0 });
  const registered = new Map<string, { get(): Promise<{ values: readonly unknown[] }> }>();
  const registry = {
    registerMetric: (metric: never) => void registered.set((metric as { name: string }).name, metric),
  };
  registerMetrics(registry, [{ facts: Object.values(NODE_METRICS), read: () => metrics.collect() }]);
  expect([...registered.keys()]).toEqual(Object.values(NODE_METRICS).map(({ name }) => name));
  const { values } = await registered.get("sunbeat_tasks_total")!.get();
  expect(values).toEqual([{ labels: { task: "t", queue: "q", outcome: "success" }, value: 1 }]);
  metrics.close();
});

test("docs/monitoring.md lists every metric", () => {
  const page = readFileSync(path.join(import.meta.dirname, "../../docs/monitoring.md"), "utf8");
  expect(METRIC_NAMES.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test.each(["grafana.json", "alerts.yaml"])("docs/monitoring/%s names metrics that exist", (file) => {
  const text = readFileSync(path.join(import.meta.dirname, "../../docs/monitoring", file), "utf8");
  const named = [...new Set(text.match(/\bsunbeat_\w+/g))].map((name) =>
    name.replace(/_(bucket|sum|count)$/, ""),
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((name) => !METRIC_NAMES.includes(name))).toEqual([]);
  if (file.endsWith(".json")) JSON.parse(text);
});
