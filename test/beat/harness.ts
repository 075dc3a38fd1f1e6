/** Beats on a manual clock over one memory store. */
import type { Logger } from "../../src/core/logger.js";
import { LoopMarks } from "../../src/core/loop-mark.js";
import type { Random } from "../../src/core/random.js";
import { Beat } from "../../src/beat/beat.js";
import { CalendarBook } from "../../src/beat/calendar-book.js";
import { BEAT_DEFAULTS, type BeatOptions } from "../../src/beat/beat-options.js";
import type { Entry } from "../../src/beat/entry.js";
import { resolveEntry } from "../../src/beat/resolve-entry.js";
import type { EntryOptions } from "../../src/beat/entry-options.js";
import { Schedules } from "../../src/beat/schedules.js";
import type { EventMap, EventName } from "../../src/events/index.js";
import type { CalendarData } from "../../src/schedules/index.js";
import type { Store } from "../../src/store/contracts/index.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import type { MessageEdits } from "../../src/tasks/message-edits.js";
import { messageFactory } from "../../src/tasks/message-factory.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

/** Different ids, the same in every run. */
export function countingRandom(): Random {
  let count = 0;
  return {
    next: () => (count = (count + 1) % 100) / 100,
    uuid: () => `00000000-0000-4000-8000-${String(++count).padStart(12, "0")}`,
  };
}

export class Lines implements Logger {
  readonly lines: string[] = [];
  debug(): void {}
  info(message: string): void {
    this.lines.push(message);
  }
  warn(message: string): void {
    this.lines.push(message);
  }
  error(message: string): void {
    this.lines.push(message);
  }
  matching(pattern: RegExp): string[] {
    return this.lines.filter((line) => pattern.test(line));
  }
}

export class Told {
  readonly all: (readonly [EventName, unknown])[] = [];
  emit<N extends EventName>(type: N, fields: EventMap[N]): void {
    this.all.push([type, fields]);
  }
  of<N extends EventName>(type: N): EventMap[N][] {
    return this.all.filter(([name]) => name === type).map(([, fields]) => fields as EventMap[N]);
  }
}

export { CalendarBook };

export const DEFAULTS = { timezone: "UTC" };

export const createMessage = messageFactory({
  registry: { get: () => undefined },
  random: countingRandom(),
  defaults: {
    queue: "default",
    priority: 0,
    ignoreResult: false,
    resultTtlMs: 86_400_000,
    maxDeliveries: 5,
    payloadLimit: 1_048_576,
    isFair: () => false,
  },
});

export type Lineup = Readonly<Record<string, EntryOptions>>;

export function resolveAll(lineup: Lineup, spreadMs = 0): Entry[] {
  return Object.entries(lineup).map(([name, options]) =>
    resolveEntry(name, options, { ...DEFAULTS, spreadMs }),
  );
}

/** What processes share that run side by side. */
export type Shared = Pick<World, "clock" | "random" | "log" | "events" | "store" | "beats">;

function created(start: string | number): Shared {
  const clock = new ManualClock(start);
  const random = countingRandom();
  const log = new Lines();
  const store = openMemoryStore({ clock, random, logger: log });
  return { clock, random, log, events: new Told(), store, beats: [] };
}

export class World {
  readonly clock: ManualClock;
  readonly loops: LoopMarks;
  /** What programs do to messages before they are made. */
  edits: MessageEdits | undefined;
  readonly random: Random;
  readonly log: Lines;
  readonly events: Told;
  readonly store: Store;
  readonly beats: Beat[];

  /** `start`: when it begins; or the world of other processes, which this one joins. */
  constructor(start: string | number | Shared = "2027-01-01T00:00:00Z") {
    const shared = typeof start === "object" ? start : created(start);
    const { clock, random, log, events, store, beats } = shared;
    this.clock = clock;
    this.random = random;
    this.log = log;
    this.events = events;
    this.store = store;
    this.beats = beats;
    this.loops = new LoopMarks(clock);
  }

  /** Of the process of the next beats. */
  tz = "2025c";
  calendars: readonly CalendarData[] = [];

  beat(lineup: Lineup = {}, options: Partial<BeatOptions> = {}, store: Store = this.store): Beat {
    const { clock, loops, edits, random, log: logger, events, tz, calendars } = this;
    const beat = new Beat({
      ...{ tz, calendars, book: new CalendarBook(calendars) },
      ...{ store, clock, loops, edits, random, logger, events, createMessage },
      entries: resolveAll(lineup, options.spreadMs),
      options: {
        ...BEAT_DEFAULTS,
        ...{ owner: "code:test", version: 1, hostname: `host${this.beats.length}` },
        ...options,
      },
    });
    this.beats.push(beat);
    return beat;
  }

  /** Starts a beat and lets it win the lead. */
  async started(lineup: Lineup = {}, options: Partial<BeatOptions> = {}, store?: Store): Promise<Beat> {
    const beat = this.beat(lineup, options, store);
    beat.start();
    await this.clock.advance(0);
    return beat;
  }

  schedules(lineup: Lineup = {}): Schedules {
    const { store, random } = this;
    return new Schedules({
      ...{ store, random, createMessage, entries: resolveAll(lineup), defaults: DEFAULTS },
      book: new CalendarBook(this.calendars),
    });
  }

  /** The history of an entry as lines: "12:00:00 sent", "12:01:00 skipped coalesced". */
  async history(name: string, limit = 10_000): Promise<string[]> {
    const rows = await this.schedules().history(name, { limit });
    return rows.map(({ due, fate, reason }) =>
      [due.toISOString().slice(11, 19), fate, ...(reason === undefined ? [] : [reason])].join(" "),
    );
  }

  async stop(): Promise<void> {
    const ended = Promise.all(this.beats.map((beat) => beat.stop()));
    // A store call that hangs is given up by a timer.
    for (let step = 0; step < 100; step++) await this.clock.advance(1_000);
    await ended;
  }
}
