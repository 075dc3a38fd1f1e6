import { invalidOption } from "../core/options.js";
import type { TaskContext } from "../tasks/definition.js";
import type { Tracing } from "../tasks/tracing.js";
import type { Handling } from "./handling.js";
import type { Around } from "./middleware.js";
import {
  MESSAGE_SIGNALS,
  type PublishedMessage,
  RUN_SIGNALS,
  type SignalMap,
  type SignalName,
} from "./signal-map.js";
import { makeSignals, type Signals } from "./signals.js";

/** A run as middleware sees it. */
export interface MiddlewareRun {
  /** Name of the task. */
  readonly task: string;
  readonly id: string;
  readonly queue: string;
  readonly args: readonly unknown[];
  readonly headers: Readonly<Record<string, string>>;
  /** 0 in the first run. */
  readonly retries: number;
  /** The running task, as `self` is. */
  readonly context: TaskContext;
}

/** Around the function of each run. What it gives is the result; what it throws is judged as if the function had thrown it. */
export type Middleware = (run: MiddlewareRun, next: () => Promise<unknown>) => unknown;

/** Around each message, before it is encoded. `next()` resolves when it is. */
export type PublishMiddleware = (message: PublishedMessage, next: () => Promise<unknown>) => unknown;

/** What a program has hung into the work of one app. */
export class Extensions {
  readonly handling: Handling;
  readonly signals: Signals;
  /** Whether anything is to be called around runs: read once a run, so it is kept and not computed. */
  touchesRuns = false;
  /** The same of sends. */
  touchesSends = false;
  /** Whether anybody hears of deliveries and of sent messages. */
  tellsMessages = false;
  #tracing: Tracing | null = null;
  #middleware: readonly Around<MiddlewareRun>[] = [];
  #publish: readonly Around<PublishedMessage>[] = [];

  constructor(handling: Handling) {
    this.handling = handling;
    this.signals = makeSignals(handling, () => this.#look());
  }

  get middleware(): readonly Around<MiddlewareRun>[] {
    return this.#middleware;
  }

  get publishMiddleware(): readonly Around<PublishedMessage>[] {
    return this.#publish;
  }

  /** What is told of sends and runs; null: nobody takes it now. */
  get tracing(): Tracing | null {
    return this.#tracing?.isHeard === true ? this.#tracing : null;
  }

  /** In place of what was given before. */
  trace(tracing: Tracing): void {
    this.#tracing = tracing;
  }

  /** Code: SUNBEAT_OPTION_INVALID. */
  use(middleware: Middleware): void {
    this.#middleware = [...this.#middleware, middlewareOption(middleware, "use")];
    this.#look();
  }

  /** Code: SUNBEAT_OPTION_INVALID. */
  usePublish(middleware: PublishMiddleware): void {
    this.#publish = [...this.#publish, middlewareOption(middleware, "usePublish")];
    this.#look();
  }

  /** Nobody waits for the handlers. `payload` is made where there is one. */
  tell<Name extends SignalName>(name: Name, payload: () => SignalMap[Name]): void {
    const signal = this.signals[name];
    if (signal.connected) signal.tell(payload());
  }

  #look(): void {
    const { signals } = this;
    this.touchesRuns = this.#middleware.length > 0 || RUN_SIGNALS.some((name) => signals[name].connected);
    this.tellsMessages = MESSAGE_SIGNALS.some((name) => signals[name].connected);
    this.touchesSends = this.#publish.length > 0 || signals.beforeTaskPublish.connected;
  }
}

function middlewareOption<T>(middleware: T, verb: "use" | "usePublish"): T {
  if (typeof middleware === "function") return middleware;
  const of = verb === "use" ? "run" : "message";
  throw invalidOption(`app.${verb}`, `a function (${of}, next) => ...`, middleware);
}
