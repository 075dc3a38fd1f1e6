import { coreOf, type Sunbeat } from "./app/index.js";
import { assertKnownKeys, choiceOption } from "./core/options.js";
import { OtelTracing, PARENTS, type TraceParent } from "./telemetry/otel.js";

export type { TraceParent } from "./telemetry/otel.js";

export interface InstrumentOptions {
  /**
   * How the span of a run follows that of the send. "child": below it, in its trace. "link": a trace of its own, with a link to it.
   * "auto" (default): below it where the run begins within 60 s of sending; linked where it begins later, was retried, or was sent by
   * the beat.
   */
  readonly parent?: TraceParent | undefined;
}

/**
 * Tells OpenTelemetry what this app sends, ticks and runs in this process: spans, metrics, and the ids of the trace in log lines. The
 * context of a trace travels in the headers of messages, as the propagator of the program writes it.
 *
 *     import { instrument } from "sunbeat/otel";
 *     instrument(app);
 *
 * Needs the package @opentelemetry/api. Providers, exporters and the context manager are the program's: they may be set before or
 * after. Without a provider nothing is told, and a send with its run takes less than a microsecond longer. Call it in the app's file,
 * so that workers and their children have it, too. Called again it takes the options of that call. Codes: SUNBEAT_OPTION_UNKNOWN,
 * SUNBEAT_OPTION_INVALID.
 */
export function instrument(app: Sunbeat, options: InstrumentOptions = {}): void {
  assertKnownKeys(options, ["parent"], "instrument");
  const parent = choiceOption(options.parent ?? "auto", "parent", PARENTS);
  const { clock, extensions } = coreOf(app);
  extensions.trace(new OtelTracing({ parent, clock }));
}
