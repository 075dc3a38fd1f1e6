/** Metrics of this process, from its events and from the state of its parts. */
import { readFileSync } from "node:fs";
import { type CallMeter, type CallOutcome, isWait } from "../core/call-meter.js";
import type { Clock, Timer } from "../core/clock.js";
import type { EventName, Events, SunbeatEvent } from "../events/index.js";
import { NODE_METRICS } from "./names.js";
import type { NodeParts } from "./node-state.js";
import { Metric, render, type TextFormat } from "./registry.js";

export interface NodeMetricsDeps {
  readonly clock: Clock;
  readonly events: Pick<Events, "on">;
  readonly parts: NodeParts;
  readonly meter: CallMeter;
}

type Metrics = { readonly [Name in keyof typeof NODE_METRICS]: Metric };

/** Events that end a task or a run of it, and by which word they are counted. */
const OUTCOMES = {
  "task-succeeded": "success",
  "task-failed": "failure",
  "task-retried": "retry",
  "task-ignored": "ignored",
  "task-skipped": "skipped",
  "task-rejected": "rejected",
  "task-revoked": "revoked",
  "task-lost": "lost",
  "dead-lettered": "dead",
} as const satisfies Partial<Record<EventName, string>>;

const TURN_MS = 500;

export class NodeMetrics {
  readonly #deps: NodeMetricsDeps;
  readonly #metrics: Metrics;
  readonly #ends: (() => void)[];
  #timer!: Timer;
  /** The longest that a turn of the event loop was late, since it was asked last. */
  #longestMs = 0;
  /** When the store answered last, by the monotonic clock; null: it has not yet. */
  answeredAt: number | null = null;

  constructor(deps: NodeMetricsDeps) {
    this.#deps = deps;
    this.#metrics = Object.fromEntries(
      Object.entries(NODE_METRICS).map(([name, facts]) => [name, new Metric(facts)]),
    ) as Metrics;
    const { leasesLost, build } = this.#metrics;
    leasesLost.add([], 0);
    build.set([packageVersion(), process.version], 1);
    this.#ends = [...this.#listen(), deps.meter.on((...call) => this.#observe(...call))];
    this.#turn();
  }

  close(): void {
    for (const end of this.#ends) end();
    this.#timer.cancel();
  }

  /** All of them, up to date. */
  collect(): readonly Metric[] {
    const { parts } = this.#deps;
    const { slots, busy, prefetched, lag, beatLag, beatLimited, drifted, leading } = this.#metrics;
    const { moved, limitedStarts, eventsDropped, recordsLeftOut } = this.#metrics;
    const { workers, beats } = parts;
    const pools = workers.flatMap((worker) => worker.pools);
    slots.set(
      [],
      pools.reduce((sum, pool) => sum + pool.size, 0),
    );
    busy.set(
      [],
      workers.reduce((sum, worker) => sum + worker.running, 0),
    );
    prefetched.set(
      [],
      workers.reduce((sum, worker) => sum + worker.prefetched, 0),
    );
    lag.set([], this.#longestMs / 1_000);
    this.#longestMs = 0;
    if (beats.length > 0) {
      beatLag.set([], Math.max(...beats.map(({ lagMs }) => lagMs)) / 1_000);
      beatLimited.set([], beats.some(({ limitedSince }) => limitedSince !== null) ? 1 : 0);
      // Known from the start, so that a rate can be told of the first one.
      for (const metric of [moved, limitedStarts]) metric.add([], 0);
      drifted.zero();
      for (const { kind } of beats.flatMap(({ drift }) => drift ?? [])) drifted.add([kind]);
      leading.set([], beats.some(({ state }) => state === "leading") ? 1 : 0);
    }
    eventsDropped.set([], parts.eventsDropped ?? 0);
    recordsLeftOut.set(
      [],
      parts.workers.reduce((sum, worker) => sum + worker.recordsLeftOut, 0),
    );
    return Object.values(this.#metrics);
  }

  text(format: TextFormat): string {
    return render(this.collect(), format);
  }

  #turn(): void {
    const { clock } = this.#deps;
    const startedAt = clock.monotonicMs();
    this.#timer = clock.after(TURN_MS, () => {
      this.#longestMs = Math.max(this.#longestMs, clock.monotonicMs() - startedAt - TURN_MS);
      this.#turn();
    });
    this.#timer.unref?.();
  }

  *#listen(): Iterable<() => void> {
    const { events } = this.#deps;
    const { sent, tasks, run, wait, ticks, limitedStarts, moved } = this.#metrics;
    yield events.on("task-sent", ({ task, queue }) => sent.add([task, queue]));
    for (const [type, outcome] of Object.entries(OUTCOMES) as [keyof typeof OUTCOMES, string][]) {
      yield events.on(type, (event: SunbeatEvent<keyof typeof OUTCOMES>) => {
        const { task, queue, runtimeMs } = event as typeof event & { readonly runtimeMs?: number };
        tasks.add([task, queue, outcome]);
        if (runtimeMs !== undefined) run.observe([task], runtimeMs / 1_000);
      });
    }
    yield events.on("task-started", (event) => {
      const { waitMs, queue } = event;
      if (typeof waitMs === "number") wait.observe([queue], waitMs / 1_000);
    });
    yield events.on("schedule-sent", () => ticks.add(["sent"]));
    yield events.on("schedule-moved", () => moved.add([]));
    yield events.on("beat-limited", ({ state, count }) => {
      if (state === "ended") limitedStarts.add([], count);
    });
    yield events.on("schedule-skipped", ({ count }) => ticks.add(["skipped"], count));
  }

  #observe(op: string, ms: number, outcome: CallOutcome): void {
    const { storeCalls, storeErrors, leasesLost } = this.#metrics;
    if ("error" in outcome) return storeErrors.add([op]);
    const { value } = outcome;
    this.answeredAt = this.#deps.clock.monotonicMs();
    if (!isWait(op)) storeCalls.observe([op], ms / 1_000);
    if (op === "consumer.heartbeat" && Array.isArray(value)) {
      leasesLost.add([], value.filter((outcome) => outcome === "lost").length);
    }
  }
}

function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
