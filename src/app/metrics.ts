/** Metrics for programs: as text, or in a registry that they have. */
import type { SystemMetrics } from "../telemetry/system-metrics.js";
import type { NodeMetrics } from "../telemetry/node-metrics.js";
import type { Registry } from "../telemetry/prom-client.js";
import { assertKnownKeys, choiceOption, invalidOption } from "../core/options.js";
import type { MonitoringContext } from "./monitoring-context.js";

export interface MetricsTextOptions {
  /** Default "prometheus": text 0.0.4. */
  readonly format?: "prometheus" | "openmetrics" | undefined;
}

export class AppMetrics {
  readonly #core: MonitoringContext;
  #system: Promise<SystemMetrics> | null = null;
  #node: Promise<NodeMetrics> | null = null;

  constructor(core: MonitoringContext) {
    this.#core = core;
  }

  /**
   * Those of the whole system, read from the store (docs/monitoring.md): five calls, once a second, and one more a minute. Codes:
   * SUNBEAT_OPTION_INVALID, and those of the store.
   */
  async system(options: MetricsTextOptions = {}): Promise<string> {
    assertKnownKeys(options, ["format"], "metrics.system");
    const format = choiceOption(options.format ?? "prometheus", "metrics.system: format", [
      "prometheus",
      "openmetrics",
    ]);
    return (await this.#systemMetrics()).text(format);
  }

  /**
   * Puts all metrics of this process and of the system into a registry of prom-client 15, which asks for them whenever it is read.
   * Code: SUNBEAT_OPTION_INVALID.
   */
  async registerWith(registry: Registry): Promise<void> {
    if (typeof (registry as Partial<Registry> | null)?.registerMetric !== "function") {
      throw invalidOption("metrics.registerWith: registry", "a registry of prom-client", registry);
    }
    const { registerMetrics, NODE_METRICS, SYSTEM_METRICS } = await import("../telemetry/prom-client.js");
    const [node, system] = await Promise.all([this.node(), this.#systemMetrics()]);
    registerMetrics(registry, [
      { facts: Object.values(NODE_METRICS), read: () => node.collect() },
      { facts: Object.values(SYSTEM_METRICS), read: () => system.collect() },
    ]);
  }

  #systemMetrics(): Promise<SystemMetrics> {
    const { lazyStore: store, clock, config, book } = this.#core;
    this.#system ??= import("../telemetry/system-metrics.js").then(
      (module) => new module.SystemMetrics({ store, clock, book, config: config.alerts }),
    );
    return this.#system;
  }

  /** Those of this process: from now on it counts. */
  node(): Promise<NodeMetrics> {
    const { clock, events, monitoring: parts, callMeter: meter } = this.#core;
    this.#node ??= import("../telemetry/node-metrics.js").then(
      (module) => new module.NodeMetrics({ clock, events, parts, meter }),
    );
    return this.#node;
  }

  /** Ends what was begun for a registry. */
  async close(): Promise<void> {
    (await this.#node)?.close();
  }
}
