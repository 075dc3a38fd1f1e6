/** Webhooks and the heartbeat URL over real HTTP: from a condition of a store to the receiver. */
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { Events } from "../../src/events/index.js";
import type { AlertsOptions } from "../../src/monitor/options.js";
import { type Ask, askGuarded } from "../../src/monitor/outbox.js";
import { Watcher, WATCH_LEASE_MS } from "../../src/monitor/watcher.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import type { Store } from "../../src/store/contracts/store.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { nodeRecord } from "../conformance/suite/presence.js";
import { message } from "../conformance/suite/samples.js";
import { host, type Host } from "../http/servers.js";
import { config } from "./samples.js";

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString("base64")}`;

/** A queue from which nobody takes: critical, a minute after it was seen. */
class World {
  readonly clock = new ManualClock();
  readonly store: Store = openMemoryStore({ clock: this.clock, random: systemRandom, logger: silentLogger });
  readonly #options: AlertsOptions;
  /** Whether who is asked answers: a call that is answered must not run into its timeout, which is virtual, on a busy machine. */
  readonly #isAnswered: boolean;
  #begun = 0;
  #ended = 0;
  readonly #watchers: Watcher[] = [];

  constructor(options: AlertsOptions, isAnswered = true) {
    this.#options = options;
    this.#isAnswered = isAnswered;
  }

  readonly #ask: Ask = async (asked, clock) => {
    this.#begun++;
    try {
      return await askGuarded(asked, clock);
    } finally {
      this.#ended++;
    }
  };

  watcher(name: string): Watcher {
    const watcher = new Watcher({
      ...{ store: this.store, clock: this.clock, random: systemRandom, logger: silentLogger },
      ...{ events: new Events({ clock: this.clock, logger: silentLogger }), config: config(this.#options) },
      ...{ entries: [], node: () => name, version: "1", beat: () => null, signal: () => undefined },
      ask: this.#ask,
    });
    this.#watchers.push(watcher);
    return watcher;
  }

  /** Looks of these for so long; what they ask is answered before time goes on. */
  async pass(ms: number, watchers: readonly Watcher[], seen: () => number): Promise<void> {
    for (const end = this.clock.now() + ms; this.clock.now() < end;) {
      await this.store.presence.appear(nodeRecord("w1@host", "b1"), 30_000);
      for (const watcher of watchers) await watcher.turn();
      await this.#calls(seen);
      await this.clock.advance(10_000);
    }
  }

  /** Until each call that was begun has ended; has come to the receiver, where nobody answers. */
  async #calls(seen: () => number): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      await new Promise<void>((resolve) => systemClock.soon(resolve));
      const isUnderWay = this.#isAnswered ? this.#ended < this.#begun : seen() < this.#begun;
      if (isUnderWay) quiet = 0;
    }
  }

  async close(): Promise<void> {
    for (const watcher of this.#watchers) {
      const stopped = watcher.stop();
      await this.clock.advance(1_000);
      await stopped;
    }
    await this.store.close();
  }
}

const posts = ({ seen }: Host) => seen.filter(({ method }) => method === "POST");

test("an alert of a store arrives once, signed, though who watches dies when it has been told", async () => {
  const receiver = await host((_, response) => response.writeHead(204).end());
  const world = new World({ webhooks: [{ url: `${receiver.origin}/hook`, secret: SECRET }] });
  const count = () => receiver.seen.length;
  await world.store.sender.enqueue([message("a", { queue: "other" })]);
  const [first, second] = [world.watcher("w1@host"), world.watcher("w2@host")];
  await world.pass(120_000, [first, second], count);
  expect([first.watches, posts(receiver).length]).toEqual([true, 1]);
  // The first is heard of no more: its lease ends, and the other goes on where it stopped.
  await world.pass(2 * WATCH_LEASE_MS + 120_000, [second], count);
  expect([second.watches, posts(receiver).length]).toEqual([true, 1]);

  const { url, headers, body } = posts(receiver)[0]!;
  expect([url, headers["content-type"]]).toEqual(["/hook", "application/json"]);
  const told = JSON.parse(body) as {
    readonly kind: string;
    readonly subject: string;
    readonly state: string;
  };
  expect([told.kind, told.subject, told.state]).toEqual(["queue-unattended", "other", "raised"]);
  const id = String(headers["webhook-id"]);
  const at = String(headers["webhook-timestamp"]);
  const mac = createHmac("sha256", KEY).update(`${id}.${at}.${body}`).digest("base64");
  expect(headers["webhook-signature"]).toBe(`v1,${mac}`);
  await world.close();
});

test("a receiver that fails is asked again under the same id, by who watches then", async () => {
  let isBroken = true;
  const receiver = await host((_, response) => response.writeHead(isBroken ? 500 : 200).end());
  const world = new World({ webhooks: [`${receiver.origin}/hook`] });
  const count = () => receiver.seen.length;
  await world.store.sender.enqueue([message("a", { queue: "other" })]);
  const [first, second] = [world.watcher("w1@host"), world.watcher("w2@host")];
  await world.pass(70_000, [first], count);
  expect(posts(receiver)).toHaveLength(1);
  isBroken = false;
  await world.pass(500_000, [second], count);
  const ids = posts(receiver).map(({ headers }) => headers["webhook-id"]);
  expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
  await world.close();
});

test("a redirect is no answer, and is not followed", async () => {
  const other = await host((_, response) => response.writeHead(200).end());
  const receiver = await host((_, response) => response.writeHead(307, { location: other.origin }).end());
  const world = new World({ webhooks: [`${receiver.origin}/hook`] });
  await world.store.sender.enqueue([message("a", { queue: "other" })]);
  await world.pass(560_000, [world.watcher("w1@host")], () => receiver.seen.length);
  expect([posts(receiver).length, other.seen.length]).toEqual([5, 0]);
  await world.close();
});

test("a receiver that never answers holds up no look, and is given up in time", async () => {
  const receiver = await host(() => undefined);
  const world = new World({ webhooks: [`${receiver.origin}/hook`] }, false);
  await world.store.sender.enqueue([message("a", { queue: "other" })]);
  await world.pass(560_000, [world.watcher("w1@host")], () => receiver.seen.length);
  expect(posts(receiver)).toHaveLength(5);
  await world.close();
});

test("the heartbeat URL is asked each minute, and not while something critical stands", async () => {
  const receiver = await host((_, response) => response.writeHead(200).end());
  const world = new World({ heartbeatUrl: `${receiver.origin}/ping` });
  const count = () => receiver.seen.length;
  const watcher = world.watcher("w1@host");
  await world.pass(300_000, [watcher], count);
  expect(receiver.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(Array(5).fill("GET /ping"));
  await world.store.sender.enqueue([message("a", { queue: "other" })]);
  await world.pass(120_000, [watcher], count);
  const before = count();
  await world.pass(300_000, [watcher], count);
  expect(count()).toBe(before);
  await world.close();
});
