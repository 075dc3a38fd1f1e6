/**
 * A year of forty and some entries on the virtual clock, with deploys, renames, leaders that die and other time zone data. Each due
 * instant of an independent list is in the ledger once, and nothing else is.
 */
import { expect, test } from "vitest";
import { BEAT_DEFAULTS, type BeatOptions } from "../../src/beat/beat-options.js";
import type { Beat } from "../../src/beat/beat.js";
import type { LedgerRecord } from "../../src/store/contracts/ledger.js";
import { LocalReference, PRESENT, type Release } from "../support/local-reference.js";
import { type Faults, faulty } from "./faulty-store.js";
import type { Lineup, World } from "./harness.js";
import { modulesWith, type ZonedModules } from "./other-zones.js";
import { CALENDAR, type YearEntry, yearEntries } from "./year-entries.js";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2027, 0, 1);
const END = Date.UTC(2028, 0, 1);
const SPREAD = 30_000;
const LEASE = 12 * HOUR;
/** Nothing is due in the half-hour before. */
const NEW_DATA_AT = Date.UTC(2027, 6, 14, 3, 37);

/**
 * Paris stays on summer time, Sao Paulo has one again, which begins at midnight; Almaty goes an hour ahead and Kathmandu a quarter of an
 * hour back, days before anybody has the data.
 */
const changed: Release = (timezone, at) => {
  if (timezone === "Europe/Paris" && at >= Date.UTC(2027, 9, 31, 1)) return 120;
  if (timezone === "America/Sao_Paulo" && at >= Date.UTC(2027, 9, 17, 3)) return -120;
  if (timezone === "Asia/Almaty" && at >= Date.UTC(2027, 6, 10, 19)) return 360;
  if (timezone === "Asia/Kathmandu" && at >= Date.UTC(2027, 6, 12)) return 330;
  return null;
};

const OPTIONS: Partial<BeatOptions> = {
  ...BEAT_DEFAULTS,
  ...{ leaseMs: LEASE, maxLoopIntervalMs: DAY, maintenanceIntervalMs: 30 * DAY, spreadMs: SPREAD },
  retention: { maxAgeMs: 1_000 * DAY, maxRowsPerEntry: 1_000_000 },
};

/** The entries of a deploy: under their own names, but for those that have had another one. */
function lineupOf(
  entries: Readonly<Record<string, YearEntry>>,
  renames: ReadonlyMap<string, string>,
): Lineup {
  return Object.fromEntries(
    Object.entries(entries).map(([name, { options }]) => {
      const renamed = renames.get(name);
      const entry = { ...options, task: "t" };
      return renamed === undefined ? [name, entry] : [renamed, { ...entry, renamedFrom: name }];
    }),
  );
}

/** Processes of one deploy, two at a time: one leads, and the other stands by. */
class Fleet {
  readonly #crew: { readonly beat: Beat; readonly faults: Faults }[] = [];
  readonly #world: World;
  readonly #lineup: Lineup;
  readonly #version: number;

  constructor(world: World, lineup: Lineup, version: number) {
    this.#world = world;
    this.#lineup = lineup;
    this.#version = version;
    for (let n = 0; n < 2; n++) this.#another();
  }

  #another(): void {
    const { store, faults } = faulty(this.#world.store, this.#world.clock);
    const beat = this.#world.beat(this.#lineup, { ...OPTIONS, version: this.#version }, store);
    this.#crew.push({ beat, faults });
    beat.start();
  }

  get leader(): { readonly beat: Beat; readonly faults: Faults } {
    const leading = this.#crew.filter(({ beat }) => beat.stats().state === "leading");
    expect(leading).toHaveLength(1);
    return leading[0]!;
  }

  /** The one that leads dies with its next tick in hand, another is started, and the lease is waited for. */
  async failOver(died: "before" | "after"): Promise<void> {
    const { beat, faults } = this.leader;
    faults[died] = (call) => void (faults.dead ||= call === "tick");
    for (let hours = 0; !faults.dead && hours < 24; hours++) await this.#world.clock.advance(HOUR);
    expect(faults.dead).toBe(true);
    this.#another();
    await this.#world.clock.advance(LEASE);
    void beat.stop();
    await this.#world.clock.advance(10_000);
    expect(this.leader.beat).not.toBe(beat);
  }

  async stop(): Promise<void> {
    for (const { beat } of this.#crew) void beat.stop();
    await this.#world.clock.advance(0);
  }
}

/** What is wrong with the records of an entry, in words. */
function differences(
  records: readonly LedgerRecord[],
  expected: readonly number[],
  toleranceMs: number,
): string[] {
  const iso = (at: number): string => new Date(at).toISOString();
  const times = new Map(expected.map((due) => [due, 0]));
  const wrong: string[] = [];
  for (const record of records) {
    const [from, to, count] =
      record.kind === "row" ? [record.due, record.due, 1] : [record.from, record.to, record.count];
    const met = expected.filter((due) => due >= from - toleranceMs && due <= to + toleranceMs);
    if (met.length !== count) wrong.push(`${iso(from)} to ${iso(to)}: ${count} recorded, ${met.length} due`);
    for (const due of met) times.set(due, times.get(due)! + 1);
  }
  for (const [due, recorded] of times)
    if (recorded !== 1) wrong.push(`${iso(due)}: recorded ${recorded} times`);
  return wrong.slice(0, 10);
}

test("a year: each due tick is in the ledger once", { timeout: 300_000 }, async () => {
  const present = await modulesWith(PRESENT);
  const world = new present.harness.World(START);
  world.calendars = [CALENDAR];
  const { clock, store } = world;
  const until = (at: number): Promise<void> => clock.advance(at - clock.now());
  const renames = new Map<string, string>();
  const entriesOf = (modules: ZonedModules) => yearEntries(modules.schedules);

  const first = new Fleet(world, lineupOf(entriesOf(present), renames), 1);
  await until(Date.UTC(2027, 1, 20, 8, 55));
  await first.failOver("before");

  await until(Date.UTC(2027, 2, 15, 12, 10));
  renames.set("lights", "lamps");
  const second = new Fleet(world, lineupOf(entriesOf(present), renames), 2);
  await first.stop();
  await until(Date.UTC(2027, 3, 30, 20));
  await second.failOver("after");

  // The deploy that renames `nine` registers while its tick is on the way to the store.
  await until(Date.UTC(2027, 5, 1, 8, 59, 59));
  renames.set("nine", "morning");
  const third = lineupOf(entriesOf(present), renames);
  const { faults } = second.leader;
  let isRenamed = false;
  faults.before = async (call) => {
    if (call !== "tick" || isRenamed) return;
    isRenamed = true;
    const declared = present.harness.resolveAll(third, SPREAD);
    await present.registration.register({
      ...{
        store,
        entries: declared,
        owner: "code:test",
        version: 3,
        logger: world.log,
        events: world.events,
      },
      cache: new present.cache.EntryCache(declared, {
        ...{ spreadMs: SPREAD, book: new present.harness.CalendarBook([CALENDAR]) },
      }),
      inTime: (_, work) => work,
    });
  };
  await clock.advance(HOUR);
  expect(isRenamed).toBe(true);
  const thirds = new Fleet(world, third, 3);
  await second.stop();

  await until(NEW_DATA_AT);
  const released = await modulesWith(changed);
  const next = new released.harness.World(world);
  Object.assign(next, { tz: "2027b", calendars: world.calendars });
  const fourth = new Fleet(next, lineupOf(entriesOf(released), renames), 4);
  await thirds.stop();
  await clock.advance(1_000);
  const moved = world.events.of("schedule-moved").map(({ entry, passed }) => [entry, passed]);
  expect(moved).toEqual([
    ["almaty-morning", true],
    ["kathmandu-evening", true],
    ["almaty-thirty-first", false],
  ]);
  await until(Date.UTC(2027, 9, 30, 22));
  await fourth.failOver("before");
  await until(END - 1);

  const [old, now] = [PRESENT, changed].map((release) => new LocalReference(release, START, END));
  let sent = 0;
  const wrong: Record<string, readonly string[]> = {};
  for (const [name, { options, due, toleranceMs = 0 }] of Object.entries(entriesOf(present))) {
    const before = due(old!).filter((at) => at <= NEW_DATA_AT);
    const expected = [...before, ...due(now!).filter((at) => at > (before.at(-1) ?? 0))];
    expect(expected.length, name).toBeGreaterThan(0);
    const records: LedgerRecord[] = [];
    for (const each of [name, renames.get(name)]) {
      if (each !== undefined)
        records.push(...(await store.ledger.rows(each, { limit: 100_000, keep: "oldest" })));
    }
    const found = differences(records, expected, toleranceMs);
    if (found.length > 0) wrong[name] = found;
    const skipped = records.filter((record) => record.kind === "range" || record.fate === "skipped");
    sent += records.length - skipped.length;
    if (options.misfire === "all")
      expect(new Set(skipped.map(({ reason }) => reason)).has("coalesced"), name).toBe(false);
  }
  expect(wrong).toEqual({});
  const queues = await store.queues.counts();
  expect(queues.map(({ ready, scheduled }) => ready + scheduled)).toEqual([sent]);
  await world.stop();
});
