import { hostname } from "node:os";
import { bootId } from "../core/boot.js";
import type { Clock } from "../core/clock.js";
import { SunbeatError } from "../core/errors.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import type { CustomTaskEvent, EventMap, EventName, SunbeatEvent } from "./event-map.js";
import { LamportClock } from "./lamport.js";
import type { EventOutlet } from "./outgoing.js";
import type { EventStream, WatchOptions } from "./watching.js";

/** May be async; what it throws or rejects with is logged and reaches nobody else. */
export type EventListener<Name extends EventName> = (event: SunbeatEvent<Name>) => unknown;

type Listener = (event: never) => unknown;

/** Tells facts to listeners of this process. A slow or failing listener never holds up or breaks work. */
export class Events {
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Logical time of this process: whatever it hears from others goes into it. */
  readonly lamport = new LamportClock();
  #node = hostname();
  #seq = 0;
  /** Listeners of all types: mostly there is none, and telling nobody must cost nothing. */
  #count = 0;
  #outlet: EventOutlet | null = null;
  #watch: ((options: WatchOptions) => EventStream) | null = null;

  constructor(context: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = context.clock;
    this.#logger = context.logger;
  }

  /**
   * Calls `listener` for each event of a type, or of every type for "*", in the order of registration. The
   * returned function ends that and may be called twice.
   */
  on<Name extends EventName>(type: Name, listener: EventListener<Name>): () => void;
  on(type: "*", listener: EventListener<EventName>): () => void;
  on(type: string, listener: (event: never) => unknown): () => void {
    return this.#add(type, listener);
  }

  /** The same for those that tasks tell by `self.sendEvent`. */
  onCustom(type: `task-${string}`, listener: (event: CustomTaskEvent) => unknown): () => void {
    return this.#add(type, listener);
  }

  #add(type: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    // A wrapper of its own, so that one function registered twice is two registrations.
    const call: Listener = (event) => listener(event);
    listeners.add(call);
    this.#count++;
    return () => {
      if (listeners.delete(call)) this.#count--;
    };
  }

  /**
   * What all processes on the store tell, this one included, from now on, as an async iterable:
   *
   *     for await (const event of app.events.watch({ types: ["task-failed", "schedule-*"] })) ...
   *
   * Events are hints: they are not stored, and what a watch has missed comes as one `events-lost`. `task-sent` comes from senders
   * whose app has `taskSendSentEvent`. A watch is renewed while it is open, and ends with the loop, with `signal`, or with the app.
   * Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_CLOSED.
   */
  watch(options: WatchOptions = {}): EventStream {
    if (this.#watch === null)
      throw new SunbeatError("SUNBEAT_USAGE", "events.watch: only an app's events can be watched");
    return this.#watch(options);
  }

  /** For the app: what `watch` does. */
  watchBy(watch: (options: WatchOptions) => EventStream): void {
    this.#watch = watch;
  }

  /** The name of this process for tellers that have none of their own. Default: the machine's. */
  get node(): string {
    return this.#node;
  }

  /** For who names the process. */
  named(node: string): void {
    this.#node = node;
  }

  /** For who tells other processes; null: nobody does any more. */
  attach(outlet: EventOutlet | null): void {
    this.#outlet = outlet;
  }

  /** Whether anybody hears what is told of this type: who tells needs not put together what nobody does. */
  hears(type: EventName): boolean {
    if (this.#count === 0 && this.#outlet === null) return false;
    if (this.#outlet?.wants(type) === true) return true;
    return [type, "*"].some((name) => (this.#listeners.get(name)?.size ?? 0) > 0);
  }

  /** For beat, worker and app: never throws. `hostname` is the teller's name where it has one. */
  emit<Name extends EventName>(type: Name, fields: EventMap[Name], hostname?: string): void {
    if (this.#count === 0 && this.#outlet === null) return;
    const named = this.#listeners.get(type);
    const all = this.#listeners.get("*");
    const isWatched = this.#outlet?.wants(type) === true;
    if (!isWatched && !named?.size && !all?.size) return;
    const timestamp = this.#clock.now();
    const clock = this.lamport.tick();
    const by = hostname ?? this.#node;
    if (isWatched) this.#outlet?.take({ type, timestamp, clock, hostname: by, fields });
    if (!named?.size && !all?.size) return;
    const base = { type, hostname: by, pid: process.pid, timestamp, clock, boot: bootId, seq: ++this.#seq };
    const event = { ...base, ...fields } as never;
    for (const listener of [...(named ?? []), ...(all ?? [])]) void this.#tell(listener, type, event);
  }

  async #tell(listener: Listener, type: string, event: never): Promise<void> {
    try {
      await listener(event);
    } catch (error) {
      this.#logger.error(failureEntry(`events: a listener of ${type} failed`, error), { err: error });
    }
  }
}
