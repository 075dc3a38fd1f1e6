/** Other time zone data, rule by rule and on every store: processes whose zones have the offsets of a release lead by turns. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StartBudget } from "../../src/beat/budget.js";
import { Lead } from "../../src/beat/leader.js";
import type { BasisKeeper } from "../../src/beat/basis-walk.js";
import type { EntryDetails } from "../../src/beat/entry-options.js";
import type { Rounds } from "../../src/beat/round.js";
import type { Store } from "../../src/store/contracts/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { EVERY_STORE, type OpenStore } from "../support/every-store.js";
import { PRESENT, type Release } from "../support/local-reference.js";
import { createMessage, Lines, Told } from "./harness.js";
import { modulesWith, type ZonedModules } from "./other-zones.js";

const ALMATY = "Asia/Almaty";
const LEASE_MS = 100 * 3_600_000;
/** Almaty is five hours ahead of UTC; a release has it elsewhere from the evening of the 13th on. */
const almaty =
  (hours: number): Release =>
  (timezone, at) =>
    timezone === ALMATY && at >= Date.UTC(2027, 6, 13, 19) ? hours * 60 : null;

const RELEASES = { "2025c": PRESENT, "2027a": almaty(4), "2027b": almaty(6) } as const;
type Tz = keyof typeof RELEASES;
const modules = {} as Record<Tz, ZonedModules>;
beforeAll(async () => {
  for (const tz of Object.keys(RELEASES) as Tz[]) modules[tz] = await modulesWith(RELEASES[tz]);
});

const iso = (at: number | null): string => (at === null ? "never" : new Date(at).toISOString().slice(5, 16));
const daily = (tz: Tz, timezone: string): EntryDetails => ({
  schedule: modules[tz].schedules.crontab("0 9 * * *", { timezone }),
  misfire: "all",
});

/** A beat without its loop: what it does in a term, step by step. */
interface Term {
  readonly keeper: BasisKeeper;
  readonly rounds: Rounds;
  readonly lead: Lead;
  readonly events: Told;
  readonly log: Lines;
  register(entries: Readonly<Record<string, EntryDetails>>): Promise<void>;
  /** A round without the walk; then the walk, unless it is left to others. */
  round(): Promise<void>;
  walk(): Promise<void>;
  end(): Promise<void>;
}

async function termOf(store: Store, clock: ManualClock, tz: Tz): Promise<Term> {
  const { harness, cache: caches, basisWalk, round, registration } = modules[tz];
  const [events, logger] = [new Told(), new Lines()];
  const inTime = <T>(_: string, work: Promise<T>): Promise<T> => work;
  const cache = new caches.EntryCache([]);
  const keeper = new basisWalk.BasisKeeper({ store, logger, events, cache, inTime, tz });
  const rounds = new round.Rounds({
    ...{ store, clock, logger, events, createMessage, cache, inTime, asked: inTime, basis: keeper },
    ...{ budget: new StartBudget(null, 0), batch: 100, longestMs: LEASE_MS, onReading: () => "go" as const },
  });
  const candidate = { id: tz, nonce: crypto.randomUUID(), host: tz, version: "1" };
  const election = await store.leases.elect(candidate, LEASE_MS);
  if (election.outcome !== "leading") throw new Error(`${election.leader.host} leads`);
  const lead = new Lead(election.term, clock, clock.monotonicMs() + LEASE_MS);
  keeper.begin();
  return {
    ...{ keeper, rounds, lead, events, log: logger },
    async register(lineup) {
      const tasks = Object.entries(lineup).map(([name, entry]) => [name, { ...entry, task: "t" }] as const);
      const entries = harness.resolveAll(Object.fromEntries(tasks));
      await registration.register({
        ...{ store, entries, cache: new caches.EntryCache(entries), owner: "code:test", version: 1 },
        ...{ logger, events, inTime, basis: (entry) => keeper.of(entry) },
      });
    },
    async round() {
      await keeper.announce(lead);
      expect(await rounds.run(lead, (now) => now)).toMatchObject({ outcome: "done" });
    },
    async walk() {
      await keeper.announce(lead);
      while (await keeper.step(lead, clock.now()));
    },
    end: () => store.leases.resign(candidate).then(() => undefined),
  };
}

interface Row {
  readonly rule: string;
  readonly timezone?: string;
  readonly endAt?: string;
  readonly tz: Tz;
  /** When the process with the data of `tz` leads; the entry was sent on the 13th at 04:00. */
  readonly now: string;
  /** What the walk, and a round without it, leave due. */
  readonly due: string;
  readonly event?: string;
  readonly ledger?: readonly string[];
  /** Of the cursor. */
  readonly basis?: string;
}

const ROWS: readonly Row[] = [
  {
    ...{ rule: "the same due: nothing is written", timezone: "Asia/Tashkent", tz: "2027b" },
    ...{ now: "07-13T12:00", due: "07-14T04:00", basis: "t2025c" },
  },
  {
    ...{ rule: "earlier, and in the future: moved", tz: "2027b", now: "07-13T12:00", due: "07-14T03:00" },
    event: "07-14T04:00 > 07-14T03:00 tz 2025c -> 2027b",
  },
  {
    ...{ rule: "later, and in the future: moved", tz: "2027a", now: "07-13T12:00", due: "07-14T05:00" },
    event: "07-14T04:00 > 07-14T05:00 tz 2025c -> 2027a",
  },
  {
    ...{ rule: "in the past: not fired, the first after now", tz: "2027b", now: "07-14T03:30" },
    ...{ due: "07-15T03:00", event: "07-14T04:00 > 07-15T03:00 tz 2025c -> 2027b passed" },
    ledger: ["07-14T03:00 changed"],
  },
  {
    ...{ rule: "two days in the past: both are left out", tz: "2027b", now: "07-15T03:30" },
    ...{ due: "07-16T03:00", event: "07-14T04:00 > 07-16T03:00 tz 2025c -> 2027b passed" },
    ledger: ["07-14T03:00 to 07-15T03:00, 2 changed"],
  },
  {
    ...{ rule: "due by the old data alone: not fired", tz: "2027a", now: "07-14T04:10", due: "07-14T05:00" },
    event: "07-14T04:00 > 07-14T05:00 tz 2025c -> 2027a",
  },
  {
    ...{ rule: "behind its end: ended", tz: "2027a", endAt: "2027-07-14T04:30:00Z", now: "07-13T12:00" },
    ...{ due: "never", event: "07-14T04:00 > never tz 2025c -> 2027a" },
  },
];

describe.each(EVERY_STORE)("on %s", (_, open) => {
  let clock: ManualClock;
  let opened: OpenStore;
  let store: Store;
  beforeEach(async () => {
    clock = new ManualClock("2027-07-13T03:59:00Z");
    opened = await open(clock);
    store = opened.store;
  });
  afterEach(() => opened.dispose());

  const at = (text: string): Promise<void> => clock.advance(Date.parse(`2027-${text}:00Z`) - clock.now());
  const stored = async (name: string) => (await store.entries.get([name]))[0]!;
  const dueOf = async (name: string): Promise<string> => iso((await stored(name)).cursor?.due ?? null);
  const told = ({ events }: Term): string[] =>
    events
      .of("schedule-moved")
      .map(
        ({ from, to, because, passed }) => `${iso(from)} > ${iso(to)} ${because}${passed ? " passed" : ""}`,
      );
  const records = async (name: string): Promise<string[]> =>
    (await store.ledger.rows(name, { limit: 100, keep: "oldest" })).map((record) => {
      if (record.kind === "row") return `${iso(record.due)} ${record.reason ?? record.fate}`;
      if (record.count === 1) return `${iso(record.from)} ${record.reason}`;
      return `${iso(record.from)} to ${iso(record.to)}, ${record.count} ${record.reason}`;
    });

  /** Sent on the 13th at 04:00 by a process with the old data, so that the 14th at 04:00 is next. */
  async function begun(lineup: (tz: Tz) => Readonly<Record<string, EntryDetails>>): Promise<void> {
    const term = await termOf(store, clock, "2025c");
    await term.register(lineup("2025c"));
    await at("07-13T04:00");
    await term.round();
    await term.walk();
    await term.end();
  }

  describe.each(ROWS)("$rule", ({ timezone = ALMATY, endAt, tz, now, due, event, ledger = [], basis }) => {
    const lineup = (of: Tz) => ({ report: { ...daily(of, timezone), endAt } });
    const check = async (term: Term): Promise<void> => {
      expect(await dueOf("report")).toBe(due);
      expect(told(term)).toEqual(event === undefined ? [] : [event]);
      expect(await records("report")).toEqual(["07-13T04:00 sent", ...ledger]);
      expect((await stored("report")).basis).toBe(basis ?? (due === "never" ? undefined : `t${tz}`));
    };

    test("by the walk", async () => {
      await begun(lineup);
      const before = await stored("report");
      await at(now);
      const term = await termOf(store, clock, tz);
      await term.walk();
      await check(term);
      const after = await stored("report");
      expect(after.etag === before.etag).toBe(event === undefined);
      expect(await store.entries.basisWalk()).toEqual({ basis: `t${tz}`, walk: null });
      await term.round();
      await check(term);
    });
  });

  test("a due entry that the walk has not reached is compared before it is sent", async () => {
    await begun((tz) => ({
      report: daily(tz, ALMATY),
      // Due at the same second by either data.
      other: daily(tz, "Asia/Tashkent"),
    }));
    await at("07-14T04:00");
    const term = await termOf(store, clock, "2027a");
    await term.round();
    expect(told(term)).toEqual(["07-14T04:00 > 07-14T05:00 tz 2025c -> 2027a"]);
    expect(await records("report")).toEqual(["07-13T04:00 sent"]);
    expect(await records("other")).toEqual(["07-13T04:00 sent", "07-14T04:00 sent"]);
    expect(await stored("other")).toMatchObject({ basis: "t2027a" });
    await at("07-14T05:00");
    await term.round();
    await term.walk();
    expect(await records("report")).toEqual(["07-13T04:00 sent", "07-14T05:00 sent"]);
    expect(told(term)).toHaveLength(1);
  });

  test("a leader with older data does not walk, warns once, and the newer one mends its cursors", async () => {
    await begun((tz) => ({ report: daily(tz, ALMATY) }));
    const newer = await termOf(store, clock, "2027b");
    await newer.walk();
    await newer.end();
    const older = await termOf(store, clock, "2025c");
    const before = await stored("report");
    for (let n = 0; n < 3; n++) await older.walk();
    expect(await stored("report")).toEqual(before);
    expect(older.log.matching(/older than those with which entries were computed \(2027b\)/)).toHaveLength(1);
    await at("07-14T03:00");
    await older.round();
    await older.end();
    expect(await records("report")).toEqual(["07-13T04:00 sent", "07-14T03:00 sent"]);
    expect(await stored("report")).toMatchObject({ basis: "t2025c" });
    expect(told(older)).toEqual([]);
    const again = await termOf(store, clock, "2027b");
    await again.walk();
    expect(told(again)).toEqual(["07-14T04:00 > 07-15T03:00 tz 2025c -> 2027b"]);
    expect(await records("report")).toEqual(["07-13T04:00 sent", "07-14T03:00 sent"]);
  });

  test("a walk that is interrupted is gone on with where it stopped, and each entry moves once", async () => {
    const names = Array.from({ length: 2_100 }, (_, i) => `e${i}`);
    await at("07-13T04:01");
    const term = await termOf(store, clock, "2025c");
    await term.register(Object.fromEntries(names.map((name) => [name, daily("2025c", ALMATY)])));
    await term.walk();
    await term.end();
    await at("07-13T12:00");
    const first = await termOf(store, clock, "2027b");
    await first.keeper.announce(first.lead);
    expect(await first.keeper.step(first.lead, clock.now())).toBe(true);
    await first.end();
    expect(told(first)).toHaveLength(1_000);
    const { walk } = await store.entries.basisWalk();
    expect(JSON.parse(walk!)).toMatchObject({
      basis: "t2027b",
      after: { name: expect.any(String) as string },
    });
    const asked: unknown[] = [];
    const entries = new Proxy(store.entries, {
      get(target, key) {
        const verb: unknown = Reflect.get(target, key);
        if (typeof verb !== "function") return verb;
        return (...args: unknown[]) => {
          if (key === "upcoming") asked.push((args[0] as { readonly after: unknown }).after);
          return Reflect.apply(verb, target, args) as unknown;
        };
      },
    });
    const second = await termOf({ ...store, entries }, clock, "2027b");
    await second.walk();
    expect(asked[0]).toEqual((JSON.parse(walk!) as { readonly after: unknown }).after);
    const moved = [first, second].flatMap(({ events }) => events.of("schedule-moved"));
    expect(moved.map(({ entry }) => entry).sort()).toEqual([...names].sort());
    const left = await store.entries.upcoming({ after: null, limit: 3_000 });
    expect(new Set(left.map(({ cursor }) => iso(cursor!.due)))).toEqual(new Set(["07-14T03:00"]));
    expect(await store.entries.basisWalk()).toEqual({ basis: "t2027b", walk: null });
  });

  test("an entry that is edited between the reading and the move keeps both", async () => {
    await begun((tz) => ({ report: daily(tz, ALMATY) }));
    const read = await stored("report");
    const entries = new Proxy(store.entries, {
      get(target, key) {
        if (key !== "upcoming") return Reflect.get(target, key) as unknown;
        return async (range: Parameters<Store["entries"]["upcoming"]>[0]) => {
          const page = await target.upcoming(range);
          const [now] = await target.get(["report"]);
          await target.put([{ ...now!, version: 7, expect: now!.etag, ledger: [] }]);
          return page;
        };
      },
    });
    const term = await termOf({ ...store, entries }, clock, "2027b");
    await term.walk();
    expect(await stored("report")).toMatchObject({ version: 7, basis: "t2027b" });
    expect(await dueOf("report")).toBe("07-14T03:00");
    expect((await stored("report")).etag).not.toBe(read.etag);
    expect(told(term)).toHaveLength(1);
  });

  test("a leader whose term is over moves no mark of the walk", async () => {
    await begun((tz) => ({ report: daily(tz, ALMATY) }));
    const gone = await termOf(store, clock, "2027b");
    await gone.end();
    const before = await store.entries.basisWalk();
    await gone.walk();
    expect(gone.lead.trusted()).toBe(false);
    expect(await store.entries.basisWalk()).toEqual(before);
  });
});
