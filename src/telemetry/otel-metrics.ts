import {
  type Attributes,
  type Counter,
  createNoopMeter,
  type Histogram,
  type MeterProvider,
  metrics,
} from "@opentelemetry/api";
import { ERROR_TYPE, METRICS, type Operation, operationAttributes } from "./conventions.js";

interface Instruments {
  readonly sent: Counter;
  readonly consumed: Counter;
  readonly operation: Histogram;
  readonly process: Histogram;
}

/** The instruments of one name, made at the provider that is set when they are used: it may come after the app was instrumented. */
export class OtelMetrics {
  readonly #name: string;
  #provider: MeterProvider | null = null;
  #instruments: Instruments | null = null;

  constructor(name: string) {
    this.#name = name;
  }

  /** Null: nobody takes metrics. */
  get #current(): Instruments | null {
    const provider = metrics.getMeterProvider();
    if (provider !== this.#provider) {
      this.#provider = provider;
      this.#instruments = this.#make(provider);
    }
    return this.#instruments;
  }

  get isHeard(): boolean {
    return this.#current !== null;
  }

  sent(queue: string, messages: number, ms: number, errorType: string | null): void {
    const instruments = this.#current;
    if (instruments === null) return;
    const attributes = attributesOf("send", queue, errorType);
    instruments.sent.add(messages, attributes);
    instruments.operation.record(ms / 1_000, attributes);
  }

  consumed(queue: string): void {
    this.#current?.consumed.add(1, attributesOf("process", queue, null));
  }

  processed(queue: string, ms: number, errorType: string | null): void {
    this.#current?.process.record(ms / 1_000, attributesOf("process", queue, errorType));
  }

  #make(provider: MeterProvider): Instruments | null {
    const meter = provider.getMeter(this.#name);
    const sent = meter.createCounter(METRICS.sent.name, METRICS.sent.options);
    // Without a provider the API gives one counter, that of nobody.
    if (sent === createNoopMeter().createCounter(METRICS.sent.name)) return null;
    return {
      sent,
      consumed: meter.createCounter(METRICS.consumed.name, METRICS.consumed.options),
      operation: meter.createHistogram(METRICS.operation.name, METRICS.operation.options),
      process: meter.createHistogram(METRICS.process.name, METRICS.process.options),
    };
  }
}

function attributesOf(operation: Operation, queue: string, errorType: string | null): Attributes {
  const attributes = operationAttributes(operation, queue);
  if (errorType !== null) attributes[ERROR_TYPE] = errorType;
  return attributes;
}
