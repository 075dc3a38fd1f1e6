import { Cluster, Redis } from "ioredis";
import { Redis as Redis5 } from "ioredis-5";
import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  expectTypeOf,
  onTestFinished,
  test,
  vi,
} from "vitest";
import { type Clock, systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { type QuorumLock, QuorumLocks, type QuorumUse } from "../../src/locks/index.js";
import { quorum } from "../../src/redlock.js";
import { RedisQuorum } from "../../src/store/redis/quorum.js";
import { ManualClock } from "../../src/testing/manual-clock.js";
import { type RedisServer, startRedis } from "../support/redis-server.js";

let servers: RedisServer[] = [];
const urls = (): string[] => servers.map(({ url }) => url);

beforeAll(async () => {
  servers = await Promise.all([startRedis(), startRedis(), startRedis()]);
});
/** What brings the servers back that a test has ended or stopped. */
let repairs: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(repairs.map((repair) => repair()));
  repairs = [];
  await Promise.all(servers.map(({ raw }) => raw.flushall()));
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const KEY = "{sunbeat}:quorum:l";
const code = (code: string) => expect.objectContaining({ code }) as Error;
const ms = (milliseconds: number) => ({ milliseconds });

/** By its nodes, who holds the lock "l". */
const holders = (): Promise<(string | null)[]> => Promise.all(servers.map(({ raw }) => raw.get(KEY)));

function setUp(clock: Clock = systemClock, logger = silentLogger): QuorumLocks {
  const deps = { clock, random: systemRandom, logger };
  const locks = new QuorumLocks(new RedisQuorum(urls(), { ...deps, namespace: "sunbeat" }), deps);
  onTestFinished(() => locks.close());
  return locks;
}

/** Ends servers for one test. */
async function kill(...which: RedisServer[]): Promise<void> {
  repairs.push(...which.map((server) => () => server.restart()));
  await Promise.all(which.map((server) => server.kill()));
}

/** Keeps a server from answering for one test; what it was told meanwhile it does afterwards. */
function stop(server: RedisServer): () => void {
  process.kill(server.pid, "SIGSTOP");
  const goOn = (): void => void process.kill(server.pid, "SIGCONT");
  repairs.push(goOn);
  return goOn;
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve(signal.reason);
    signal.addEventListener("abort", () => resolve(signal.reason), { once: true });
  });

describe("what is refused", () => {
  const three = ["redis://a", "redis://b", "redis://c"];
  const cluster = new Cluster([{ port: 1 }], { lazyConnect: true });
  const client = new Redis({ port: 1, lazyConnect: true });
  test.each([
    ["no master", [], "got 0"],
    ["no list", "redis://a" as never, "got a string"],
    ["one master", ["redis://a"], "fewer outlive no failure"],
    ["two masters", three.slice(0, 2), "an even number"],
    ["four masters", [...three, "redis://d"], "an even number may split its votes"],
    ["seven masters", [...three, ...["d", "e", "f", "g"].map((host) => `redis://${host}`)], "3 or 5"],
    ["a master twice", ["redis://a", "redis://b", "redis://u:secret@a:6379/1"], '"a:6379"'],
    ["a client twice", [client, client, "redis://b"], "each once"],
    ["a Cluster", ["redis://a", "redis://b", "redis+cluster://c"], "one master each"],
    ["a client of a Cluster", ["redis://a", "redis://b", cluster], "not independent"],
    ["a namespace in a URL", ["redis://a", "redis://b", "redis://c?namespace=x"], "no namespace"],
    ["what is no client", ["redis://a", "redis://b", {}], "ioredis"],
  ])("%s", (_, nodes, why) => {
    expect(() => quorum(nodes)).toThrow(code("SUNBEAT_OPTION_INVALID"));
    expect(() => quorum(nodes)).toThrow(why);
    expect(() => quorum(nodes)).not.toThrow("secret");
  });

  test("an unknown option, an empty name", () => {
    expect(() => quorum(three, { nodes: 3 } as object)).toThrow(code("SUNBEAT_OPTION_UNKNOWN"));
    expect(() => quorum(three).mutex("")).toThrow(code("SUNBEAT_OPTION_INVALID"));
  });

  test("a lease that one slow master would eat up", async () => {
    const mutex = setUp().mutex("l");
    await expect(mutex.acquire({ lease: ms(999) })).rejects.toThrow(code("SUNBEAT_OPTION_INVALID"));
    const held = await mutex.acquire();
    await expect(held.extend(ms(999))).rejects.toThrow(code("SUNBEAT_OPTION_INVALID"));
    expect(held.held).toBe(true);
  });

  test.each(["redlock", "ioredis"])(
    "to work without the package %s, with the command to install it",
    async (name) => {
      vi.resetModules();
      vi.doMock(name, () => {
        throw new Error("not found");
      });
      onTestFinished(() => {
        vi.doUnmock(name);
        vi.resetModules();
      });
      const { quorum } = await import("../../src/redlock.js");
      const acquired = quorum(urls()).mutex("l").acquire();
      await expect(acquired).rejects.toThrow(code("SUNBEAT_DRIVER_MISSING"));
      await expect(acquired).rejects.toThrow(`npm install ${name}`);
    },
  );
});

describe("while all masters answer", () => {
  test("a lock is taken on each, and given back on each", async () => {
    const held = await setUp().mutex("l").acquire();
    expect(await holders()).toEqual([held.token, held.token, held.token]);
    expect([held.held, held.fence]).toEqual([true, undefined]);
    await held.release();
    expect(await holders()).toEqual([null, null, null]);
  });

  test("there is no fence, by type too", async () => {
    expectTypeOf<QuorumLock["fence"]>().toEqualTypeOf<undefined>();
    expectTypeOf<QuorumUse["fence"]>().toEqualTypeOf<undefined>();
    const seen = await setUp()
      .mutex("l")
      .using(({ name, fence, signal }) => [name, fence, signal.aborted]);
    expect(seen).toEqual(["l", undefined, false]);
    expect(await holders()).toEqual([null, null, null]);
  });

  test("clients that are handed in are duplicated, and stay open", async () => {
    const locks = quorum(
      servers.map(({ raw }) => raw),
      { namespace: "mine" },
    );
    const held = await locks.mutex("l").acquire();
    expect(await servers[0]!.raw.get("{mine}:quorum:l")).toBe(held.token);
    await locks.close();
    expect(held.signal.reason).toEqual(code("SUNBEAT_CLOSED"));
    expect(await Promise.all(servers.map(({ raw }) => raw.get("{mine}:quorum:l")))).toEqual([
      null,
      null,
      null,
    ]);
    await expect(locks.mutex("l").acquire()).rejects.toThrow(code("SUNBEAT_CLOSED"));
  });

  test("who does not wait is refused, who waits gets it next, who is called off leaves nothing", async () => {
    const held = await setUp().mutex("l").acquire();
    const mutex = setUp().mutex("l");
    await expect(mutex.acquire({ wait: false })).rejects.toThrow(code("SUNBEAT_LOCK_BUSY"));
    await expect(mutex.acquire({ wait: ms(50) })).rejects.toThrow(code("SUNBEAT_LOCK_TIMEOUT"));
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(mutex.acquire({ signal })).rejects.toThrow("enough");
    const next = mutex.acquire({ wait: 5 });
    await held.release();
    const token = (await next).token;
    expect(await holders()).toEqual([token, token, token]);
  });

  test("of twenty that want it at once, no two have it", async () => {
    let [inside, most] = [0, 0];
    const all = [setUp(), setUp(), setUp(), setUp()].map((locks) => locks.mutex("l"));
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        all[i % 4]!.using(async () => {
          most = Math.max(most, ++inside);
          await servers[0]!.raw.ping();
          inside--;
        }),
      ),
    );
    expect(most).toBe(1);
  });

  test("an extension lengthens it on each", async () => {
    const held = await setUp().mutex("l").acquire({ lease: 2 });
    await held.extend(60);
    const left = await Promise.all(servers.map(({ raw }) => raw.pttl(KEY)));
    expect(left.filter((each) => each > 50_000)).toHaveLength(3);
  });

  test("it can be extended and given back by token, from elsewhere, once", async () => {
    const held = await setUp().mutex("l").acquire();
    const elsewhere = setUp().mutex("l");
    await elsewhere.extend(held.token, 60);
    await elsewhere.release(held.token);
    expect(await holders()).toEqual([null, null, null]);
    await expect(elsewhere.release(held.token)).rejects.toThrow(code("SUNBEAT_LOCK_NOT_HELD"));
    await expect(elsewhere.extend(held.token)).rejects.toThrow(code("SUNBEAT_LOCK_NOT_HELD"));
  });

  test("giving it back twice is refused", async () => {
    const held = await setUp().mutex("l").acquire();
    await held.release();
    await expect(held.release()).rejects.toThrow(code("SUNBEAT_LOCK_NOT_HELD"));
  });
});

test("clients of ioredis 5 will do", async () => {
  const clients = servers.map(({ port }) => new Redis5(port, { lazyConnect: true }));
  const locks = quorum(clients);
  onTestFinished(() => locks.close());
  const held = await locks.mutex("l").acquire();
  await held.extend(60);
  expect(await holders()).toEqual([held.token, held.token, held.token]);
  expect(clients.map(({ status }) => status)).toEqual(["wait", "wait", "wait"]);
});

describe("when masters fail", () => {
  test("one of three dead: taken, extended, refused to others, and given back all the same", async () => {
    const warnings: string[] = [];
    await kill(servers[2]!);
    const mutex = setUp(systemClock, { ...silentLogger, warn: (line) => void warnings.push(line) }).mutex(
      "l",
    );
    const held = await mutex.acquire();
    await held.extend(60);
    await expect(mutex.acquire({ wait: false })).rejects.toThrow(code("SUNBEAT_LOCK_BUSY"));
    await held.release();
    expect(await Promise.all(servers.slice(0, 2).map(({ raw }) => raw.get(KEY)))).toEqual([null, null]);
    // On a busy machine one of the others may be late with a vote.
    const refused = warnings.filter((line) => line.includes("ECONNREFUSED"));
    expect(refused).toEqual([expect.stringContaining(`127.0.0.1:${servers[2]!.port}`)]);
  });

  test("two of three dead: refused in time by name, and the third keeps nothing", async () => {
    const mutex = setUp().mutex("l");
    await mutex.using(() => undefined);
    await kill(servers[1]!, servers[2]!);
    const startedAt = systemClock.monotonicMs();
    const acquired = mutex.acquire({ wait: false });
    await expect(acquired).rejects.toThrow(code("SUNBEAT_STORE_UNAVAILABLE"));
    await expect(acquired).rejects.toThrow("a quorum needs 2 of 3 Redis masters, and 1 answered");
    await expect(mutex.acquire({ wait: ms(300) })).rejects.toThrow(code("SUNBEAT_LOCK_TIMEOUT"));
    expect(systemClock.monotonicMs() - startedAt).toBeLessThan(20_000);
    expect(await servers[0]!.raw.get(KEY)).toBeNull();
  });

  test("one silent, one dead: a late answer is no vote, and leaves nothing behind", async () => {
    const mutex = setUp().mutex("l");
    await mutex.using(() => undefined);
    await kill(servers[2]!);
    const goOn = stop(servers[1]!);
    await expect(mutex.acquire({ wait: false })).rejects.toThrow("127.0.0.1");
    goOn();
    expect(await Promise.all(servers.slice(0, 2).map(({ raw }) => raw.get(KEY)))).toEqual([null, null]);
    await expect(mutex.acquire({ wait: 5 })).resolves.toMatchObject({ held: true });
  });

  test("one silent: the others are enough, after 100 ms", async () => {
    const mutex = setUp().mutex("l");
    await mutex.using(() => undefined);
    stop(servers[1]!);
    const startedAt = systemClock.monotonicMs();
    await expect(mutex.acquire({ wait: false })).resolves.toMatchObject({ held: true });
    expect(systemClock.monotonicMs() - startedAt).toBeLessThan(20_000);
  });

  test("votes that are in after the lease is worth nothing do not count, and are given back", async () => {
    // While a vote is under way this clock goes as far as it is told.
    const clock = {
      ...systemClock,
      skip: 0,
      looks: 0,
      monotonicMs: () => systemClock.monotonicMs() + (clock.looks++ > 0 ? clock.skip : 0),
    };
    const deps = { clock, random: systemRandom, logger: silentLogger };
    const masters = new RedisQuorum(urls(), { ...deps, namespace: "sunbeat" });
    onTestFinished(() => masters.close());
    await masters.open();
    const ask = async (skip: number) => {
      [clock.skip, clock.looks] = [skip, 0];
      const request = { lock: "l", capacity: 1, waiter: "w", label: "", leaseMs: 10_000, waiterTtlMs: null };
      return (await masters.acquire(request)).outcome;
    };
    // 10,000 - 1 % - 2 ms = 9,898
    expect(await ask(9_898)).toBe("busy");
    expect(await holders()).toEqual([null, null, null]);
    expect(await ask(9_000)).toBe("granted");
    const [token] = await holders();
    [clock.skip, clock.looks] = [9_898, 0];
    expect(await masters.extend({ lock: "l", token: token! }, 10_000)).toBe("lost");
    expect(await holders()).toEqual([null, null, null]);
  });

  test("an extension without a quorum fails; the lease that was there is trusted on, and can be extended later", async () => {
    const held = await setUp().mutex("l").acquire({ lease: 30 });
    const goOn = [stop(servers[1]!), stop(servers[2]!)];
    await expect(held.extend()).rejects.toThrow(code("SUNBEAT_STORE_UNAVAILABLE"));
    expect(held.held).toBe(true);
    goOn.forEach((each) => each());
    await held.extend();
    expect(await holders()).toEqual([held.token, held.token, held.token]);
  });
});

describe("a lock that is lost", () => {
  test("aborts its signal at the renewal after a third of the lease, and is given back where it was left", async () => {
    const clock = new ManualClock();
    const held = await setUp(clock).mutex("l").acquire({ lease: 30 });
    await clock.advance(9_999);
    await Promise.all(servers.slice(1).map(({ raw }) => raw.set(KEY, "another")));
    expect(held.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(await aborted(held.signal)).toEqual(code("SUNBEAT_LOCK_LOST"));
    expect(await holders()).toEqual([null, "another", "another"]);
    await expect(held.release()).rejects.toThrow(code("SUNBEAT_LOCK_LOST"));
  });

  test("aborts its signal before the lease ends when the masters are gone", async () => {
    const clock = new ManualClock();
    const held = await setUp(clock).mutex("l").acquire({ lease: 30 });
    await kill(...servers);
    await clock.advance(29_399);
    expect(held.held).toBe(true);
    await clock.advance(1);
    expect([held.held, held.signal.reason]).toEqual([false, code("SUNBEAT_LOCK_LOST")]);
  });

  test("rejects `using`, and its renewals keep it until then", async () => {
    const clock = new ManualClock();
    let renewed: number[] = [];
    const used = setUp(clock)
      .mutex("l")
      .using(
        async ({ signal }) => {
          await Promise.all(servers.map(({ raw }) => raw.pexpire(KEY, 5_000)));
          await clock.advance(10_000);
          await vi.waitFor(async () => {
            renewed = await Promise.all(servers.map(({ raw }) => raw.pttl(KEY)));
            expect(Math.min(...renewed)).toBeGreaterThan(20_000);
          }, 60_000);
          await Promise.all(servers.map(({ raw }) => raw.del(KEY)));
          await clock.advance(10_000);
          await aborted(signal);
        },
        { lease: 30 },
      );
    await expect(used).rejects.toThrow(code("SUNBEAT_LOCK_LOST"));
    expect(renewed).toHaveLength(3);
  });
});
