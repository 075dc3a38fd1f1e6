import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { chain, chord, group, type Results, stream, Sunbeat, type SunbeatOptions } from "../../src/index.js";
import type { Settlement } from "../../src/store/contracts/consumer.js";
import type { Store } from "../../src/store/contracts/store.js";
import { ENCRYPTION, REQUIRED, secretOf, SIGNING } from "./keys.js";
import { type Between, changing, STORES, World } from "./world.js";

const INVALID: unknown = expect.objectContaining({ code: "SUNBEAT_SIGNATURE_INVALID" });
const TIMEOUT = { timeout: 20 };
const KEYS: readonly (readonly [string, SunbeatOptions])[] = [
  ["signed", { signing: REQUIRED }],
  ["sealed", { encryption: ENCRYPTION }],
  ["signed and sealed", { signing: REQUIRED, encryption: ENCRYPTION }],
];

/** Tasks that need whatever travels. */
function declare(app: Sunbeat) {
  const loop = app.task("loop", { bind: true }, (self, n: number): number =>
    n === 0 ? 7 : self.replace(app.signature<number>("loop", [n - 1]) as never),
  );
  return {
    loop,
    add: app.task("add", (x: number, y: number) => x + y),
    sum: app.task("sum", (all: readonly number[]) => all.reduce((a, b) => a + b, 0)),
    nothing: app.task("nothing", () => undefined),
    fail: app.task("fail", () => {
      throw new Error("secret failure");
    }),
    told: app.task("told", (failure: { message: string }) => failure.message),
    count: app.task("count", async (results: Results<number>) => {
      let all = 0;
      for await (const one of results) all += one;
      return all;
    }),
    plan: app.task("plan", { bind: true }, (self, n: number): number =>
      self.replace(chain(app.signature<number>("add", [n, 1]), app.signature<number>("add", [1])) as never),
    ),
    grow: app.task("grow", { bind: true }, (self, n: number) => {
      if (n > 0) self.add(app.signature("grow", [n - 1]));
      return n;
    }),
  };
}

/** A form of any kind. */
interface Sendable {
  delay(): Promise<{ readonly graphId: string }>;
}

/** Everything that a store was told, as text. */
function listening(heard: string[]): Between {
  return (store) => ({
    ...store,
    sender: {
      enqueue: (messages, options) => {
        heard.push(JSON.stringify(messages));
        return store.sender.enqueue(messages, options);
      },
      revoke: (ids, options) => store.sender.revoke(ids, options),
    },
    consumer: {
      ...bound(store.consumer),
      settle: (settlements, claim) => {
        heard.push(JSON.stringify(settlements));
        return store.consumer.settle(settlements, claim);
      },
    },
  });
}

/** The verbs of a contract as an object of their own, whatever makes them. */
function bound<T extends object>(contract: T): T {
  return Object.fromEntries(verbsOf(contract)) as never;
}

function verbsOf(contract: object): [string, unknown][] {
  const names = new Set<string>();
  for (
    let at: object | null = contract;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  ) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return [...names].flatMap((name) => {
    const verb = (contract as Record<string, unknown>)[name];
    return typeof verb === "function" && name !== "constructor" ? [[name, verb.bind(contract)]] : [];
  });
}

const renamed = changing((message) => ({ ...message, id: "given" }));

/** Forges what workers settle. */
function settling(change: (settlement: Settlement) => Settlement): Between {
  return (store) => ({
    ...store,
    consumer: {
      ...bound(store.consumer),
      settle: (settlements, claim) => store.consumer.settle(settlements.map(change), claim),
    },
  });
}

describe.each(STORES)("over %s", (_, open) => {
  let world: World;
  beforeEach(async () => {
    world = new World(await open());
  });
  afterEach(() => world.close());

  describe.each(KEYS)("%s", (kind, options) => {
    test("all that travels arrives, and nothing of it is read on the way", async () => {
      const heard: string[] = [];
      const app = world.app(options, listening(heard));
      const { add, sum, nothing, fail, told, count, plan, grow, loop } = declare(app);
      await app.worker({ concurrency: 4 }).start();
      const [one, ...others] = await Promise.all([
        add.delay(40_001, 1),
        nothing.delay(),
        chain(add.s(1, 1), add.s(1)).delay(),
        chord(
          [1, 2, 3].map((n) => add.s(n, n)),
          sum.s(),
        ).delay(),
        chord(
          [1, 2, 3].map((n) => add.s(n, 1)),
          stream(count),
        ).delay(),
        chord(
          [1, 2].map((n) => plan.s(n)),
          sum.s(),
        ).delay(),
        group([add.s(1, 1), add.s(2, 2)]).delay(),
        group([grow.s(3)]).delay(),
        loop.delay(3),
        chain(plan.s(1), add.s(1)).delay(),
      ]);
      expect(await one.get(TIMEOUT)).toBe(40_002);
      expect(await Promise.all(others.map((result) => result.get(TIMEOUT)))).toEqual([
        ...[undefined, 3, 12, 9, 7, [2, 4], [3, 2, 1, 0], 7, 4],
      ]);
      const failed = await fail.s().linkError(told.s()).delay();
      await expect(failed.get(TIMEOUT)).rejects.toThrow("secret failure");
      expect((await world.raw.deadLetters.list({ limit: 10 })).letters).toEqual([]);
      const text = heard.join("\n");
      expect(/40001|40002|secret failure/.test(text)).toBe(kind === "signed");
      for (const key of [secretOf("k1"), secretOf("e1")]) expect(text).not.toContain(key);
    });
  });

  test("a run that replaces itself a hundred times is known as the first of them", async () => {
    const app = world.app({ signing: REQUIRED });
    const { loop, add } = declare(app);
    await app.worker().start();
    expect(await (await chain(loop.s(100), add.s(1)).delay()).get({ timeout: 60 })).toBe(8);
  });

  describe("a message", () => {
    test.each<[string, SunbeatOptions, Between | undefined, string, string]>([
      ["without a signature", {}, undefined, "SUNBEAT_SIGNATURE_INVALID", "anybody may have sent it"],
      [
        "that was changed",
        { signing: SIGNING },
        changing((message) => ({ ...message, body: message.body.replace("[1,2]", "[1,3]") })),
        ...(["SUNBEAT_SIGNATURE_INVALID", "somebody wrote to the store"] as const),
      ],
      [
        "in another queue",
        { signing: SIGNING, taskDefaultQueue: "other" },
        changing((message) => ({ ...message, queue: "default" })),
        ...(["SUNBEAT_SIGNATURE_INVALID", "a replay"] as const),
      ],
      [
        "under another id",
        { signing: SIGNING },
        renamed,
        ...(["SUNBEAT_SIGNATURE_INVALID", "a replay"] as const),
      ],
      [
        "by an unknown key",
        { signing: { keys: { k9: secretOf("k9") }, current: "k9" } },
        ...([undefined, "SUNBEAT_KEY_UNKNOWN", "an old key, or a stranger's"] as const),
      ],
    ])("%s is a dead letter", async (_, options, between, code) => {
      const sender = world.app(options, between);
      const worker = world.app({ signing: REQUIRED });
      declare(worker);
      const own = between === renamed ? "own" : "given";
      await sender.sendTask("add", [1, 2], { taskId: own });
      await worker.worker({ queues: ["default"] }).start();
      expect((await world.deadLetter("given")).reason).toMatch(code);
      expect(await worker.result("given").get({ ...TIMEOUT, propagate: false })).toMatchObject({
        remoteCode: code,
      });
    });

    test("of an unknown key runs when the key is back", async () => {
      const old = { keys: { e0: secretOf("e0") }, current: "e0" };
      const sender = world.app({ encryption: old });
      const worker = world.app({ encryption: ENCRYPTION });
      declare(worker);
      await sender.sendTask("add", [1, 2], { taskId: "given" });
      const first = worker.worker();
      await first.start();
      expect((await world.deadLetter("given")).reason).toMatch("SUNBEAT_KEY_UNKNOWN: its key 'e0'");
      await first.stop();
      const rotated = world.app({ encryption: { ...ENCRYPTION, keys: { ...ENCRYPTION.keys, ...old.keys } } });
      declare(rotated);
      await world.raw.deadLetters.redrive(["given"]);
      await rotated.worker().start();
      expect(await rotated.result("given").get(TIMEOUT)).toBe(3);
    });

    test("that is signed is left alone by a worker without keys", async () => {
      const sender = world.app({ signing: SIGNING });
      const worker = world.app({});
      declare(worker);
      await sender.sendTask("add", [1, 2], { taskId: "given" });
      await worker.worker().start();
      expect((await world.deadLetter("given")).reason).toMatch(
        "is signed or sealed, and this app has neither",
      );
    });

    test("whose unique key is replaced while its eta changes runs with the newest arguments", async () => {
      const app = world.app({ signing: REQUIRED });
      const { add } = declare(app);
      const unique = { key: "k", onConflict: "replace" } as const;
      const first = await add.applyAsync([1, 1], { unique, eta: Date.now() + 60_000 });
      const second = await add.applyAsync([2, 2], { unique, countdown: 0.05 });
      expect(second.id).toBe(first.id);
      await app.worker().start();
      expect(await second.get(TIMEOUT)).toBe(4);
    });

    test("that is tried again, put off and given back verifies each time", async () => {
      const app = world.app({ signing: REQUIRED });
      let runs = 0;
      const task = app.task(
        "flaky",
        { retry: { max: 3, delay: 0.01 }, lock: { name: "l", onBusy: "retry", retryIn: 0.01 } } as never,
        () => {
          if (++runs < 3) throw new Error("again");
          return runs;
        },
      );
      const sent = await task.applyAsync([] as never, {
        eta: Date.now() + 20,
        expires: new Date(Date.now() + 60_000),
      });
      await app.worker().start();
      expect(await sent.get(TIMEOUT)).toBe(3);
    });
  });

  describe("a result", () => {
    const forged = (payload: string | null): Between =>
      settling((settlement) =>
        settlement.result === null
          ? settlement
          : { ...settlement, result: { ...settlement.result, payload } },
      );

    test.each<[string, Between, string]>([
      ["forged", forged("1000000"), "somebody wrote to the store"],
      ["taken away", forged(null), "nothing is a value, too"],
      ["with a wrong signature", forged('~k1.AAAA\n["x","SUCCESS"]\n5'), "by no key"],
      ["that names others", forged('{"$source":0}'), "a join that no sender wrote"],
    ])("%s is not given to who asks", async (_, between) => {
      const app = world.app({ signing: REQUIRED }, between);
      const { add } = declare(app);
      await app.worker().start();
      const sent = await add.delay(1, 2);
      await expect(sent.get(TIMEOUT)).rejects.toEqual(INVALID);
      await expect(sent.info()).rejects.toEqual(INVALID);
    });

    test("forged as a failure is not told as one", async () => {
      const failure = JSON.stringify({
        name: "Error",
        message: "forged",
        stack: null,
        code: null,
        cause: null,
      });
      const app = world.app({ signing: REQUIRED }, forged(failure));
      const { fail } = declare(app);
      await app.worker().start();
      await expect((await fail.delay()).get(TIMEOUT)).rejects.toEqual(INVALID);
    });

    test("of another task is not taken for this one's", async () => {
      let of5: string | null = null;
      const app = world.app(
        { signing: REQUIRED },
        settling((settlement) => {
          const { result } = settlement;
          if (result === null) return settlement;
          if (settlement.id === "five") of5 = result.payload;
          return settlement.id === "other"
            ? { ...settlement, result: { ...result, payload: of5 } }
            : settlement;
        }),
      );
      const { add } = declare(app);
      await app.worker({ concurrency: 1 }).start();
      expect(await (await add.applyAsync([2, 3], { taskId: "five" })).get(TIMEOUT)).toBe(5);
      await expect((await add.applyAsync([1, 1], { taskId: "other" })).get(TIMEOUT)).rejects.toEqual(INVALID);
    });

    test("whose state was changed is not given", async () => {
      const app = world.app(
        { signing: REQUIRED },
        settling((settlement) =>
          settlement.result?.state === "FAILURE"
            ? { ...settlement, result: { ...settlement.result, state: "SUCCESS" } }
            : settlement,
        ),
      );
      const { fail } = declare(app);
      await app.worker().start();
      await expect((await fail.delay()).get(TIMEOUT)).rejects.toEqual(INVALID);
    });

    test.each<[string, (tasks: ReturnType<typeof declare>) => Sendable, string]>([
      ["in a chain", ({ add }) => chain(add.s(1, 1), add.s(1)), "the only input, with the delivery"],
      ["in a chord", ({ add, sum }) => chord([add.s(1, 1), add.s(2, 2)], sum.s()), "read by its worker"],
      ["of a failure", ({ fail, told }) => fail.s().onError(told.s()), "an error callback"],
    ])("forged %s is no input: what takes it is a dead letter", async (_, form) => {
      const app = world.app(
        { signing: REQUIRED },
        settling((settlement) => {
          const { result } = settlement;
          const isFirst = result !== null && settlement.id.endsWith(":0");
          return isFirst ? { ...settlement, result: { ...result, payload: "5" } } : settlement;
        }),
      );
      const sent = await form(declare(app)).delay();
      await app.worker().start();
      const { id, reason } = await world.deadLetter();
      expect(id.startsWith(`${sent.graphId}:`)).toBe(true);
      expect(reason).toMatch("SUNBEAT_SIGNATURE_INVALID");
    });
  });

  describe("an entry", () => {
    const entry = { task: "add", schedule: 3600, args: [1, 2] } as const;
    const stored = async (): Promise<string> => (await world.raw.entries.get(["e"]))[0]!.definition;
    const rewrite = async (change: (definition: string) => string): Promise<void> => {
      const [found] = await world.raw.entries.get(["e"]);
      const { name, owner, version, definition, revision, etag, cursor, pausedAt, disabled } = found!;
      const put = { name, owner, version, revision, cursor, pausedAt, disabled, expect: etag, ledger: [] };
      await world.raw.entries.put([{ ...put, definition: change(definition) }]);
    };

    test("is signed when it is set, and read as it was written", async () => {
      const app = world.app({ signing: REQUIRED });
      const set = await app.schedules.set("e", entry);
      expect(await stored()).toMatch(/,"signature":"k1\.[\w-]{43}"\}$/);
      expect(set.problem).toBeNull();
      expect(JSON.parse(set.definition)).not.toHaveProperty("signature");
      await app.schedules.pause("e");
      await app.schedules.resume("e");
      expect((await app.schedules.get("e"))?.problem).toBeNull();
    });

    test.each<[string, (definition: string) => string, RegExp]>([
      ["changed", (text) => text.replace("[1,2]", "[1,9]"), /signature is wrong/],
      ["without a signature", (text) => text.replace(/,"signature":"[^"]*"/, ""), /it is not signed/],
      ["of an unknown key", (text) => text.replace('"k1.', '"k9.'), /its key 'k9' is not in signing/],
    ])("%s is not sent, and no other write makes it good", async (_, change, problem) => {
      const app = world.app({ signing: REQUIRED });
      await app.schedules.set("e", entry);
      await rewrite(change);
      const fresh = world.app({ signing: REQUIRED });
      declare(fresh);
      expect((await fresh.schedules.get("e"))?.problem).toMatch(problem);
      const before = await stored();
      await fresh.schedules.pause("e");
      expect(await stored()).toBe(before);
      await expect(fresh.schedules.trigger("e")).rejects.toThrow(problem);
      await fresh.schedules.set("e", entry);
      expect((await fresh.schedules.get("e"))?.problem).toBeNull();
    });

    test("that is wrong is set aside by the beat and told, and the others go on", async () => {
      const app = world.app({
        signing: REQUIRED,
        beatSchedule: { good: { task: "add", schedule: 0.2, args: [1, 1] } },
      });
      declare(app);
      await app.schedules.set("e", { ...entry, schedule: 0.2 });
      await rewrite((text) => text.replace("[1,2]", "[1,9]"));
      const failed: string[] = [];
      const told: string[] = [];
      const beats = world.app({
        signing: REQUIRED,
        beatSchedule: { good: { task: "add", schedule: 0.2, args: [1, 1] } },
      });
      beats.events.on("schedule-failed", ({ entry: name, reason }) => void failed.push(`${name}: ${reason}`));
      const both = new Promise<void>((resolve) => {
        beats.events.on("schedule-sent", ({ entry: name }) => {
          told.push(name);
          if (told.length >= 3 && failed.length > 0) resolve();
        });
      });
      beats.beat().start();
      await both;
      expect(failed[0]).toMatch(/^e: .*signature is wrong/);
      expect(new Set(told)).toEqual(new Set(["good"]));
    });

    test("of an older key is sent while the key is in the ring, and setting it again signs it anew", async () => {
      const old = { keys: { k0: secretOf("k0") }, current: "k0", require: true };
      await world.app({ signing: old }).schedules.set("e", entry);
      const ring = { keys: { ...old.keys, ...SIGNING.keys }, current: "k1", require: true };
      const app = world.app({ signing: ring });
      declare(app);
      await app.worker().start();
      const { taskId } = await app.schedules.trigger("e");
      expect(await app.result(taskId).get(TIMEOUT)).toBe(3);
      expect(await stored()).toMatch('"k0.');
      await app.schedules.set("e", entry);
      expect(await stored()).toMatch('"k1.');
    });
  });
});

test("a store is not wrapped by an app without keys", async () => {
  const world = new World(await STORES[0]![1]());
  const seen: Store[] = [];
  const app = world.app({}, (store) => (seen.push(store), store));
  const { add } = declare(app);
  await app.worker().start();
  expect(await (await add.delay(1, 2)).get(TIMEOUT)).toBe(3);
  expect(seen).toEqual([world.raw]);
  await world.close();
});
