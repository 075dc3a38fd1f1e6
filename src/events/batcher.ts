/**
 * Tells other processes what is watched, in batches over the channel. Work never waits for it: what is more than the caps, or
 * what the channel does not take, is dropped and counted by type, and the numbers of the events show a gap there.
 */
import { bootId } from "../core/boot.js";
import type { Clock, Timer } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import { bounded } from "../core/patience.js";
import { batchText, EVENTS_TOPIC, eventText } from "./batch.js";
import type { EventError } from "./event-map.js";
import { isCustomType } from "../tasks/custom-event.js";
import { isKept } from "./kinds.js";
import type { OutgoingEvent } from "./outgoing.js";

/** Of one batch. */
const MOST_EVENTS = 200;
const MOST_CHARACTERS = 64 * 1_024;
/** Of one process, in a second and waiting. Those that are dropped last have all of it, others the smaller share. */
const CAPS = { kept: { rate: 5_000, waiting: 1_048_576 }, other: { rate: 2_000, waiting: 786_432 } } as const;
const PUBLISH_LIMIT_MS = 5_000;
/** After a failure, what was lost is told of so much later. */
const FAILED_PAUSE_MS = 1_000;
const LONGEST_MESSAGE = 1_000;

export interface BatcherDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly channel: { publish(topic: string, payload: string): Promise<void> };
  readonly app: string;
  /** The name of this process. */
  readonly node: () => string;
  /** How long an event waits for others; 0: until the running turn is over. */
  readonly flushMs: number;
  /** Whether texts and values of tasks stay out: of an app whose payloads are sealed. */
  readonly isSealed: boolean;
}

interface OpenBatch {
  readonly node: string;
  readonly from: number;
  readonly clock: number;
  readonly dropped: Map<string, number>;
  readonly texts: string[];
  /** As `texts`. */
  readonly types: string[];
  characters: number;
}

export class EventBatcher {
  readonly #deps: BatcherDeps;
  /** Number of the newest event. */
  #seq = 0;
  #open: OpenBatch | null = null;
  /** Batches that wait for the channel. */
  readonly #ready: OpenBatch[] = [];
  #characters = 0;
  /** By type, what the caps have dropped since the open batch began: it has no number yet. */
  #dropped = new Map<string, number>();
  /** By type, what the channel has not taken: it has its numbers. */
  #failed = new Map<string, number>();
  #timer: Timer | null = null;
  /** Monotonic instant at which it fires. */
  #sendAt = 0;
  #isSoon = false;
  #sending: Promise<void> | null = null;
  #second = 0;
  #inSecond = 0;
  /** Events that others wanted and did not get, since the start. */
  lost = 0;

  constructor(deps: BatcherDeps) {
    this.#deps = deps;
  }

  take(event: OutgoingEvent): void {
    const { type } = event;
    const cap = isKept(type) ? CAPS.kept : CAPS.other;
    if (!this.#admits(cap.rate)) return this.#drop(type);
    const node = this.#deps.node();
    const text = this.#textOf(event, node);
    if (text === null || text.length > MOST_CHARACTERS) return this.#drop(type);
    if (this.#characters + text.length > cap.waiting) return this.#drop(type);
    this.#inSecond++;
    if (this.#open !== null && !fits(this.#open, event, node, text.length)) this.#close();
    const batch = (this.#open ??= this.#begin(node, event.clock));
    this.#seq++;
    batch.texts.push(text);
    batch.types.push(type);
    batch.characters += text.length;
    this.#characters += text.length;
    if (batch.texts.length >= MOST_EVENTS) this.#send();
    else this.#arm();
  }

  /** What waits goes now. Resolves when it has gone, or was dropped. */
  async flush(): Promise<void> {
    this.#send();
    while (this.#sending !== null) await this.#sending;
  }

  #admits(rate: number): boolean {
    const second = Math.floor(this.#deps.clock.monotonicMs() / 1_000);
    if (second !== this.#second) [this.#second, this.#inSecond] = [second, 0];
    return this.#inSecond < rate;
  }

  #textOf({ type, timestamp, hostname, fields }: OutgoingEvent, node: string): string | null {
    try {
      const told = this.#told(type, fields);
      return eventText(type, timestamp, hostname === node ? told : { ...told, hostname });
    } catch {
      return null;
    }
  }

  /** The stack of an error is in the result. */
  #told(type: string, fields: object): object {
    const { isSealed } = this.#deps;
    if (isCustomType(type)) {
      const { id, task, queue } = fields as Record<string, unknown>;
      return isSealed ? { id, task, queue } : fields;
    }
    if (isSealed && "meta" in fields) return { ...fields, meta: undefined };
    if (!("error" in fields)) return fields;
    const { name, message, code } = fields.error as EventError;
    const text = isSealed ? "" : message.slice(0, LONGEST_MESSAGE);
    return { ...fields, error: { name, message: text, code } satisfies EventError };
  }

  #drop(type: string): void {
    this.lost++;
    addTo(this.#dropped, type, 1);
    this.#arm();
  }

  #begin(node: string, clock: number): OpenBatch {
    for (const count of this.#dropped.values()) this.#seq += count;
    const dropped = this.#dropped;
    this.#dropped = new Map();
    return { node, from: this.#seq + 1, clock, dropped, texts: [], types: [], characters: 0 };
  }

  #close(): void {
    if (this.#open === null) return;
    this.#ready.push(this.#open);
    this.#open = null;
  }

  #arm(pauseMs = this.#deps.flushMs): void {
    if (pauseMs === 0) {
      if (this.#isSoon) return;
      this.#isSoon = true;
      queueMicrotask(() => {
        this.#isSoon = false;
        this.#send();
      });
      return;
    }
    const sendAt = this.#deps.clock.monotonicMs() + pauseMs;
    if (this.#timer !== null && this.#sendAt <= sendAt) return;
    this.#timer?.cancel();
    this.#sendAt = sendAt;
    this.#timer = this.#deps.clock.after(pauseMs, () => {
      this.#timer = null;
      // What was dropped is told of, too, where nothing follows that would show the gap.
      if (this.#open === null && this.#ready.length === 0 && this.#dropped.size + this.#failed.size > 0) {
        this.#open = this.#begin(this.#deps.node(), 0);
      }
      this.#send();
    });
    this.#timer.unref?.();
  }

  #send(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#close();
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = null;
    });
  }

  async #sendAll(): Promise<void> {
    for (let batch = this.#ready.shift(); batch !== undefined; batch = this.#ready.shift()) {
      const { clock, channel } = this.#deps;
      const failed = this.#failed;
      this.#failed = new Map();
      try {
        const text = this.#batchText(batch, failed);
        await bounded(clock, PUBLISH_LIMIT_MS, "publish", channel.publish(EVENTS_TOPIC, text));
      } catch (error) {
        for (const [type, count] of [...failed, ...batch.dropped]) addTo(this.#failed, type, count);
        this.lost += batch.types.length;
        for (const type of batch.types) addTo(this.#failed, type, 1);
        this.#deps.logger.debug(`events: a batch was dropped: ${messageOf(error)}`);
        this.#arm(FAILED_PAUSE_MS);
      } finally {
        this.#characters -= batch.characters;
      }
    }
  }

  #batchText(batch: OpenBatch, failed: ReadonlyMap<string, number>): string {
    const { node, from, clock, texts } = batch;
    const dropped = new Map(batch.dropped);
    for (const [type, count] of failed) addTo(dropped, type, count);
    const head = { node, pid: process.pid, boot: bootId, app: this.#deps.app, from, clock };
    return batchText({ ...head, dropped: Object.fromEntries(dropped) }, texts);
  }
}

function fits(batch: OpenBatch, { clock }: OutgoingEvent, node: string, characters: number): boolean {
  return (
    batch.characters + characters <= MOST_CHARACTERS &&
    batch.node === node &&
    // The time of this process has leapt, since it has heard of somebody else's: the numbers of a batch have no gap.
    clock === batch.clock + batch.texts.length
  );
}

function addTo(counts: Map<string, number>, type: string, by: number): void {
  counts.set(type, (counts.get(type) ?? 0) + by);
}
