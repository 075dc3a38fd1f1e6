/** A program that takes spans and metrics, in memory. */
import { context, metrics, propagation, trace } from "@opentelemetry/api";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";

export class Spans {
  readonly #exporter = new InMemorySpanExporter();

  constructor() {
    new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#exporter)] }).register();
  }

  /** In the order of their ends. */
  get all(): readonly ReadableSpan[] {
    return this.#exporter.getFinishedSpans();
  }

  named(name: string): readonly ReadableSpan[] {
    return this.all.filter((span) => span.name === name);
  }

  only(name: string): ReadableSpan {
    const found = this.named(name);
    if (found.length === 1) return found[0]!;
    const names = this.all.map((span) => span.name).join(", ");
    throw new Error(`expected one span "${name}", found ${found.length} among: ${names}`);
  }

  clear(): void {
    this.#exporter.reset();
  }
}

export function takeMetrics(): () => Promise<ResourceMetrics> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));
  return async () => (await reader.collect()).resourceMetrics;
}

/** As in a program that has set nothing. */
export function takeNothing(): void {
  for (const api of [trace, context, propagation, metrics]) api.disable();
}
