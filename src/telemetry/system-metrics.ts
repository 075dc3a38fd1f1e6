/**
 * Metrics of the whole system, read from the store when somebody asks: five calls, and once a second however many ask; once a minute
 * one more, for calendars. A queue that was seen once keeps its series at 0.
 */
import type { CalendarBook } from "../beat/index.js";
import { cached } from "../core/cached.js";
import type { Clock } from "../core/clock.js";
import { isShown } from "../monitor/desk.js";
import type { AlertsConfig } from "../monitor/options.js";
import { type AgedCounts, consumersOf, readQueues } from "../monitor/queue-facts.js";
import type { Store } from "../store/contracts/store.js";
import { SYSTEM_METRICS } from "./names.js";
import { Metric, render, type TextFormat } from "./registry.js";

export interface SystemMetricsDeps {
  readonly store: Pick<Store, "queues" | "presence" | "entries" | "alerts" | "measure" | "calendars">;
  /** What this process knows of calendars. */
  readonly book: CalendarBook;
  readonly clock: Clock;
  readonly config: Pick<AlertsConfig, "rules"> | null;
}

type Metrics = { readonly [Name in keyof typeof SYSTEM_METRICS]: Metric };

const KEEP_MS = 1_000;
/** With more, entries have no series: the list of all would be most of the answer. */
const MOST_ENTRIES = 500;
const MOST_ALERTS = 1_000;
/** With more, those that end last have no series. */
const MOST_CALENDARS = 500;
const DAY_MS = 86_400_000;
/** Their ends are dates. */
const KEEP_CALENDARS_MS = 60_000;
const GRACE_MS = 60_000;

export class SystemMetrics {
  readonly #deps: SystemMetricsDeps;
  readonly #metrics: Metrics;
  readonly #refreshed: () => Promise<void>;
  /** Up to date to a second. */
  readonly #upToDate: () => Promise<void>;

  constructor(deps: SystemMetricsDeps) {
    this.#deps = deps;
    this.#metrics = Object.fromEntries(
      Object.entries(SYSTEM_METRICS).map(([name, facts]) => [name, new Metric(facts)]),
    ) as Metrics;
    this.#refreshed = cached(deps.clock, KEEP_CALENDARS_MS, () => deps.book.refresh(deps.store));
    this.#upToDate = cached(deps.clock, KEEP_MS, () => this.#read());
  }

  /** Rejects with what the store throws. */
  async collect(): Promise<readonly Metric[]> {
    await this.#upToDate();
    return Object.values(this.#metrics);
  }

  async text(format: TextFormat = "prometheus"): Promise<string> {
    return render(await this.collect(), format);
  }

  async #read(): Promise<void> {
    const { store } = this.#deps;
    const [{ now, isLed, lockWaiters, bytes }, counts, nodes, entries, alerts] = await Promise.all([
      store.measure(),
      readQueues(store.queues),
      store.presence.nodes(),
      store.entries.list({ limit: MOST_ENTRIES + 1 }),
      store.alerts.alerts({ standing: true, limit: MOST_ALERTS }),
      this.#refreshed(),
    ]);
    this.#calendars();
    this.#queues(counts, nodes, now);
    this.#metrics.nodes.zero();
    for (const { kind, state, status } of nodes) {
      this.#metrics.nodes.add([kind, status === "lost" ? "lost" : state]);
    }
    this.#metrics.leader.set([], isLed ? 1 : 0);
    this.#metrics.locksWaiting.set([], lockWaiters);
    if (bytes === null) this.#metrics.storeBytes.clear();
    else this.#metrics.storeBytes.set([], bytes);
    this.#entries(entries, now);
    this.#metrics.alerts.zero();
    for (const alert of alerts.filter(isShown)) this.#metrics.alerts.add([alert.kind, alert.severity]);
  }

  #queues(
    counts: readonly AgedCounts[],
    nodes: Awaited<ReturnType<Store["presence"]["nodes"]>>,
    now: number,
  ): void {
    const { messages, oldest, paused, consumers, dead } = this.#metrics;
    for (const metric of [messages, oldest, paused, consumers, dead]) metric.zero();
    for (const count of counts) {
      const { queue, oldestReadyAt } = count;
      for (const state of ["ready", "scheduled", "leased", "blocked", "dead"] as const) {
        messages.set([queue, state], count[state] ?? 0);
      }
      oldest.set([queue], oldestReadyAt === null ? 0 : Math.max(0, now - oldestReadyAt) / 1_000);
      paused.set([queue], count.paused === undefined ? 0 : 1);
      dead.set([queue], count.dead);
      consumers.add([queue], 0);
    }
    for (const [queue, names] of consumersOf(nodes)) consumers.set([queue], names.length);
  }

  #calendars(): void {
    const { calendarEnds } = this.#metrics;
    const ends = this.#deps.book
      .list()
      .map(({ data }) => [data.name, Date.parse(data.covers.to) + DAY_MS] as const);
    calendarEnds.clear();
    for (const [name, end] of ends.sort(([, a], [, b]) => a - b).slice(0, MOST_CALENDARS)) {
      calendarEnds.set([name], end / 1_000);
    }
  }

  #entries(entries: Awaited<ReturnType<Store["entries"]["list"]>>, now: number): void {
    const { nextDue, lastSuccess, missed } = this.#metrics;
    const graceMs = this.#deps.config?.rules.get("schedule-missed")?.graceMs ?? GRACE_MS;
    for (const metric of [nextDue, lastSuccess, missed]) metric.clear();
    if (entries.length > MOST_ENTRIES) return;
    for (const { name, cursor, pausedAt, disabled, lastSuccessAt } of entries) {
      if (lastSuccessAt !== null) lastSuccess.set([name], lastSuccessAt / 1_000);
      if (cursor === null || pausedAt !== null || disabled !== null) continue;
      nextDue.set([name], cursor.dispatchAt / 1_000);
      missed.set([name], now - cursor.dispatchAt > graceMs ? 1 : 0);
    }
  }
}
