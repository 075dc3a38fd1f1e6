/**
 * What open pages are told, as server-sent events: one watch of the store for all of them, only while there are any. What a page missed while
 * its connection was cut is sent again where it is still here; else it is told to read anew.
 */
import type { Clock, Timer } from "../core/clock.js";
import type { Logger } from "../core/logger.js";
import { messageOf } from "../core/errors.js";
import type { Events, EventStream, WatchedEvent } from "../events/index.js";
import { Refusal } from "./problem.js";
import { jsonText, SECURITY } from "./reply.js";

export interface HubDeps {
  readonly clock: Clock;
  readonly events: Pick<Events, "watch">;
  readonly logger: Logger;
  readonly overview: () => Promise<unknown>;
  readonly boot: string;
  readonly maxClients: number;
}

/** What of the pages an event makes old. */
const STALE: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^queue-/, ["queues"]],
  [/^schedule-/, ["schedules"]],
  [/^alert-/, ["alerts"]],
  [/^operator-action$/, ["audit", "calendars"]],
  [/^calendar-/, ["calendars"]],
  [/^(worker|node|beat)-(?!heartbeat)/, ["nodes"]],
  [/^lock-/, ["locks"]],
  [/^graph-/, ["graphs"]],
  [/^dead-/, ["dead"]],
  [
    /^events-lost$/,
    [...["tasks", "schedules", "calendars", "queues", "nodes", "alerts", "audit", "locks", "graphs"], "dead"],
  ],
];

/** Between two batches. */
const BATCH_MS = 250;
/** Events that happen together, after a silence, go as one batch. */
const GATHER_MS = 25;
const OVERVIEW_MS = 1_000;
const COMMENT_MS = 15_000;
const KEPT_EVENTS = 5_000;
/** Events of one batch: a page that shows more than these a second shows none. */
const MOST_IN_BATCH = 500;
const MOST_BEHIND = 1_000_000;
/** A watch goes on so long without a page: it is costly to begin and cheap to go on. */
const LINGER_MS = 5_000;
const AGAIN_MS = 2_000;

interface Client {
  readonly stream: ReadableStreamDefaultController<Uint8Array>;
  readonly wantsOverview: boolean;
}

interface Kept {
  readonly number: number;
  readonly event: WatchedEvent;
}

const encoder = new TextEncoder();

export class Hub {
  readonly #deps: HubDeps;
  readonly #clients = new Set<Client>();
  readonly #kept: Kept[] = [];
  readonly #unsent: Kept[] = [];
  #number = 0;
  #stream: EventStream | null = null;
  #timers: Timer[] = [];
  /** Until the next batch. */
  #batch: Timer | null = null;
  #lastBatchAt = -Infinity;
  #linger: Timer | null = null;
  /** Until the watch is tried again. */
  #again: Timer | null = null;
  #isClosed = false;

  constructor(deps: HubDeps) {
    this.#deps = deps;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** `lastId`: what a page that comes back has seen last. */
  open(lastId: string | null, wantsOverview: boolean, signal: AbortSignal): Response {
    const { maxClients } = this.#deps;
    if (this.#isClosed) throw new Refusal(503, "SUNBEAT_CLOSED", "the dashboard ends");
    if (this.#clients.size >= maxClients) {
      throw new Refusal(429, "SUNBEAT_OPTION_INVALID", `${maxClients} pages are open: close some`, {
        "retry-after": "5",
      });
    }
    let client: Client;
    const body = new ReadableStream<Uint8Array>(
      {
        start: (stream) => {
          client = { stream, wantsOverview };
          this.#add(client, lastId);
        },
        cancel: () => this.#remove(client),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: MOST_BEHIND }),
    );
    signal.addEventListener("abort", () => this.#cut(client), { once: true });
    const headers = {
      ...{ "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store, no-transform" },
      ...{ "x-accel-buffering": "no", ...SECURITY },
    };
    return new Response(body, { headers });
  }

  close(): void {
    this.#isClosed = true;
    for (const client of [...this.#clients]) this.#cut(client);
    this.#end();
  }

  #add(client: Client, lastId: string | null): void {
    this.#clients.add(client);
    this.#linger?.cancel();
    this.#linger = null;
    if (this.#timers.length === 0) this.#begin();
    const { boot } = this.#deps;
    const [of, number] = lastId?.split("_") ?? [];
    const seen = of === boot ? Number(number) : NaN;
    const oldest = this.#kept[0]?.number ?? this.#number + 1;
    if (lastId === null) this.#send(client, "ready", {}, this.#number);
    else if (!(seen >= oldest - 1 && seen <= this.#number)) this.#send(client, "reset", {}, this.#number);
    else {
      const sent = this.#number - this.#unsent.length;
      const missed = this.#kept.filter((kept) => kept.number > seen && kept.number <= sent);
      this.#sendEvents([client], missed);
    }
    if (client.wantsOverview) void this.#overview([client]);
  }

  #remove(client: Client): void {
    if (!this.#clients.delete(client) || this.#clients.size > 0) return;
    this.#linger = this.#deps.clock.after(LINGER_MS, () => this.#end());
  }

  #cut(client: Client): void {
    this.#remove(client);
    try {
      client.stream.close();
    } catch {
      // It is closed.
    }
  }

  #begin(): void {
    const { clock } = this.#deps;
    // What happened while nobody looked was not heard: whoever was here before has missed it.
    this.#number++;
    this.#kept.length = 0;
    this.#unsent.length = 0;
    const every = (ms: number, work: () => void): void => {
      const slot = this.#timers.length;
      const turn = (): void => {
        this.#timers[slot] = clock.after(ms, turn);
        work();
      };
      this.#timers.push(clock.after(ms, turn));
    };
    every(
      OVERVIEW_MS,
      () => void this.#overview([...this.#clients].filter((client) => client.wantsOverview)),
    );
    every(COMMENT_MS, () => {
      for (const client of this.#clients) this.#write(client, ":\n\n");
    });
    this.#watch();
  }

  #end(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
    this.#batch?.cancel();
    this.#batch = null;
    this.#linger?.cancel();
    this.#linger = null;
    this.#again?.cancel();
    this.#stream?.end();
    this.#stream = null;
  }

  #watch(): void {
    const { events, logger, clock } = this.#deps;
    const stream = events.watch();
    this.#stream = stream;
    const read = async (): Promise<void> => {
      for await (const event of stream) this.#hear(event);
    };
    read().catch((error: unknown) => {
      if (this.#stream !== stream) return;
      logger.warn(`dashboard: events are not heard, ${messageOf(error)}; the next try is in ${AGAIN_MS} ms`);
      this.#again = clock.after(AGAIN_MS, () => this.#watch());
    });
  }

  #hear(event: WatchedEvent): void {
    const kept = { number: ++this.#number, event };
    this.#kept.push(kept);
    // In blocks, since a shift of each is a copy of all.
    if (this.#kept.length >= 2 * KEPT_EVENTS) this.#kept.splice(0, this.#kept.length - KEPT_EVENTS);
    this.#unsent.push(kept);
    if (this.#batch !== null) return;
    const { clock } = this.#deps;
    const pauseMs = this.#lastBatchAt + BATCH_MS - clock.monotonicMs();
    this.#batch = clock.after(Math.max(GATHER_MS, pauseMs), () => this.#flush());
  }

  #flush(): void {
    this.#batch = null;
    this.#lastBatchAt = this.#deps.clock.monotonicMs();
    this.#sendEvents([...this.#clients], this.#unsent.splice(0));
  }

  #sendEvents(clients: readonly Client[], all: readonly Kept[]): void {
    if (all.length === 0) return;
    const number = all.at(-1)!.number;
    const events = all.slice(-MOST_IN_BATCH).map(({ event }) => event);
    const stale = new Set(all.flatMap(({ event }) => staleBy(event.type)));
    const text = this.#text("events", { events, leftOut: all.length - events.length }, number);
    const staleText = stale.size > 0 ? this.#text("stale", { what: [...stale] }, number) : "";
    for (const client of clients) this.#write(client, text + staleText);
  }

  async #overview(clients: readonly Client[]): Promise<void> {
    if (clients.length === 0) return;
    try {
      const text = this.#text("overview", await this.#deps.overview(), this.#number);
      for (const client of clients) this.#write(client, text);
    } catch (error) {
      const text = this.#text("trouble", { message: messageOf(error) }, this.#number);
      for (const client of clients) this.#write(client, text);
    }
  }

  #send(client: Client, event: string, data: unknown, number: number): void {
    this.#write(client, this.#text(event, data, number));
  }

  #text(event: string, data: unknown, number: number): string {
    return `id: ${this.#deps.boot}_${number}\nevent: ${event}\ndata: ${jsonText(data)}\n\n`;
  }

  #write(client: Client, text: string): void {
    if (!this.#clients.has(client)) return;
    // Who is so far behind reads anew when it comes back.
    if ((client.stream.desiredSize ?? 0) <= 0) return this.#cut(client);
    client.stream.enqueue(encoder.encode(text));
  }
}

function staleBy(type: string): readonly string[] {
  return STALE.find(([pattern]) => pattern.test(type))?.[1] ?? [];
}
