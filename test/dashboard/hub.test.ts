/** The stream of events: order, what comes back after a cut, and who is too slow. */
import { describe, expect, test } from "vitest";
import { silentLogger } from "../../src/core/logger.js";
import { Hub } from "../../src/dashboard/hub.js";
import type { EventStream, WatchedEvent } from "../../src/events/index.js";
import { ManualClock } from "../../src/testing/manual-clock.js";

/** A watch that gives what the test tells. */
class Told implements AsyncIterator<WatchedEvent> {
  readonly #waiting: WatchedEvent[] = [];
  #wake: (() => void) | null = null;
  isOver = false;

  tell(type: string, fields: object = {}): void {
    this.#waiting.push({ type, hostname: "w", timestamp: 1, ...fields } as unknown as WatchedEvent);
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<WatchedEvent, undefined>> {
    while (this.#waiting.length === 0) {
      if (this.isOver) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return { done: false, value: this.#waiting.shift()! };
  }

  end(): void {
    this.isOver = true;
    this.#wake?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

class World {
  readonly clock = new ManualClock(0);
  readonly watches: Told[] = [];
  overviews = 0;
  readonly hub: Hub;

  constructor(maxClients = 10) {
    this.hub = new Hub({
      clock: this.clock,
      logger: silentLogger,
      boot: "boot",
      maxClients,
      overview: async () => ({ number: ++this.overviews }),
      events: {
        watch: () => {
          const told = new Told();
          this.watches.push(told);
          return told as unknown as EventStream;
        },
      },
    });
  }

  get watch(): Told {
    return this.watches.at(-1)!;
  }

  async pass(ms: number): Promise<void> {
    // What was told is read in turns of the event loop.
    await settled();
    await this.clock.advance(ms);
    await settled();
  }

  page(lastId: string | null = null, overview = false): Page {
    return new Page(this.hub, lastId, overview);
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Sent {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly events?: readonly { readonly type: string; readonly n?: number }[] } & Record<
    string,
    unknown
  >;
}

class Page {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #cut = new AbortController();
  /** What was asked for and has not come. */
  #next: ReturnType<ReadableStreamDefaultReader<Uint8Array>["read"]> | null = null;
  text = "";
  isOver = false;

  constructor(hub: Hub, lastId: string | null, overview: boolean) {
    const response = hub.open(lastId, overview, this.#cut.signal);
    this.#reader = response.body!.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  }

  /** Reads what is there. */
  async read(): Promise<readonly Sent[]> {
    for (;;) {
      this.#next ??= this.#reader.read();
      const nothing = settled()
        .then(settled)
        .then(() => null);
      const step = await Promise.race([this.#next, nothing]);
      if (step === null) break;
      this.#next = null;
      if (step.done) {
        this.isOver = true;
        break;
      }
      this.text += new TextDecoder().decode(step.value);
    }
    return this.sent;
  }

  get sent(): readonly Sent[] {
    return this.text
      .split("\n\n")
      .filter((block) => block.startsWith("id: "))
      .map((block) => {
        const [id = "", event = "", data = ""] = block
          .split("\n")
          .map((line) => line.slice(line.indexOf(": ") + 2));
        return { id, event, data: JSON.parse(data) as Sent["data"] };
      });
  }

  get numbers(): readonly (number | undefined)[] {
    return this.sent.flatMap(({ data }) => data.events ?? []).map(({ n }) => n);
  }

  cut(): void {
    this.#cut.abort();
  }
}

describe("a stream", () => {
  test("begins with ready, and an event after a silence is there after 25 ms, with those that came with it", async () => {
    const world = new World();
    const page = world.page();
    world.watch.tell("task-sent", { n: 1 });
    world.watch.tell("task-sent", { n: 2 });
    await world.pass(25);
    const sent = await page.read();
    expect(sent.map(({ event, id }) => [event, id])).toEqual([
      ["ready", "boot_1"],
      ["events", "boot_3"],
    ]);
    expect(page.numbers).toEqual([1, 2]);
  });

  test("events that go on come in four batches a second", async () => {
    const world = new World();
    const page = world.page();
    for (let n = 0; n < 200; n++) {
      world.watch.tell("task-sent", { n });
      await world.pass(10);
    }
    await world.pass(250);
    const batches = (await page.read()).filter(({ event }) => event === "events");
    expect(batches).toHaveLength(9);
    expect(page.numbers).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  test.each<[type: string, what: readonly string[]]>([
    ["queue-paused", ["queues"]],
    ["schedule-sent", ["schedules"]],
    ["schedule-changed", ["schedules"]],
    ["alert-raised", ["alerts"]],
    ["operator-action", ["audit", "calendars"]],
    ["worker-online", ["nodes"]],
    ["beat-leading", ["nodes"]],
    ["lock-waiting", ["locks"]],
    ["graph-failed", ["graphs"]],
  ])("says what %s makes old", async (type, what) => {
    const world = new World();
    const page = world.page();
    world.watch.tell(type);
    await world.pass(250);
    const sent = await page.read();
    expect(sent.find(({ event }) => event === "stale")?.data).toEqual({ what });
  });

  test("of heartbeats makes nothing old", async () => {
    const world = new World();
    const page = world.page();
    world.watch.tell("worker-heartbeat");
    await world.pass(250);
    expect((await page.read()).map(({ event }) => event)).toEqual(["ready", "events"]);
  });

  test("computes the overview once a second for all who want it, and not for nobody", async () => {
    const world = new World();
    const [one, other] = [world.page(null, true), world.page(null, true)];
    const none = world.page();
    await world.pass(0);
    const first = world.overviews;
    await world.pass(3_000);
    expect(world.overviews - first).toBe(3);
    for (const page of [one, other])
      expect((await page.read()).filter(({ event }) => event === "overview")).toHaveLength(4);
    expect((await none.read()).filter(({ event }) => event === "overview")).toHaveLength(0);
    one.cut();
    other.cut();
    const before = world.overviews;
    await world.pass(3_000);
    expect(world.overviews).toBe(before);
  });

  test("is kept open by a comment every fifteen seconds", async () => {
    const world = new World();
    const page = world.page();
    await world.pass(30_000);
    await page.read();
    expect(page.text.match(/^:$/gm)).toHaveLength(2);
  });
});

describe("a page that comes back", () => {
  const seen = async (world: World, page: Page): Promise<string> => (await page.read()).at(-1)!.id;

  test("gets what it missed, each once, in order", async () => {
    const world = new World();
    const stays = world.page();
    const leaves = world.page();
    world.watch.tell("task-sent", { n: 1 });
    await world.pass(250);
    const id = await seen(world, leaves);
    leaves.cut();
    for (const n of [2, 3]) {
      world.watch.tell("task-sent", { n });
      await world.pass(250);
    }
    world.watch.tell("task-sent", { n: 4 });
    await settled();
    const back = world.page(id);
    await world.pass(250);
    await back.read();
    await stays.read();
    expect(back.numbers).toEqual([2, 3, 4]);
    expect(stays.numbers).toEqual([1, 2, 3, 4]);
  });

  test.each<[reason: string, lastId: string]>([
    ["has the id of another process", "other_3"],
    ["has an id that is none", "boot_x"],
    ["has an id of the future", "boot_99"],
    ["has nothing but a word", "boot"],
  ])("and %s reads anew", async (_, lastId) => {
    const world = new World();
    world.page();
    expect((await world.page(lastId).read()).map(({ event }) => event)).toEqual(["reset"]);
  });

  test("after more than is kept reads anew", async () => {
    const world = new World();
    world.page();
    const page = world.page();
    await world.pass(250);
    const id = await seen(world, page);
    page.cut();
    for (let n = 0; n < 10_001; n++) world.watch.tell("task-sent", { n });
    for (let turn = 0; turn < 3; turn++) await world.pass(250);
    expect((await world.page(id).read()).map(({ event }) => event)).toEqual(["reset"]);
  });

  test("when nobody listened meanwhile reads anew, since nothing was heard", async () => {
    const world = new World();
    const page = world.page();
    world.watch.tell("task-sent", { n: 1 });
    await world.pass(250);
    const id = await seen(world, page);
    page.cut();
    await world.pass(10_000);
    expect(world.watch.isOver).toBe(true);
    expect((await world.page(id).read()).map(({ event }) => event)).toEqual(["reset"]);
    expect(world.watches).toHaveLength(2);
  });

  test("soon enough finds the same watch", async () => {
    const world = new World();
    const page = world.page();
    await world.pass(250);
    page.cut();
    await world.pass(4_000);
    world.page();
    await world.pass(4_000);
    expect(world.watches).toHaveLength(1);
    expect(world.watch.isOver).toBe(false);
  });
});

describe("bounds", () => {
  test("who is behind by a megabyte is cut, and others are not", async () => {
    const world = new World();
    const [slow, quick] = [world.page(), world.page()];
    for (let turn = 0; turn < 30; turn++) {
      for (let n = 0; n < 50; n++) world.watch.tell("task-sent", { n, text: "x".repeat(1_000) });
      await world.pass(250);
      await quick.read();
    }
    expect(world.hub.clients).toBe(1);
    await slow.read();
    expect(slow.isOver).toBe(true);
    expect(quick.isOver).toBe(false);
    expect(quick.numbers).toHaveLength(1_500);
  });

  test("a batch has at most 500 events, the newest, and says how many it leaves out", async () => {
    const world = new World();
    const page = world.page();
    for (let n = 0; n < 700; n++) world.watch.tell("task-sent", { n });
    await world.pass(250);
    const batch = (await page.read()).find(({ event }) => event === "events")!;
    expect(batch.data).toMatchObject({ leftOut: 200 });
    expect([page.numbers.length, page.numbers[0], page.numbers.at(-1)]).toEqual([500, 200, 699]);
  });

  test("one page more than are allowed is told to come later", () => {
    const world = new World(2);
    world.page();
    world.page();
    expect(() => world.page()).toThrow(expect.objectContaining({ status: 429 }));
  });

  test("the end ends all streams and the watch", async () => {
    const world = new World();
    const page = world.page();
    await page.read();
    world.hub.close();
    await page.read();
    expect([page.isOver, world.watch.isOver]).toEqual([true, true]);
    expect(() => world.page()).toThrow(expect.objectContaining({ status: 503 }));
  });
});
