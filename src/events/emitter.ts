import { hostname } from "node:os";
import type { Clock } from "../core/clock.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import type { EventMap, EventName, SunbeatEvent } from "./event-map.js";

/** May be async; what it throws or rejects with is logged and reaches nobody else. */
export type EventListener<Name extends EventName> = (event: SunbeatEvent<Name>) => unknown;

/** Tells facts to listeners of this process. A slow or failing listener never holds up or breaks work. */
export class Events {
  readonly #listeners = new Map<EventName | "*", Set<EventListener<EventName>>>();
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #hostname = hostname();

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
  on(type: EventName | "*", listener: (event: never) => unknown): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners);
    // A wrapper of its own, so that one function registered twice is two registrations.
    const call: EventListener<EventName> = (event) => listener(event as never);
    listeners.add(call);
    return () => void listeners.delete(call);
  }

  /** For beat, worker and app: never throws. `hostname` is the teller's name where it has one. */
  emit<Name extends EventName>(type: Name, fields: EventMap[Name], hostname = this.#hostname): void {
    const named = this.#listeners.get(type);
    const all = this.#listeners.get("*");
    if (!named?.size && !all?.size) return;
    const event = {
      type,
      hostname,
      pid: process.pid,
      timestamp: this.#clock.now(),
      ...fields,
    } as unknown as SunbeatEvent;
    for (const listener of [...(named ?? []), ...(all ?? [])]) void this.#tell(listener, event);
  }

  async #tell(listener: EventListener<EventName>, event: SunbeatEvent): Promise<void> {
    try {
      await listener(event);
    } catch (error) {
      this.#logger.error(failureEntry(`events: a listener of ${event.type} failed`, error));
    }
  }
}
