/** What a server's refusals become. */
import { inspect } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../../src/core/clock.js";
import { type StoreError } from "../../../src/core/errors.js";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { storeError } from "../../../src/store/redis/errors.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import type { Store } from "../../../src/store/contracts/store.js";
import { message } from "../../conformance/suite/samples.js";
import { type Answer, bulk, type FakeRedis, fakeRedis } from "../../support/fake-redis.js";
import { freePort } from "../../support/redis-server.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
/** Time limits pass fifty times as fast. */
const HURRY = 50;
const hurriedClock = (times: number): Clock => ({
  ...systemClock,
  monotonicMs: () => systemClock.monotonicMs() * times,
  after: (delayMs, fn) => systemClock.after(delayMs / times, fn),
});
const hurried = { ...context, clock: hurriedClock(HURRY) };
const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function serve(answer: Answer): Promise<FakeRedis> {
  const server = await fakeRedis(answer);
  undo.push(() => server.stop());
  return server;
}

/** Why a store cannot be opened. A machine that is too busy to find out within a hurried limit gets twice as long. */
async function whyNot(url: string): Promise<StoreError | null> {
  for (let times = HURRY; ; times /= 2) {
    const error = await openRedisStore(url, { ...context, clock: hurriedClock(times) }).then(
      () => null,
      (thrown: StoreError) => thrown,
    );
    if (error?.code !== "SUNBEAT_STORE_TIMEOUT" || times < 1) return error;
  }
}

async function open(url: string, within = context): Promise<Store> {
  const store = await openRedisStore(url, within);
  undo.push(() => store.close());
  return store;
}

function withPassword(server: FakeRedis): string {
  return server.url.replace("//", "//user:secret@");
}

const enqueued = bulk("q");
/** To the look at the version. */
const opening = `*4\r\n${bulk("1700000000000")}${bulk("1")}:1\r\n${bulk("1")}`;

const now = bulk("1700000000000");

/** To a script that reads the clock, which names no key, or the version. */
const calm = ([, keys]: readonly string[]): string => (keys === "0" ? now : opening);

/** Answers so that the store opens; then every script by `reply`. */
function afterOpening(reply: (calls: number) => string): Answer {
  let opened = false;
  let calls = 0;
  return (name) => {
    if (name !== "evalsha" && name !== "eval") return undefined;
    if (opened) return reply(++calls);
    opened = true;
    return opening;
  };
}

describe("a refusal", () => {
  test.each([
    // reply                                                   code                        retryable  because
    [
      "READONLY You can't write against a read only replica.",
      "SUNBEAT_STORE_READONLY",
      true,
      "a fail-over ends it",
    ],
    [
      "OOM command not allowed when used memory > 'maxmemory'.",
      "SUNBEAT_STORE_FULL",
      true,
      "workers may drain it",
    ],
    ["LOADING Redis is loading the dataset in memory", "SUNBEAT_STORE_UNAVAILABLE", true, "it ends"],
    ["MASTERDOWN Link with MASTER is down", "SUNBEAT_STORE_UNAVAILABLE", true, "a fail-over ends it"],
    [
      "TRYAGAIN Multiple keys request during rehashing",
      "SUNBEAT_STORE_UNAVAILABLE",
      true,
      "the migration ends",
    ],
    ["CLUSTERDOWN The cluster is down", "SUNBEAT_STORE_UNAVAILABLE", true, "a fail-over ends it"],
    ["BUSY Redis is busy running a script.", "SUNBEAT_STORE_BUSY", true, "the script ends"],
    [
      "MISCONF Redis is configured to save RDB snapshots",
      "SUNBEAT_STORE_READONLY",
      true,
      "the disk may get room",
    ],
    [
      "NOREPLICAS Not enough good replicas to write.",
      "SUNBEAT_STORE_READONLY",
      true,
      "replicas may come back",
    ],
    ["NOAUTH Authentication required.", "SUNBEAT_STORE_AUTH", false, "nobody mends it but the operator"],
    ["NOPERM this user has no permissions to run 'evalsha'", "SUNBEAT_STORE_AUTH", false, "as above"],
    [
      "ERR The user executing the script can't publish to the channel mentioned in the command script: 42d5",
      "SUNBEAT_STORE_AUTH",
      false,
      "Redis 7 does not begin it with NOPERM inside of a script",
    ],
    [
      "ERR ACL failure in script: User u has no permissions to run the 'time' command script: 42d5",
      "SUNBEAT_STORE_AUTH",
      false,
      "nor does Valkey",
    ],
    [
      "ERR Error running script (call to f_ab12): @user_script:1: @user_script: 1: -OOM command not allowed",
      "SUNBEAT_STORE_FULL",
      true,
      "Redis 6.2 wraps what happens inside of a script",
    ],
    [
      "ERR Error running script (call to f_ab12): @user_script:1: WRONGTYPE Operation against a key",
      "SUNBEAT_STORE_REFUSED",
      false,
      "also in this way",
    ],
    ["WRONGPASS invalid username-password pair", "SUNBEAT_STORE_AUTH", false, "as above"],
    [
      "CROSSSLOT Keys in request don't hash to the same slot",
      "SUNBEAT_STORE_REFUSED",
      false,
      "a proxy tears keys apart",
    ],
    [
      "WRONGTYPE Operation against a key holding the wrong kind",
      "SUNBEAT_STORE_REFUSED",
      false,
      "not our data",
    ],
    ["ERR unknown command 'EVALSHA'", "SUNBEAT_STORE_REFUSED", false, "not a server for us"],
  ])("%s: %s, retryable %s: %s", async (reply, code, retryable) => {
    const server = await serve(afterOpening(() => `-${reply}\r\n`));
    const store = await open(server.url);
    // A claim is not repeated by the store, so its error comes at once.
    const request = { queues: ["q"], worker: "w", leaseMs: 1_000, max: 1 };
    const error = await store.consumer.claim(request).then(
      () => null,
      (thrown: StoreError) => thrown,
    );
    expect(error).toMatchObject({ name: "StoreError", code, retryable });
    expect(error?.message).toContain(reply);
  });

  test.each(["READONLY", "LOADING", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN"])(
    "%s that passes is not seen by who sends",
    async (word) => {
      const server = await serve(
        afterOpening((calls) => (calls < 3 ? `-${word} for a moment\r\n` : enqueued)),
      );
      expect(await (await open(server.url)).sender.enqueue([message("a")])).toEqual(["queued"]);
    },
  );

  test.each([
    // reply, code, what is said, because
    [
      "All sentinels are unreachable. Retrying. Last error: ERR No such master with that name",
      "SUNBEAT_STORE_UNAVAILABLE",
      "know no master of this name",
      "a misspelt master looks as if the sentinels were away",
    ],
    [
      "All sentinels are unreachable. Retrying. Last error: ERR unknown command 'sentinel', with args beginning with: ",
      "SUNBEAT_STORE_UNAVAILABLE",
      "is no sentinel",
      "the port of a server stands where that of a sentinel should",
    ],
    [
      'Unknown RESP type 72 "H". Please report this.',
      "SUNBEAT_STORE_REFUSED",
      "another program has this port",
      "an HTTP server does",
    ],
    [
      'Protocol error, got "H" as reply type byte. Please report this.',
      "SUNBEAT_STORE_REFUSED",
      "another program has this port",
      "so says ioredis 5",
    ],
    [
      "write EPIPE",
      "SUNBEAT_STORE_UNAVAILABLE",
      "lets this machine in (bind, protected-mode)",
      "nothing else is left of a refusal by protected mode, or for too many clients",
    ],
    ["ERR DB index is out of range", "SUNBEAT_STORE_REFUSED", "no database of this number", "/99 in the URL"],
    [
      "MOVED 1234 127.0.0.1:7001",
      "SUNBEAT_STORE_UNAVAILABLE",
      "use redis+cluster://",
      "a client that follows never sees it",
    ],
  ])("%s is %s and says: %s, since %s", (reply, code, says) => {
    expect(storeError(new Error(reply), "redis://here", "{shop}")).toMatchObject({
      code,
      message: expect.stringContaining(says) as string,
    });
  });

  test.each([
    "Connection is closed.",
    "Stream isn't writeable and enableOfflineQueue options is false",
    "Cluster isn't ready and enableOfflineQueue options is false",
    "Cluster is disconnected.",
    "Cluster is disconnecting.",
    "Node is disconnected",
    "None of startup nodes is available",
    "Too many Cluster redirections. Last error: ReplyError: CLUSTERDOWN The cluster is down",
    'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.',
    "Socket timeout. Expecting data, but didn't receive any in 100ms.",
    "connect ETIMEDOUT",
    "write EPIPE",
    "read ECONNRESET",
    "ERR max number of clients reached",
    "DENIED Redis is running in protected mode because protected mode is enabled and no password is set.",
    "Command timed out",
  ])("%j, in the driver's words, passes: no worker may end of it", (words) => {
    expect(storeError(new Error(words), "redis://here", "{shop}")).toMatchObject({
      code: "SUNBEAT_STORE_UNAVAILABLE",
      retryable: true,
    });
  });

  test("a server that is asked as a Cluster and is none is told apart from one that is away", async () => {
    const server = await serve((name) =>
      name === "cluster" ? "-ERR This instance has cluster support disabled\r\n" : undefined,
    );
    expect(await whyNot(server.url.replace("redis:", "redis+cluster:"))).toMatchObject({
      code: "SUNBEAT_STORE_UNAVAILABLE",
      message: expect.stringContaining("is no Cluster; use redis://") as string,
    });
  });

  test.each([
    // reply                                                                what is missing
    ["NOPERM this user has no permissions to run the 'evalsha' command", "run a command"],
    ["NOPERM this user has no permissions to access one of the keys used as arguments", "~{shop}*"],
    ["NOPERM this user has no permissions to access one of the channels used as arguments", "&{shop}*"],
    ["NOPERM No permissions to access a key", "~{shop}*"],
    ["ERR The user executing the script can't run this command or subcommand script: 6c", "run a command"],
    ["ERR The user executing the script can't access at least one of the keys mentioned", "~{shop}*"],
    ["ERR The user executing the script can't publish to the channel mentioned", "&{shop}*"],
    ["ERR ACL failure in script: User u has no permissions to run the 'set' command", "run a command"],
    ["ERR ACL failure in script: No permissions to access a key script: 42", "~{shop}*"],
    ["ERR ACL failure in script: No permissions to access a channel script: 42", "&{shop}*"],
  ])("%s says which right is missing: %s", (reply, missing) => {
    const { code, message: text } = storeError(new Error(reply), "redis://here", "{shop}");
    expect([code, text.includes(missing)]).toEqual(["SUNBEAT_STORE_AUTH", true]);
  });

  test.each(["OOM no room", "NOPERM no right", "ERR what"])("%s is not tried again", async (reply) => {
    let calls = 0;
    const server = await serve(afterOpening((call) => ((calls = call), `-${reply}\r\n`)));
    const store = await open(server.url);
    await expect(store.sender.enqueue([message("a")])).rejects.toMatchObject({ name: "StoreError" });
    expect(calls).toBe(1);
  });

  test("an unknown script is sent in full, once for each connection that asks", async () => {
    const server = await serve(
      afterOpening((calls) => (calls % 2 === 1 ? "-NOSCRIPT No matching script.\r\n" : enqueued)),
    );
    const store = await open(server.url);
    expect(await store.sender.enqueue([message("a")])).toEqual(["queued"]);
    expect(server.commands.slice(-2).map(([name]) => name)).toEqual(["evalsha", "eval"]);
  });

  test("a server before 7 gets scripts without flags", async () => {
    const server = await serve((name, args) => {
      if (name === "evalsha") return "-NOSCRIPT No matching script.\r\n";
      if (name !== "eval") return undefined;
      if (!args[0]?.startsWith("#!")) return calm(args);
      return "-ERR Error compiling script: unexpected symbol near '#'\r\n";
    });
    const store = await open(server.url);
    expect(await store.now()).toBe(1_700_000_000_000);
    expect(server.commands.filter(([name]) => name === "eval").length).toBe(3);
  });

  test("a server before 7 gets them from all who call at once", async () => {
    let opened = false;
    const server = await serve((name, args) => {
      // The first to call finds out, so that the server here stays one of unknown age until several ask at once.
      if (!opened && name === "evalsha") return (opened = true) && opening;
      if (name === "evalsha") return "-NOSCRIPT No matching script.\r\n";
      if (name !== "eval") return undefined;
      if (!args[0]?.startsWith("#!")) return calm(args);
      return "-ERR Error compiling script: unexpected symbol near '#'\r\n";
    });
    const store = await open(server.url);
    expect(await Promise.all([1, 2, 3].map(() => store.now()))).toEqual(Array(3).fill(1_700_000_000_000));
  });
});

describe("opening", () => {
  test("nobody at the address: unavailable, at once or within the limit", async () => {
    const url = `redis://user:secret@127.0.0.1:${await freePort()}`;
    expect(await whyNot(url)).toMatchObject({
      code: "SUNBEAT_STORE_UNAVAILABLE",
      retryable: true,
      message: expect.not.stringContaining("secret") as string,
    });
  });

  test("no sentinel at the address: told without fractions of a millisecond", async () => {
    const server = await serve((name) =>
      name === "sentinel" ? "-ERR unknown command 'sentinel'\r\n" : undefined,
    );
    const url = server.url.replace("redis:", "redis+sentinel:");
    expect((await whyNot(`${url}/main`))?.message).toMatch(/ is no sentinel.* after \d+ms/);
  });

  test("no such host: unavailable", async () => {
    expect(await whyNot("redis://no-such-host.invalid")).toMatchObject({
      code: "SUNBEAT_STORE_UNAVAILABLE",
      retryable: true,
    });
  });

  test.each(["WRONGPASS invalid username-password pair or user is disabled.", "ERR invalid password"])(
    "a wrong password (%s): at once, and not shown",
    async (reply) => {
      const server = await serve((name) => (["auth", "hello"].includes(name) ? `-${reply}\r\n` : undefined));
      const error = await whyNot(withPassword(server));
      expect(error).toMatchObject({ code: "SUNBEAT_STORE_AUTH", retryable: false });
      const shown = JSON.stringify([error?.message, error?.details, error?.cause, error?.stack]);
      expect(shown).not.toContain("secret");
    },
  );

  test("a server that accepts and says nothing: a timeout that may be retried", async () => {
    const server = await serve(() => null);
    await expect(openRedisStore(server.url, hurried)).rejects.toMatchObject({
      code: "SUNBEAT_STORE_TIMEOUT",
      retryable: true,
    });
  });

  test("no Sentinel to be reached: unavailable", async () => {
    const url = `redis+sentinel://127.0.0.1:${await freePort()}/main`;
    expect(await whyNot(url)).toMatchObject({
      code: "SUNBEAT_STORE_UNAVAILABLE",
      retryable: true,
    });
  });

  test("no node of a Cluster to be reached: unavailable", async () => {
    const url = `redis+cluster://127.0.0.1:${await freePort()}`;
    expect(await whyNot(url)).toMatchObject({
      code: "SUNBEAT_STORE_UNAVAILABLE",
      retryable: true,
    });
  });
});

test("a call that is never answered ends within its limit, and the next one has a new connection", async () => {
  let silent = false;
  const server = await serve((name, args) => {
    if (silent && name === "evalsha") {
      silent = false;
      return null;
    }
    return name === "evalsha" ? calm(args) : undefined;
  });
  const store = await open(server.url, hurried);
  silent = true;
  await expect(store.now()).rejects.toMatchObject({ code: "SUNBEAT_STORE_TIMEOUT", retryable: true });
  // Its time runs a hundredfold: on a busy machine the new connection may take longer than a call may.
  await expect.poll(() => store.now().catch(() => null), { timeout: 60_000 }).toBe(1_700_000_000_000);
});

test.each([
  {
    form: "HELLO",
    said: "ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `user`, `s3cret`",
  },
  { form: "AUTH", said: "ERR unknown command 'AUTH', with args beginning with: 's3cret' " },
  { form: "a URL", said: "connect ECONNREFUSED redis://user:s3cret@host:6379" },
])("what a server or driver repeats of credentials ($form) stands in no error and no cause", ({ said }) => {
  const driver = Object.assign(new Error(said), {
    command: { name: "auth", args: ["s3cret"] },
    lastNodeError: Object.assign(new Error(said), { command: { name: "auth", args: ["user", "s3cret"] } }),
    cause: new AggregateError([Object.assign(new Error(said), { command: { args: ["s3cret"] } })], said),
  });
  const error = storeError(driver, "redis://host", "{shop}");
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("s3cret");
});
