/** The watch and the health port of a process: they live while a worker or a beat of the app does, and are loaded then. */
import { type Clock, sleep } from "../core/clock.js";
import type { Companion } from "../core/companion.js";
import { messageOf } from "../core/errors.js";
import type { LoopMarks, LoopState } from "../core/loop-mark.js";
import type { HealthPort } from "../config/health.js";
import type { BeatStats } from "../beat/index.js";
import type { Watcher } from "../monitor/watcher.js";
import type { HealthServer } from "../telemetry/health.js";
import type { NodeParts } from "../telemetry/node-state.js";
import type { WorkerStats } from "../worker/options.js";
import type { MonitoringContext } from "./monitoring-context.js";

interface Member<Stats> {
  readonly name: string;
  readonly stats: () => Stats;
  readonly loops: LoopMarks;
}

/** Who starts a worker and a beat starts both before the first look. */
const FIRST_LOOK_MS = 1_000;
const STOP_MS = 1_500;

export class Monitoring implements NodeParts {
  readonly #core: MonitoringContext;
  readonly #workers = new Set<Member<WorkerStats>>();
  readonly #beats = new Set<Member<BeatStats>>();
  #running: Running | null = null;
  /** Null: nowhere. */
  health: HealthPort | null;

  constructor(core: MonitoringContext) {
    this.#core = core;
    this.health = core.config.health;
  }

  ofWorker(worker: Member<WorkerStats>): Companion {
    return this.#companion(this.#workers, worker);
  }

  ofBeat(beat: Member<BeatStats>): Companion {
    return this.#companion(this.#beats, beat);
  }

  /** Name of this node: its worker's, else its beat's. */
  get node(): string {
    const [here] = this.#core.nodes.here;
    const [worker] = this.#workers;
    const [beat] = this.#beats;
    return here?.presence.name ?? worker?.name ?? beat?.name ?? "";
  }

  get workers(): WorkerStats[] {
    return [...this.#workers].map(({ stats }) => stats());
  }

  get beats(): BeatStats[] {
    return [...this.#beats].map(({ stats }) => stats());
  }

  get loops(): LoopState[] {
    return [...this.#workers, ...this.#beats].flatMap(({ loops }) => loops.list);
  }

  get eventsDropped(): number {
    return this.#core.feed.watched.lost;
  }

  /** Whether an operator has it take no more work. */
  get isDraining(): boolean {
    return this.#core.nodes.here.some(({ worker }) => worker?.steering.state === "draining");
  }

  /** Where the health port listens; null: nowhere yet. */
  get healthAddress(): { readonly host: string; readonly port: number } | null {
    return this.#running?.health?.address ?? null;
  }

  #companion<Stats>(members: Set<Member<Stats>>, member: Member<Stats>): Companion {
    return {
      start: () => {
        members.add(member);
        this.#running ??= new Running(this.#core, this);
      },
      stop: async () => {
        if (!members.delete(member) || this.#workers.size + this.#beats.size > 0) return;
        const running = this.#running;
        this.#running = null;
        await running?.stop();
      },
    };
  }
}

/** From the first start to the last end. */
class Running {
  readonly #stop = new AbortController();
  readonly #opened: Promise<void>;
  readonly #clock: Clock;
  health: HealthServer | null = null;
  #watcher: Watcher | null = null;

  constructor(core: MonitoringContext, parts: Monitoring) {
    this.#clock = core.clock;
    this.#opened = Promise.all([this.#listen(core, parts), this.#watch(core, parts)]).then(
      () => undefined,
      (error: unknown) => core.logger.error(`monitoring: it could not be started: ${messageOf(error)}`),
    );
  }

  async #listen(core: MonitoringContext, parts: Monitoring): Promise<void> {
    const { clock, config } = core;
    const { leaseMs, beatLeaseMs } = config;
    const { health } = parts;
    if (health === null) return;
    const { openHealth } = await import("../telemetry/health.js");
    const metrics = await core.metrics.node();
    const logger = core.logger.child({ component: "health" });
    const probe = (): Promise<number> => core.lazyStore.now();
    this.health = await openHealth({ clock, logger, parts, metrics, probe, leaseMs, beatLeaseMs }, health);
    if (this.#stop.signal.aborted) await this.health?.close();
  }

  async #watch(core: MonitoringContext, parts: Monitoring): Promise<void> {
    const { clock, random, config, events, extensions, lazyStore, entries, book } = core;
    const { alerts } = config;
    if (alerts === null || core.pace.monitoring === false) return;
    await sleep(clock, FIRST_LOOK_MS * (1 + random.next()), this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    const { Watcher } = await import("../monitor/watcher.js");
    if (this.#stop.signal.aborted) return;
    this.#watcher = new Watcher({
      ...{ store: lazyStore, clock, random, events, config: alerts, entries, book },
      logger: core.logger.child({ component: "alerts" }),
      node: () => parts.node,
      version: String(config.version),
      beat: () => {
        const [stats] = parts.beats;
        return stats === undefined ? null : { ...stats, leads: stats.state === "leading" };
      },
      signal: (name, alert) => extensions.tell(name, () => ({ hostname: parts.node, ...alert })),
    });
    this.#watcher.start();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    const over = new AbortController();
    const stopped = (async () => {
      await this.#opened;
      await Promise.all([this.#watcher?.stop(), this.health?.close()]);
    })();
    await Promise.race([stopped.catch(() => undefined), sleep(this.#clock, STOP_MS, over.signal)]);
    over.abort();
  }
}
