/** Our metrics as a registry of prom-client has them: objects that are asked for their values. It is not imported. */
import type { Metric, MetricFacts } from "./registry.js";

export { NODE_METRICS, SYSTEM_METRICS } from "./names.js";

/** What is asked of a registry. */
export interface Registry {
  registerMetric(metric: never): void;
}

interface PromValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

export interface MetricSource {
  readonly facts: readonly MetricFacts[];
  /** Up to date. */
  readonly read: () => readonly Metric[] | Promise<readonly Metric[]>;
}

export function registerMetrics(registry: Registry, sources: readonly MetricSource[]): void {
  for (const source of sources) {
    let reading: Promise<ReadonlyMap<string, Metric>> | null = null;
    const read = (): Promise<ReadonlyMap<string, Metric>> => {
      // One reading of the registry asks each metric for itself.
      reading ??= Promise.resolve(source.read()).then(
        (metrics) => new Map(metrics.map((one) => [one.facts.name, one])),
      );
      void reading.catch(() => undefined).finally(() => (reading = null));
      return reading;
    };
    for (const { name, help, kind, labels } of source.facts) {
      const metric = {
        ...{ name, help, type: kind, labelNames: labels, aggregator: "sum" },
        get: async () => {
          const found = (await read()).get(name);
          const values = found === undefined ? [] : valuesOf(found);
          return { name, help, type: kind, values, aggregator: "sum" };
        },
        reset: () => undefined,
      };
      registry.registerMetric(metric as never);
    }
  }
}

function valuesOf({ facts, series }: Metric): PromValue[] {
  const found: PromValue[] = [];
  const { name, labels, kind, buckets = [] } = facts;
  for (const one of series) {
    const named = Object.fromEntries(labels.map((label, index) => [label, one.labels[index] ?? ""]));
    if (kind !== "histogram") {
      found.push({ labels: named, value: one.value });
      continue;
    }
    let below = 0;
    buckets.forEach((le, index) => {
      below += one.buckets[index] ?? 0;
      found.push({ labels: { le, ...named }, value: below, metricName: `${name}_bucket` });
    });
    found.push(
      { labels: { le: "+Inf", ...named }, value: one.count, metricName: `${name}_bucket` },
      { labels: named, value: one.value, metricName: `${name}_sum` },
      { labels: named, value: one.count, metricName: `${name}_count` },
    );
  }
  return found;
}
