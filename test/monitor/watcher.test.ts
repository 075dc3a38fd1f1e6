/** The watch on a whole store: who acts, what is told and how often, and what happens to webhooks. */
import { afterEach, describe, expect, test } from "vitest";
import { StoreError } from "../../src/core/errors.js";
import { silentLogger } from "../../src/core/logger.js";
import { seededRandom } from "../../src/core/random.js";
import { Events } from "../../src/events/index.js";
import type { AlertsOptions } from "../../src/monitor/options.js";
import type { Asked } from "../../src/monitor/outbox.js";
import { checkNow } from "../../src/monitor/check.js";
import { bounded } from "../../src/core/patience.js";
import type { OwnBeat } from "../../src/monitor/troubles.js";
import { Watcher } from "../../src/monitor/watcher.js";
import type { Store } from "../../src/store/contracts/store.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { entry, putAll } from "../conformance/suite/entry-samples.js";
import { message } from "../conformance/suite/samples.js";
import { nodeRecord } from "../conformance/suite/presence.js";
import { config } from "./samples.js";

const MINUTE = 60_000;
const beatCandidate = { id: "beat", nonce: "n", host: "beat@host", version: "1" };

class World {
  readonly clock = new ManualClock();
  readonly store = openMemoryStore({ clock: this.clock, random: seededRandom(1), logger: silentLogger });
  readonly told: string[] = [];
  readonly asked: Asked[] = [];
  answer: (asked: Asked) => number = () => 200;
  beatIsThere = true;
  beforeCall: (verb: string) => void = () => undefined;
  readonly #watchers: Watcher[] = [];

  /** A node that watches; `dies` says whether its store is away. */
  watcher(name: string, options: AlertsOptions = {}, beat: () => OwnBeat | null = () => null) {
    const { clock, told } = this;
    const random = seededRandom(name.length + name.charCodeAt(0));
    const events = new Events({ clock, logger: silentLogger });
    const node = { isDead: false };
    events.on("*", ({ type, ...rest }) => {
      if (type === "alert-raised" || type === "alert-cleared") {
        told.push(`${name}: ${type} ${(rest as unknown as { kind: string }).kind}`);
      }
    });
    const watcher = new Watcher({
      ...{ store: this.#mortal(node), clock, random, logger: silentLogger, events, config: config(options) },
      ...{ entries: [], node: () => name, version: "1", beat, signal: () => undefined },
      ask: async (asked) => {
        this.asked.push(asked);
        return this.answer(asked);
      },
    });
    this.#watchers.push(watcher);
    watcher.start();
    return { watcher, node, events };
  }

  #mortal(node: { isDead: boolean }): Store {
    const { store } = this;
    const guard = <T extends object>(part: T): T =>
      new Proxy(part, {
        get: (target, verb) => {
          const value: unknown = target[verb as keyof T];
          if (typeof value !== "function")
            return typeof value === "object" && value !== null ? guard(value) : value;
          return (...args: unknown[]) => {
            if (node.isDead) {
              return Promise.reject(new StoreError("SUNBEAT_STORE_UNAVAILABLE", "away", { retryable: true }));
            }
            this.beforeCall(String(verb));
            return (value as (...args: unknown[]) => unknown).apply(target, args);
          };
        },
      });
    return guard(store);
  }

  /** Goes on in steps of 5 s, in which the beat renews its lead and nodes appear. */
  async pass(ms: number, nodes: readonly string[] = ["w1@host"]): Promise<void> {
    for (const end = this.clock.now() + ms; this.clock.now() < end;) {
      if (this.beatIsThere) await this.store.leases.elect(beatCandidate, 15_000);
      for (const name of nodes) await this.store.presence.appear(nodeRecord(name, `boot-${name}`), 30_000);
      await this.clock.advance(5_000);
    }
  }

  async close(): Promise<void> {
    const stopped = Promise.all(this.#watchers.map((watcher) => watcher.stop()));
    await this.clock.advance(5_000);
    await stopped;
    await this.store.close();
  }
}

let world = new World();
afterEach(async () => {
  await world.close();
  world = new World();
});

const soon = async (): Promise<void> => {
  await putAll(world.store, entry("report", world.clock.now() + 365 * 24 * 60 * MINUTE));
};

describe("a beat that is gone", () => {
  test("is told of within 60 s of its death, once, and when it is back", async () => {
    await soon();
    world.watcher("w1@host");
    await world.pass(2 * MINUTE);
    expect(world.told).toEqual([]);
    world.beatIsThere = false;
    await world.pass(MINUTE);
    expect(world.told).toEqual(["w1@host: alert-raised beat-missing"]);
    await world.pass(30 * MINUTE);
    expect(world.told).toHaveLength(1);
    world.beatIsThere = true;
    await world.pass(MINUTE);
    expect(world.told).toEqual(["w1@host: alert-raised beat-missing", "w1@host: alert-cleared beat-missing"]);
  });

  test("is told of once, though the watcher dies before and after it has told", async () => {
    await soon();
    const first = world.watcher("w1@host");
    await world.pass(MINUTE, ["w1@host", "w2@host"]);
    world.watcher("w2@host");
    await world.pass(MINUTE, ["w1@host", "w2@host"]);
    expect(first.watcher.watches).toBe(true);
    world.beatIsThere = false;
    await world.pass(20_000, ["w1@host", "w2@host"]);
    first.node.isDead = true;
    await world.pass(2 * MINUTE, ["w2@host"]);
    const missing = world.told.filter((line) => line.includes("beat-missing"));
    expect(missing).toEqual(["w2@host: alert-raised beat-missing"]);
    first.node.isDead = false;
    await world.pass(10 * MINUTE, ["w1@host", "w2@host"]);
    expect(world.told.filter((line) => line.includes("raised beat-missing"))).toHaveLength(1);
  });

  test("is no alert while the store was away for all", async () => {
    await soon();
    const { node } = world.watcher("w1@host");
    await world.pass(MINUTE);
    node.isDead = true;
    world.beatIsThere = false;
    await world.pass(10 * MINUTE, []);
    node.isDead = false;
    world.beatIsThere = true;
    await world.pass(5 * MINUTE);
    expect(world.told).toEqual([]);
  });

  test("is no alert when the machine was suspended between two calls of one look", async () => {
    await soon();
    world.watcher("w1@host");
    await world.pass(MINUTE);
    world.beforeCall = (verb) => {
      if (verb !== "due") return;
      world.beforeCall = () => undefined;
      world.clock.jump(3_600_000);
    };
    await world.pass(5 * MINUTE);
    expect(world.told).toEqual([]);
  });

  test("is no alert after the store's clock has jumped", async () => {
    await soon();
    world.watcher("w1@host");
    await world.pass(MINUTE);
    world.clock.jump(3_600_000);
    await world.pass(5 * MINUTE);
    expect(world.told).toEqual([]);
  });
});

describe("who watches", () => {
  test("the leading beat alone, and another as soon as there is one", async () => {
    const { watcher: beat } = world.watcher("beat@host", {}, () => ({
      leads: true,
      quarantine: [],
      limitedSince: null,
    }));
    await world.pass(MINUTE, ["beat@host"]);
    expect(beat.watches).toBe(true);
    const { watcher: worker } = world.watcher("w1@host");
    await world.pass(MINUTE, ["beat@host", "w1@host"]);
    expect([beat.watches, worker.watches]).toEqual([false, true]);
  });

  test.each([
    // state, seconds silent, why
    ["running", 40, "a node that is lost watches nothing"],
    ["stopping", 0, "one that is on its way out is about to leave the watch"],
  ] as const)("the leading beat beside one that is %s, silent for %i s: %s", async (state, silentS, _) => {
    const { presence } = world.store;
    const { watcher: beat } = world.watcher("beat@host", {}, () => ({
      leads: true,
      quarantine: [],
      limitedSince: null,
    }));
    await presence.appear(nodeRecord("w1@host", "boot1", { state }), 30_000);
    await world.pass(silentS * 1_000 + 20_000, ["beat@host"]);
    expect(beat.watches).toBe(true);
  });

  test("the leading beat tells of what only it can see", async () => {
    const quarantine = [{ entry: "report", reason: "no such code" }];
    let own: OwnBeat = { leads: true, quarantine, limitedSince: null };
    const { events } = world.watcher("beat@host", {}, () => own);
    world.watcher("w1@host");
    await world.pass(MINUTE, ["beat@host", "w1@host"]);
    expect(world.told).toEqual(["beat@host: alert-raised entry-quarantined"]);
    own = { leads: true, quarantine: [], limitedSince: null };
    events.emit("clock-jump", { byMs: 60_000 });
    await world.pass(MINUTE, ["beat@host", "w1@host"]);
    expect(world.told.slice(1).sort()).toEqual([
      "beat@host: alert-cleared entry-quarantined",
      "beat@host: alert-raised clock-jump",
    ]);
    await world.pass(61 * MINUTE, ["beat@host", "w1@host"]);
    expect(world.told.at(-1)).toMatch(/alert-cleared clock-jump$/);
  });

  test("a beat that is limited for a minute is told of by itself, once, and when it is no more", async () => {
    let own: OwnBeat = { leads: true, quarantine: [], limitedSince: null };
    world.watcher("beat@host", {}, () => own);
    world.watcher("w1@host");
    await world.pass(MINUTE, ["beat@host", "w1@host"]);
    own = { ...own, limitedSince: world.clock.now() };
    await world.pass(50_000, ["beat@host", "w1@host"]);
    expect(world.told).toEqual([]);
    await world.pass(60 * MINUTE, ["beat@host", "w1@host"]);
    expect(world.told).toEqual(["beat@host: alert-raised beat-limited"]);
    own = { ...own, limitedSince: null };
    await world.pass(MINUTE, ["beat@host", "w1@host"]);
    expect(world.told.slice(1)).toEqual(["beat@host: alert-cleared beat-limited"]);
  });

  test("a calendar that ends is told of once, though the watcher changes, and when it covers more", async () => {
    const DAY = 24 * 60 * MINUTE;
    const covers = (days: number, expect: number | null) => {
      const to = new Date(world.clock.now() + days * DAY).toISOString().slice(0, 10);
      return world.store.calendars.put({
        ...{ name: "DE", owner: "runtime", version: 0, digest: to, expect },
        data: JSON.stringify({ name: "DE", covers: { from: "2020-01-01", to }, days: [] }),
      });
    };
    await covers(31, null);
    const first = world.watcher("w1@host");
    await world.pass(2 * MINUTE);
    expect(world.told).toEqual([]);
    await world.pass(DAY);
    expect(world.told).toEqual(["w1@host: alert-raised calendar-ends"]);
    first.node.isDead = true;
    world.watcher("w2@host");
    await world.pass(60 * MINUTE, ["w1@host", "w2@host"]);
    expect(world.told).toHaveLength(1);
    const [stored] = await world.store.calendars.get(["DE"]);
    await covers(400, stored!.etag);
    await world.pass(2 * MINUTE, ["w1@host", "w2@host"]);
    expect(world.told.slice(1)).toEqual(["w2@host: alert-cleared calendar-ends"]);
  });

  test("a worker that is lost is told of by another, and cleared when it is back", async () => {
    world.watcher("w1@host");
    await world.pass(MINUTE, ["w1@host", "w2@host"]);
    await world.pass(45_000, ["w1@host"]);
    expect(world.told).toEqual(["w1@host: alert-raised worker-lost"]);
    await world.pass(MINUTE, ["w1@host", "w2@host"]);
    expect(world.told.at(-1)).toBe("w1@host: alert-cleared worker-lost");
  });

  test("a queue from which nobody takes is told of after a minute", async () => {
    world.watcher("w1@host");
    await world.pass(MINUTE);
    await world.store.sender.enqueue([message("a", { queue: "other" })]);
    await world.pass(50_000);
    expect(world.told).toEqual([]);
    await world.pass(30_000);
    expect(world.told).toEqual(["w1@host: alert-raised queue-unattended"]);
  });
});

describe("webhooks", () => {
  const url = "https://hooks.example/x";
  const secret = `whsec_${"A".repeat(32)}`;
  const options = { webhooks: [{ url, secret }] };

  const raise = async (): Promise<void> => {
    await soon();
    world.beatIsThere = false;
    await world.pass(2 * MINUTE);
  };

  test("are called with what chat hooks show, and once", async () => {
    world.watcher("w1@host", options);
    await raise();
    await world.pass(10 * MINUTE);
    expect(world.asked).toHaveLength(1);
    const [{ method, body, keys, id }] = world.asked as [Asked];
    expect([method, keys.length]).toEqual(["POST", 1]);
    expect(id).toMatch(/^.{30,}\..{8}$/);
    expect(JSON.parse(body!)).toMatchObject({
      ...{ kind: "beat-missing", severity: "critical", subject: "", state: "raised" },
      text: "CRITICAL beat-missing: no beat leads: nothing is sent by schedule; start sunbeat beat",
    });
  });

  test("are called five times under one id, each later than the one before, and given up", async () => {
    world.answer = () => 500;
    world.watcher("w1@host", options);
    await raise();
    await world.pass(60 * MINUTE);
    expect(world.asked).toHaveLength(5);
    expect(new Set(world.asked.map(({ id }) => id)).size).toBe(1);
  });

  test("that take it at last are not called again", async () => {
    world.answer = () => (world.asked.length < 3 ? 503 : 204);
    world.watcher("w1@host", options);
    await raise();
    await world.pass(60 * MINUTE);
    expect(world.asked).toHaveLength(3);
  });

  test("that options name no more are not called", async () => {
    world.answer = () => 500;
    const first = world.watcher("w1@host", options);
    await raise();
    const before = world.asked.length;
    first.node.isDead = true;
    world.watcher("w2@host");
    await world.pass(60 * MINUTE);
    expect(world.asked).toHaveLength(before);
  });

  test("are left alone by an alert that is less severe than they want", async () => {
    world.watcher("w1@host", { webhooks: [{ url, severity: "critical" }] });
    await world.pass(MINUTE, ["w1@host", "w2@host"]);
    await world.pass(2 * MINUTE, ["w1@host"]);
    expect(world.told).toEqual(["w1@host: alert-raised worker-lost"]);
    expect(world.asked).toEqual([]);
  });

  test("the heartbeat URL is asked each minute, and not while something critical stands", async () => {
    world.watcher("w1@host", { heartbeatUrl: "https://hc.example/ping" });
    await soon();
    await world.pass(5 * MINUTE);
    expect(world.asked.length).toBeGreaterThanOrEqual(4);
    expect(world.asked.length).toBeLessThanOrEqual(6);
    expect(world.asked[0]).toMatchObject({ method: "GET", body: null });
    world.beatIsThere = false;
    await world.pass(2 * MINUTE);
    const before = world.asked.length;
    await world.pass(5 * MINUTE);
    expect(world.asked).toHaveLength(before);
  });

  test("the heartbeat URL is not asked in the very look that raises something critical", async () => {
    const { events } = world.watcher("w1@host", { heartbeatUrl: "https://hc.example/ping" });
    let askedBefore: number | null = null;
    events.on("alert-raised", () => (askedBefore = world.asked.length));
    await soon();
    // The beat dies at each second of the heartbeat's minute in turn: one of the looks that raise meets a heartbeat that is due.
    for (let second = 0; second < 60; second += 10) {
      await world.pass(5 * MINUTE + second * 1_000);
      [world.beatIsThere, askedBefore] = [false, null];
      await world.pass(3 * MINUTE);
      expect(world.asked, `after ${second} s`).toHaveLength(askedBefore ?? -1);
      world.beatIsThere = true;
      await world.pass(5 * MINUTE);
    }
  });
});

describe("check", () => {
  const check = (wishes = {}) =>
    checkNow(
      {
        ...{ store: world.store, entries: [], config: config() },
        inTime: (step, work) => bounded(world.clock, 1_000, step, work),
      },
      wishes,
    );

  test("sees a missing beat where nobody watches, and a missed tick", async () => {
    await putAll(world.store, entry("report", world.clock.now() + MINUTE));
    await world.clock.advance(5 * MINUTE);
    const { alerts, leader } = await check();
    expect(leader).toBeNull();
    expect(alerts.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      "beat-missing ",
      "schedule-missed report",
    ]);
  });

  test("is good again at once when the beat is back", async () => {
    await soon();
    expect((await check()).alerts).toHaveLength(1);
    await world.store.leases.elect(beatCandidate, 15_000);
    expect((await check()).alerts).toEqual([]);
  });

  test("counts workers, and judges what it is asked for alone", async () => {
    await putAll(world.store, entry("report", world.clock.now() + 1));
    await world.clock.advance(5 * MINUTE);
    await world.store.presence.appear(nodeRecord("w1@host", "b"), 30_000);
    expect((await check({ workers: 1 })).alerts).toEqual([]);
    expect((await check({ workers: 2 })).alerts.map(({ kind }) => kind)).toEqual(["workers-missing"]);
    expect((await check({ beat: true })).alerts.map(({ kind }) => kind)).toEqual(["beat-missing"]);
    expect((await check({ entries: ["another"] })).alerts).toEqual([]);
  });
});
