/** Traces and metrics of one app by the API of OpenTelemetry. What takes them, and where they go, is the program's. */
import {
  type Context,
  context,
  INVALID_SPAN_CONTEXT,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type Tracer,
  type TracerProvider,
} from "@opentelemetry/api";
import type { Clock } from "../core/clock.js";
import { describeFailure, type Failure } from "../core/failure.js";
import { oneLine } from "../core/log-entry.js";
import type { LogFields } from "../core/logger.js";
import type { RunTrace, SendTrace, TracedMessage, TracedRun, Tracing } from "../tasks/tracing.js";
import {
  ERROR_TYPE,
  MESSAGE_COUNT,
  runAttributes,
  sendAttributes,
  spanNames,
  tickAttributes,
} from "./conventions.js";
import { OtelMetrics } from "./otel-metrics.js";

/** How a run follows what sent it. */
export const PARENTS = ["auto", "child", "link"] as const;
export type TraceParent = (typeof PARENTS)[number];

/** Under "auto" a run that begins later than this after its sending has a trace of its own. */
const SOON_MS = 60_000;

const NAME = "sunbeat";

/** A provider that is set later stands behind one that was asked before (`trace.getTracerProvider()`). */
interface ForwardingProvider extends TracerProvider {
  getDelegateTracer(name: string): Tracer | undefined;
}

export interface OtelParts {
  readonly parent: TraceParent;
  /** Measures. Spans have the times of their SDK. */
  readonly clock: Pick<Clock, "now" | "monotonicMs">;
}

export class OtelTracing implements Tracing {
  readonly #parts: OtelParts;
  readonly #metrics = new OtelMetrics(NAME);

  constructor(parts: OtelParts) {
    this.#parts = parts;
  }

  get isHeard(): boolean {
    return this.#tracer !== null || this.#metrics.isHeard;
  }

  send(many: boolean): SendTrace {
    return new OtelSend(this.#shared, many, false);
  }

  tick(): SendTrace {
    return new OtelSend(this.#shared, false, true);
  }

  run(run: TracedRun): RunTrace {
    return new OtelRun(run, this.#shared, this.#parts.parent);
  }

  fields(): LogFields | undefined {
    const here = trace.getSpanContext(context.active());
    if (here === undefined || !isSpanContextValid(here)) return undefined;
    return { traceId: here.traceId, spanId: here.spanId };
  }

  get #shared(): Shared {
    return { tracer: this.#tracer, metrics: this.#metrics, clock: this.#parts.clock };
  }

  /** Null: nobody takes spans. */
  get #tracer(): Tracer | null {
    const provider = trace.getTracerProvider() as TracerProvider & Partial<ForwardingProvider>;
    if (provider.getDelegateTracer === undefined) return provider.getTracer(NAME);
    return provider.getDelegateTracer(NAME) ?? null;
  }
}

interface Shared {
  readonly tracer: Tracer | null;
  readonly metrics: OtelMetrics;
  readonly clock: OtelParts["clock"];
}

/** The span of a call that sends, and for the beat that of the tick around it. Both begin with the first message. */
class OtelSend implements SendTrace {
  readonly #parts: Shared;
  readonly #many: boolean;
  readonly #isTick: boolean;
  readonly #beganAt: number;
  #tick: Span | null = null;
  #span: Span | null = null;
  #around: Context | null = null;
  #queue = "";
  #count = 0;

  /** `isTick`: a tick stands around it. */
  constructor(parts: Shared, many: boolean, isTick: boolean) {
    this.#parts = parts;
    this.#many = many;
    this.#isTick = isTick;
    this.#beganAt = parts.clock.monotonicMs();
  }

  carry(message: TracedMessage, headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    const { tracer } = this.#parts;
    if (this.#count++ === 0) this.#queue = message.queue;
    if (tracer === null) return headers;
    this.#around ??= this.#begin(tracer, message);
    const carried = { ...headers };
    propagation.inject(this.#around, carried);
    return carried;
  }

  end(failure: { readonly error: unknown } | null): void {
    if (this.#count === 0) return;
    const { metrics, clock } = this.#parts;
    const described = failure === null ? null : describeFailure(failure.error);
    metrics.sent(
      this.#queue,
      this.#count,
      clock.monotonicMs() - this.#beganAt,
      described && typeOf(described),
    );
    if (this.#many) this.#span?.setAttribute(MESSAGE_COUNT, this.#count);
    for (const span of [this.#span, this.#tick]) {
      if (span !== null) endSpan(span, described);
    }
  }

  #begin(tracer: Tracer, message: TracedMessage): Context {
    const { queue, entry } = message;
    let outside = context.active();
    if (this.#isTick) {
      // Whatever began the beat has nothing to do with what it sends.
      const name = spanNames.tick(entry ?? "");
      const attributes = tickAttributes(message);
      this.#tick = tracer.startSpan(name, { kind: SpanKind.INTERNAL, attributes }, ROOT_CONTEXT);
      outside = trace.setSpan(ROOT_CONTEXT, this.#tick);
    }
    const attributes = sendAttributes(message, this.#many);
    const options = { kind: SpanKind.PRODUCER, attributes };
    this.#span = tracer.startSpan(spanNames.send(queue), options, outside);
    return trace.setSpan(outside, this.#span);
  }
}

/** The span of one attempt. */
class OtelRun implements RunTrace {
  readonly #parts: Shared;
  readonly #queue: string;
  readonly #span: Span;
  readonly #context: Context;
  readonly #beganAt: number;
  #isOver = false;

  constructor(run: TracedRun, parts: Shared, parent: TraceParent) {
    const { tracer, metrics, clock } = parts;
    const { queue, ranMs } = run;
    this.#parts = parts;
    this.#queue = queue;
    this.#beganAt = clock.monotonicMs() - ranMs;
    if (ranMs === 0) metrics.consumed(queue);
    const sent = propagation.extract(ROOT_CONTEXT, run.headers);
    const sender = trace.getSpanContext(sent);
    const isBelow = parent === "child" || (parent === "auto" && isSoon(run));
    const outside = isBelow ? sent : trace.deleteSpan(sent);
    const links = !isBelow && sender !== undefined ? [{ context: sender }] : [];
    const options: SpanOptions = { kind: SpanKind.CONSUMER, links, attributes: runAttributes(run) };
    if (ranMs > 0) options.startTime = clock.now() - ranMs;
    this.#span =
      tracer?.startSpan(spanNames.process(queue), options, outside) ??
      trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    this.#context = tracer === null ? sent : trace.setSpan(outside, this.#span);
  }

  call<T>(fn: () => T): T {
    return context.with(this.#context, fn);
  }

  end(failure: Failure | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { metrics, clock } = this.#parts;
    metrics.processed(this.#queue, clock.monotonicMs() - this.#beganAt, failure && typeOf(failure));
    endSpan(this.#span, failure);
  }
}

function isSoon({ sentAgoMs, retries, entry }: TracedRun): boolean {
  return sentAgoMs <= SOON_MS && retries === 0 && entry === null;
}

/** By the code of an error, where it has one: names are shared by many. */
function typeOf(failure: Failure): string {
  return failure.code ?? failure.name;
}

function endSpan(span: Span, failure: Failure | null): void {
  if (failure !== null) {
    span.setAttribute(ERROR_TYPE, typeOf(failure));
    span.setStatus({ code: SpanStatusCode.ERROR, message: oneLine(failure.message) });
  }
  span.end();
}
