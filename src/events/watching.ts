/** `app.events.watch`: checks what is asked for, and loads the rest when it is first used. */
import { assertKnownKeys, invalidOption, nameOption } from "../core/options.js";
import type { EventName, WatchedEvent } from "./event-map.js";
import type { EventWatch, WatchDeps, WatchRequest } from "./watch.js";

export interface WatchOptions {
  /** Names of types, or patterns with `*`, `?` and `{a,b}`: "task-failed", "schedule-*". Default: all. */
  readonly types?: readonly (EventName | (string & {}))[] | undefined;
  /** Names of tasks, or patterns: events of other tasks are left out. What is told of no task comes all the same. Default: all. */
  readonly tasks?: readonly string[] | undefined;
  /** Ends the watch. */
  readonly signal?: AbortSignal | undefined;
}

/** What other processes tell, and this one. `for await` gives it; leaving the loop ends the watch. */
export interface EventStream extends AsyncIterableIterator<WatchedEvent> {
  /** Resolves once those who tell have been asked to. Rejects with the store's error, as the stream does. */
  readonly ready: Promise<void>;
  /** Ends the watch: what came before can still be read. May be called twice. */
  end(): void;
  /** As leaving the loop: what came before is dropped. */
  next(): Promise<IteratorResult<WatchedEvent, undefined>>;
  return(): Promise<IteratorResult<WatchedEvent, undefined>>;
}

const MOST_TYPES = 100;

/** Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID. */
export function watchRequest(options: WatchOptions): WatchRequest {
  assertKnownKeys(options, ["types", "tasks", "signal"], "events.watch");
  const { types, tasks, signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidOption("events.watch: signal", "an AbortSignal", signal);
  }
  return {
    types: types === undefined ? ["*"] : typeNames(types),
    tasks: tasks === undefined ? null : names(tasks, "events.watch: tasks"),
    signal: signal ?? null,
  };
}

/** Types have no blanks, and a watch must not ask for what cannot come. */
function typeNames(value: unknown): readonly string[] {
  const types = names(value, "events.watch: types");
  const wrong = types.find((type) => /\s/.test(type));
  if (wrong === undefined) return types;
  throw invalidOption("events.watch: types", "names or patterns without blanks", wrong);
}

function names(value: unknown, what: string): readonly string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_TYPES) {
    throw invalidOption(what, `a list of 1 to ${MOST_TYPES} names or patterns`, value);
  }
  return value.map((name) => nameOption(name, what));
}

/** A watch whose code is loaded while it begins. */
export class OpeningStream implements EventStream {
  readonly ready: Promise<void>;
  readonly #watch: Promise<EventWatch>;
  #isOver = false;

  constructor(deps: () => WatchDeps, request: WatchRequest) {
    this.#watch = import("./watch.js").then(({ EventWatch }) => new EventWatch(deps(), request));
    this.ready = this.#watch.then((watch) => watch.ready);
    this.ready.catch(() => undefined); // who reads the stream learns of it
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<WatchedEvent, undefined>> {
    return (await this.#watch).next();
  }

  async return(): Promise<IteratorResult<WatchedEvent, undefined>> {
    this.#isOver = true;
    return (await this.#watch).return();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    void this.#watch.then((watch) => watch.end());
  }

  /** Calls `fn` when it is over, whoever ended it. */
  onEnd(fn: () => void): void {
    void this.#watch.then((watch) => watch.onEnd(fn));
  }
}
