/** The reading of real servers: good and bad settings, and servers that do not tell. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/core/clock.js";
import { silentLogger } from "../../src/core/logger.js";
import { systemRandom } from "../../src/core/random.js";
import { judge, type Finding } from "../../src/doctor/index.js";
import { openRedisStore } from "../../src/store/redis/index.js";
import { KEY_NAMES, KEY_TYPES } from "../../src/store/redis/keys.js";
import { surveyRedis, surveyRedisOf } from "../../src/store/redis/survey.js";
import { message } from "../conformance/suite/samples.js";
import { freePort, type RedisServer, startRedis } from "../support/redis-server.js";
import { startCluster, type Topology, until } from "../support/redis-topologies.js";

const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
const LIMIT_MS = 5_000;

async function verdicts(url: string): Promise<Record<string, string>> {
  return table(judge(await surveyRedis(url, context, LIMIT_MS)));
}

/** As docs/redis.md gives them to copy: the least rights, with their keys and channels, and what may come on top. */
const [RIGHTS, CLUSTER_RIGHTS, DOCTOR_RIGHTS] = (() => {
  const page = readFileSync(path.resolve(import.meta.dirname, "../../docs/redis.md"), "utf8");
  const commands = [...page.matchAll(/^ {4}ACL SETUSER sunbeat (?:on >PASSWORD )?([^()]*?)\n\n/gm)];
  if (commands.length !== 3) throw new Error("docs/redis.md: expected three ACL commands");
  return commands.map(([, rules = ""]) => rules.split(/\s+/)) as [string[], string[], string[]];
})();

/** "value verdict" by setting. */
function table(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ setting, value, verdict }) => [setting, `${value} ${verdict}`]));
}

const servers: RedisServer[] = [];
async function start(...args: string[]): Promise<RedisServer> {
  const server = await startRedis({ args });
  servers.push(server);
  return server;
}
afterAll(() => Promise.all(servers.map((server) => server.stop())));

const VERSION = expect.stringMatching(/^\d+\.\d+\.\d+ ok$/) as unknown;
const MEMORY = expect.stringMatching(/^[\d.]+ [KM]iB, no limit ok$/) as unknown;
const CLOCK = expect.stringMatching(/^\S+ (ahead of|behind) this machine ok$/) as unknown;

test("a server as it should be", async () => {
  const { url } = await start("--appendonly", "yes", "--appendfsync", "always");
  expect(await verdicts(url)).toEqual({
    rights: "user default ok",
    redis_version: VERSION,
    redis_mode: "standalone ok",
    role: "master ok",
    "maxmemory-policy": "noeviction ok",
    appendonly: "yes ok",
    aof_last_write_status: "ok ok",
    appendfsync: "always ok",
    "no-appendfsync-on-rewrite": "no ok",
    timeout: "0 ok",
    memory: MEMORY,
    clock: CLOCK,
  });
});

test("a server with every bad setting, and its replica", async () => {
  const bad = ["--maxmemory-policy", "allkeys-lru", "--appendonly", "yes", "--appendfsync", "everysec"];
  const master = await start(...bad, "--timeout", "300", "--repl-diskless-sync-delay", "0");
  const replica = await start("--replicaof", master.host, String(master.port));
  await until("a linked replica", async () =>
    (await master.raw.info("replication")).includes("connected_slaves:1"),
  );
  expect(await verdicts(master.url)).toEqual({
    rights: "user default ok",
    redis_version: VERSION,
    redis_mode: "standalone ok",
    role: "master ok",
    "maxmemory-policy": "allkeys-lru error",
    appendonly: "yes ok",
    aof_last_write_status: "ok ok",
    appendfsync: "everysec warning",
    "no-appendfsync-on-rewrite": "no ok",
    "min-replicas-to-write": "0 warning",
    timeout: "300 warning",
    memory: MEMORY,
    clock: CLOCK,
  });
  expect(await verdicts(replica.url)).toMatchObject({
    rights: "user default error",
    role: "slave error",
    appendonly: "no warning",
  });
});

describe("a server that does not let us ask for its configuration", () => {
  /** What INFO tells all the same, and nothing else. */
  const told = {
    redis_version: VERSION,
    redis_mode: "standalone ok",
    role: "master ok",
    "maxmemory-policy": "noeviction ok",
    appendonly: "yes ok",
    aof_last_write_status: "ok ok",
    appendfsync: "null unknown",
    "no-appendfsync-on-rewrite": "null unknown",
    timeout: "null unknown",
    memory: MEMORY,
    clock: CLOCK,
  };

  test("since the host has renamed CONFIG", async () => {
    const { url } = await start("--appendonly", "yes", "--rename-command", "CONFIG", "");
    expect(await verdicts(url)).toEqual({ rights: "user default ok", ...told });
  });

  describe("by its ACL", () => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await start("--appendonly", "yes", "--appendfsync", "always");
    });
    const user = async (name: string, ...rules: string[]): Promise<string> => {
      await server.raw.call("ACL", "SETUSER", name, "on", ">s%cret@word", ...rules);
      return server.url.replace("//", `//${name}:${encodeURIComponent("s%cret@word")}@`);
    };

    test("with the least rights: unknown, not ok", async () => {
      const url = await user("worker", ...RIGHTS);
      expect(await verdicts(url)).toEqual({ rights: "user unknown ok", ...told });
    });

    test("with those for doctor besides: all is told", async () => {
      const url = await user("doctor", ...RIGHTS, ...DOCTOR_RIGHTS);
      expect(await verdicts(url)).toMatchObject({ rights: "user doctor ok", appendfsync: "always ok" });
    });

    test("without INFO even the version is unknown", async () => {
      const url = await user("blind", ...RIGHTS, "-info");
      expect(await verdicts(url)).toMatchObject({
        ...{ rights: "user unknown ok", redis_version: "null unknown", role: "null unknown" },
        ...{ "maxmemory-policy": "null unknown", "min-replicas-to-write": "null unknown" },
      });
    });

    test.each([
      // rights taken away, what is refused and how it is explained, because
      [["-time"], ["a step: run a command"], "every script asks for the time"],
      [["-publish"], ["a step: run a command"], "scripts wake those who wait"],
      [["-@write"], ["a step: run a command"], "scripts write"],
      [["-eval"], ["a step: run a command"], "every step is a script"],
      [["resetkeys", "~{other}*"], ["a step: ~{sunbeat}*"], "our keys have another name"],
      [
        ["resetchannels", "&{other}*"],
        ["a step: &{sunbeat}*", "to listen: &{sunbeat}*"],
        "our channels have another name",
      ],
      [["-subscribe"], ["to listen: run a command"], "who waits is told by a message"],
    ])("without %j it refuses %j: %s", async (changes, refused) => {
      const url = await user("poor", ...RIGHTS, ...changes);
      const facts = await surveyRedis(url, context, LIMIT_MS);
      const shown = facts.refusals.map((each) => {
        const [explained = "nothing"] = /run a command|[~&]\{sunbeat\}\*/.exec(each) ?? [];
        return `${each.split(":")[0]}: ${explained}`;
      });
      expect(shown).toEqual(refused);
      // Redis 7 and Valkey have words of their own for it.
      for (const each of facts.refusals) expect(each).toMatch(/NOPERM|can't|ACL failure/);
      expect(JSON.stringify(facts)).not.toContain("cret");
    });
  });
});

test("a server that is full is told of, and one that nearly is", async () => {
  const { url, raw } = await start();
  await raw.set("theirs", "x".repeat(40 * 1024 ** 2)); // beside which buffers of connections do not matter
  const [, used = ""] = /^used_memory:(\d+)/m.exec(await raw.info("memory")) ?? [];
  await raw.config("SET", "maxmemory", String(Math.round(Number(used) * 1.05)));
  expect(await verdicts(url)).toMatchObject({ memory: expect.stringMatching(/ of .* warning$/) as unknown });
  await raw.config("SET", "maxmemory", "1mb");
  expect(await verdicts(url)).toMatchObject({
    memory: expect.stringMatching(/ of 1\.0 MiB error$/) as unknown,
  });
});

describe("members of another score than ours", () => {
  const BY_TEXT = [
    ...[
      "alive",
      "failedpos",
      "ledger",
      "names",
      "permits",
      "ratedue",
      "rateturn",
      "ratewait",
      "ready",
      "runs",
    ],
    ...["skipped", "waiters"],
  ];

  test("are looked for in each set that a script reads in order of text", () => {
    const folder = path.resolve(import.meta.dirname, "../../src/store/redis/scripts");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(".lua"),
    );
    const text = files.map((name) => readFileSync(path.join(folder, name), "utf8")).join("");
    const keys = [...text.matchAll(/"Z\w*LEX\w*", key_(\w+)/g)].map(([, key]) => key);
    expect([...new Set(keys)].sort()).toEqual(BY_TEXT);
  });

  test.each(BY_TEXT)("in %s are seen, and gone by what the line says to do", async (name) => {
    const { url, raw } = await start();
    const store = await openRedisStore(url, context);
    await store.sender.enqueue([message("a")]);
    const key = `{sunbeat}:${name}`;
    await raw.zadd(key, -5, "theirs", 7, "theirs too");
    const finding = judge(await surveyRedis(url, context, LIMIT_MS)).find(
      ({ setting }) => setting === "keys",
    );
    expect([finding?.value, finding?.verdict]).toEqual([`2 not ours in ${key}`, "error"]);
    const commands = finding?.advice.match(/ZREMRANGEBYSCORE \S+ \S+ \S+/g) ?? [];
    for (const [verb = "", ...args] of commands.map((each) => each.replaceAll("'", "").split(" ")))
      await raw.call(verb, ...args);
    expect(await verdicts(url)).not.toHaveProperty("keys");
    expect(await store.queues.counts()).toMatchObject([{ queue: "q", ready: 1 }]);
    await store.close();
  });
});

test("a key of another type than ours is seen, whichever it is, and none of ours is", async () => {
  const { url, raw } = await start();
  const store = await openRedisStore(url, context);
  await store.sender.enqueue([message("a")]);
  await store.close();
  expect(await verdicts(url)).not.toHaveProperty("keys");
  await raw.flushall();
  for (const name of KEY_NAMES) {
    if (KEY_TYPES[name] === "list") await raw.set(`{sunbeat}:${name}`, "theirs");
    else await raw.rpush(`{sunbeat}:${name}`, "theirs");
  }
  const { foreign } = await surveyRedis(url, context, LIMIT_MS);
  expect(foreign).toEqual({
    value: KEY_NAMES.map((name) => {
      return { key: `{sunbeat}:${name}`, type: KEY_TYPES[name] === "list" ? "string" : "list", members: 0 };
    }),
  });
});

test("looking writes nothing", async () => {
  const { url, raw } = await start();
  const before = await raw.info("persistence");
  await surveyRedis(url, context, LIMIT_MS);
  expect([await raw.dbsize(), /rdb_changes_since_last_save:0/.test(before)]).toEqual([0, true]);
  expect(await raw.info("persistence")).toContain("rdb_changes_since_last_save:0");
});

test("a client that the program has made is asked and stays open", async () => {
  const { host, port } = await start();
  const client = new Redis({ host, port });
  const findings = table(judge(await surveyRedisOf(client, context, LIMIT_MS)));
  expect(findings).toMatchObject({ rights: "user default ok", role: "master ok", appendonly: "no warning" });
  expect(await client.ping()).toBe("PONG");
  client.disconnect();
});

describe("who cannot be reached or does not want us", () => {
  test.each([
    // because, URL of, code
    ["nobody listens", async () => `redis://127.0.0.1:${await freePort()}`, "SUNBEAT_STORE_UNAVAILABLE"],
    [
      "the password is wrong",
      async () => (await start("--requirepass", "right")).url.replace("//", "//:s3cret-w0rd@"),
      "SUNBEAT_STORE_AUTH",
    ],
  ])("%s", async (_, url, code) => {
    const address = await url();
    const startedAt = systemClock.monotonicMs();
    const error = await surveyRedis(address, context, 700).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code });
    expect((error as Error).message).not.toContain("s3cret-w0rd");
    expect(systemClock.monotonicMs() - startedAt).toBeLessThan(20_000);
  });

  test("a port that never answers as a Redis does, such as one that is spoken to with TLS and has none", async () => {
    const { host, port } = await start();
    const facts = surveyRedis(`rediss://${host}:${port}`, context, 300);
    await expect(facts).rejects.toThrow(
      /has not answered to "connect" within 300ms; .* speaks TLS or not as the URL says/,
    );
  });

  test("a server that is held up is given up in time", async () => {
    const { url, raw } = await start();
    await raw.call("CLIENT", "PAUSE", "20000", "ALL");
    await expect(surveyRedis(url, context, 300)).rejects.toMatchObject({ code: "SUNBEAT_STORE_TIMEOUT" });
  });
});

test("one node of a Cluster, and a sentinel, asked as if they were a server", async () => {
  const node = await start("--cluster-enabled", "yes");
  expect(await verdicts(node.url)).toMatchObject({ redis_mode: "cluster warning" });
  const sentinel = await startRedis({ sentinel: [] });
  servers.push(sentinel);
  expect(await verdicts(sentinel.url)).toMatchObject({
    redis_mode: "sentinel error",
    rights: "user default error",
  });
});

describe("a Cluster", () => {
  let cluster: Topology;
  beforeAll(async () => void (cluster = await startCluster()));
  afterAll(() => cluster?.stop());

  test("has who puts a replica in the place of a master, and one server has not", async () => {
    const { failsOver } = await surveyRedis(cluster.url, context, LIMIT_MS);
    const { url } = await start();
    expect([failsOver, (await surveyRedis(url, context, LIMIT_MS)).failsOver]).toEqual([true, false]);
  });

  test("is asked at each of its masters", async () => {
    const [first] = cluster.servers;
    await first?.raw.config("SET", "maxmemory-policy", "allkeys-lru");
    const { host, port } = first ?? { host: "", port: 0 };
    const others = cluster.servers.slice(1, 3).map((each) => `maxmemory-policy (${each.host}:${each.port})`);
    expect(await verdicts(cluster.url)).toEqual({
      rights: "user default ok",
      redis_version: VERSION,
      role: "master ok",
      [`maxmemory-policy (${host}:${port})`]: "allkeys-lru error",
      ...Object.fromEntries(others.map((name) => [name, "noeviction ok"])),
      appendonly: "no warning",
      "min-replicas-to-write": "0 warning",
      timeout: "0 ok",
      memory: MEMORY,
      clock: CLOCK,
    });
  });

  test("lets a user in who has the rights for it, and nobody with those for one server", async () => {
    const user = async (name: string, ...more: string[]): Promise<string> => {
      const rules = ["on", ">pw", ...RIGHTS, ...more];
      for (const { raw } of cluster.servers) await raw.call("ACL", "SETUSER", name, ...rules);
      return cluster.url.replace("//", `//${name}:pw@`);
    };
    const entitled = await user("entitled", ...CLUSTER_RIGHTS);
    expect(await verdicts(entitled)).toMatchObject({ rights: "user unknown ok", timeout: "null unknown" });
    const store = await openRedisStore(entitled, context);
    const heard: string[] = [];
    await store.channel.subscribe("topic", (payload) => void heard.push(payload));
    await store.channel.publish("topic", "word");
    await until("the word", async () => heard.join() === "word");
    expect(await store.sender.enqueue([message("a")])).toEqual(["queued"]);
    await store.close();
    const poor = surveyRedis(await user("poor"), context, 1_000);
    await expect(poor).rejects.toMatchObject({ code: "SUNBEAT_STORE_AUTH" });
  });

  test.each(CLUSTER_RIGHTS)("does not let a user in without %s", async (right) => {
    const rights = ["on", ">pw", ...RIGHTS, ...CLUSTER_RIGHTS.filter((other) => other !== right)];
    for (const { raw } of cluster.servers) await raw.call("ACL", "SETUSER", "lacking", "reset", ...rights);
    const survey = surveyRedis(cluster.url.replace("//", "//lacking:pw@"), context, 1_000);
    await expect(survey).rejects.toThrow(/the user do what \S*docs|does not let this user run a command/);
  });
});
