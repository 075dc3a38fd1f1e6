/** What each setting of a Redis means to the promises: a table over facts, without a server. */
import { describe, expect, test } from "vitest";
import { judge, type Finding } from "../../src/doctor/index.js";
import type {
  Reading,
  RedisFacts,
  RedisServerFacts,
  RedisSetting,
} from "../../src/store/contracts/survey.js";

const GOOD: Readonly<Record<RedisSetting, string>> = {
  redis_version: "7.0.15",
  redis_mode: "standalone",
  role: "master",
  "maxmemory-policy": "noeviction",
  appendonly: "yes",
  save: "3600 1 300 100 60 10000",
  appendfsync: "always",
  "no-appendfsync-on-rewrite": "no",
  aof_last_write_status: "ok",
  connected_slaves: "1",
  "min-replicas-to-write": "1",
  "min-replicas-max-lag": "10",
  timeout: "0",
};
const ALL = "D1 D2 E1 E2 L1";
const MIB = 1024 ** 2;

/** Null: the server does not tell. */
type Changes = Partial<Record<RedisSetting, string | null>>;

function server(changes: Changes = {}, address: string | null = null, aheadMs = 3): RedisServerFacts {
  const settings = Object.entries({ ...GOOD, ...changes }).map(([name, value]): [string, Reading] => [
    name,
    value === null ? { unknown: "NOPERM no CONFIG for you" } : { value },
  ]);
  return {
    address,
    settings: Object.fromEntries(settings) as RedisServerFacts["settings"],
    clock: { value: { aheadMs, uncertaintyMs: 1 } },
    memory: { value: { usedBytes: 3 * MIB, limitBytes: 100 * MIB } },
  };
}

function facts(changes: Changes = {}, others: Partial<RedisFacts> = {}): RedisFacts {
  const rest = {
    isCluster: false,
    failsOver: false,
    user: { value: "worker" },
    refusals: [],
    entries: { value: [] },
  };
  return { kind: "redis", servers: [server(changes)], ...rest, foreign: { value: [] }, ...others };
}

function of(findings: readonly Finding[], setting: string): Finding | undefined {
  return findings.find((finding) => finding.setting === setting);
}

test("a server as it should be has a line per setting, and all are ok", () => {
  expect(judge(facts()).map(({ setting, value, verdict }) => [setting, value, verdict])).toEqual([
    ["rights", "user worker", "ok"],
    ["redis_version", "7.0.15", "ok"],
    ["redis_mode", "standalone", "ok"],
    ["role", "master", "ok"],
    ["maxmemory-policy", "noeviction", "ok"],
    ["appendonly", "yes", "ok"],
    ["aof_last_write_status", "ok", "ok"],
    ["appendfsync", "always", "ok"],
    ["no-appendfsync-on-rewrite", "no", "ok"],
    ["min-replicas-to-write", "1", "ok"],
    ["min-replicas-max-lag", "10", "ok"],
    ["timeout", "0", "ok"],
    ["memory", "3.0 MiB of 100.0 MiB", "ok"],
    ["clock", "3ms ahead of this machine", "ok"],
  ]);
});

test.each<[RedisSetting, string, Finding["verdict"], string, string, Changes?]>([
  // setting, value, verdict, weakens, because
  ["maxmemory-policy", "allkeys-lru", "error", ALL, "a full server would evict the queue"],
  ["maxmemory-policy", "volatile-ttl", "error", ALL, "any policy but noeviction may take keys"],
  ["appendonly", "no", "warning", ALL, "a restart loses what came after the snapshot"],
  ["appendfsync", "everysec", "warning", "D1 E1 L1", "power loss takes a second, D1 becomes D2"],
  ["appendfsync", "no", "warning", "D1 E1 L1", "power loss takes what the system held"],
  ["no-appendfsync-on-rewrite", "yes", "warning", "D1 E1 L1", "always is not always during a rewrite"],
  ["aof_last_write_status", "err", "error", ALL, "nothing reaches the disk at this moment"],
  ["min-replicas-to-write", "0", "warning", "D1 E1 L1", "a fail-over drops what was acknowledged"],
  ["min-replicas-max-lag", "0", "warning", "D1 E1 L1", "it switches min-replicas-to-write off"],
  ["role", "slave", "error", ALL, "a replica takes no writes"],
  ["redis_mode", "cluster", "warning", ALL, "the keys may move to another node"],
  ["redis_mode", "sentinel", "error", ALL, "a sentinel has no data"],
  ["redis_version", "6.2.0", "ok", "", "the oldest that is supported"],
  ["redis_version", "6.0.16", "error", ALL, "older than the store supports"],
  ["redis_version", "5.0.14", "error", ALL, "older than the store supports"],
  ["redis_version", "10.1.0", "ok", "", "compared as numbers, not as text"],
  ["redis_version", "unstable", "error", ALL, "not a version that anybody vouches for"],
  ["timeout", "300", "warning", "", "connections end and are made anew; no promise suffers"],
])("%s %s is %s and weakens [%s]: %s", (setting, value, verdict, weakens) => {
  const finding = of(judge(facts({ [setting]: value })), setting);
  expect([finding?.value, finding?.verdict, finding?.weakens.join(" ")]).toEqual([value, verdict, weakens]);
  if (verdict !== "ok") expect(finding?.advice).not.toBe("");
});

test.each([
  // what is not told, what it may weaken
  ["maxmemory-policy", ALL],
  ["appendonly", ALL],
  ["appendfsync", "D1 E1 L1"],
  ["min-replicas-to-write", "D1 E1 L1"],
  ["min-replicas-max-lag", "D1 E1 L1"],
  ["timeout", ""],
  ["redis_version", ALL],
  ["redis_mode", ALL],
  ["role", ALL],
] as const)("%s that the server does not tell is unknown and never ok", (setting, weakens) => {
  const finding = of(judge(facts({ [setting]: null })), setting);
  expect([finding?.value, finding?.verdict, finding?.weakens.join(" ")]).toEqual([null, "unknown", weakens]);
  expect(finding?.advice).toMatch(/^NOPERM no CONFIG for you; it should be /);
});

describe("settings that others leave without a meaning have no line", () => {
  test.each<[string, Changes, readonly RedisSetting[]]>([
    // because, changes, absent
    [
      "without an append-only file there is nothing to force to the disk",
      { appendonly: "no" },
      ["appendfsync", "no-appendfsync-on-rewrite", "aof_last_write_status"],
    ],
    [
      "without a replica nothing fails over",
      { connected_slaves: "0", "min-replicas-to-write": "0" },
      ["min-replicas-to-write", "min-replicas-max-lag"],
    ],
    [
      "how far behind a replica may be means nothing where none is asked for",
      { "min-replicas-to-write": "0" },
      ["min-replicas-max-lag"],
    ],
  ])("%s", (_, changes, absent) => {
    const settings = judge(facts(changes)).map(({ setting }) => setting);
    expect(absent.filter((setting) => settings.includes(setting))).toEqual([]);
  });

  test.each<[string, Changes, string[]]>([
    // because, changes, settings and verdicts
    [
      "a replica that is away comes back, and nobody takes over until then",
      { connected_slaves: "0", "min-replicas-to-write": "0" },
      ["connected_slaves warning", "min-replicas-to-write warning"],
    ],
    ["a replica is there", {}, ["min-replicas-to-write ok", "min-replicas-max-lag ok"]],
  ])("but behind sentinels and in a Cluster they have one: %s", (_, changes, lines) => {
    const replicas = judge(facts(changes, { failsOver: true })).filter(({ setting }) =>
      /replicas|slaves/.test(setting),
    );
    expect(replicas.map(({ setting, verdict }) => `${setting} ${verdict}`)).toEqual(lines);
  });

  test("but they have one where it is not known whether they mean something", () => {
    const findings = judge(facts({ appendonly: null, connected_slaves: null, "min-replicas-to-write": "0" }));
    expect(of(findings, "appendfsync")?.verdict).toBe("ok");
    expect(of(findings, "min-replicas-to-write")?.verdict).toBe("warning");
  });
});

test.each<[string | null, RegExp]>([
  ["", /^a restart loses everything: /],
  ["60 1", /^a restart goes back to the last snapshot: /],
  [null, /^a restart goes back to the last snapshot, or loses everything: /],
])("without an append-only file, save %j decides what a restart costs", (save, advice) => {
  expect(of(judge(facts({ appendonly: "no", save })), "appendonly")?.advice).toMatch(advice);
});

test.each([
  // ms ahead, uncertainty, verdict, value
  [1_000, 0, "ok", "1s ahead of this machine"],
  [1_001, 0, "warning", "1s1ms ahead of this machine"],
  [-90_000, 5, "warning", "1m30s behind this machine"],
  [1_400, 500, "ok", "1s400ms ahead of this machine"],
] as const)("a clock %i ms ahead, known to %i ms, is %s", (aheadMs, uncertaintyMs, verdict, value) => {
  const servers = [{ ...server(), clock: { value: { aheadMs, uncertaintyMs } } }];
  expect(of(judge(facts({}, { servers })), "clock")).toMatchObject({ verdict, value, weakens: [] });
});

test.each<[number, number, Finding["verdict"], string, string, string]>([
  // bytes used, limit, verdict, weakens, value, because
  [100 * MIB, 100 * MIB, "error", ALL, "100.0 MiB of 100.0 MiB", "what is sent is refused"],
  [90 * MIB, 100 * MIB, "warning", "", "90.0 MiB of 100.0 MiB", "soon it will be"],
  [89 * MIB, 100 * MIB, "ok", "", "89.0 MiB of 100.0 MiB", "there is room"],
  [100 * MIB, 0, "ok", "", "100.0 MiB, no limit", "then the machine is the limit"],
])("memory, %i bytes of %i, is %s and weakens [%s]", (usedBytes, limitBytes, verdict, weakens, value) => {
  const servers = [{ ...server(), memory: { value: { usedBytes, limitBytes } } }];
  const finding = of(judge(facts({}, { servers })), "memory");
  expect([finding?.value, finding?.verdict, finding?.weakens.join(" ")]).toEqual([value, verdict, weakens]);
});

test("memory that the server does not tell is unknown and never ok", () => {
  const servers = [{ ...server(), memory: { unknown: "NOPERM no INFO for you" } }];
  expect(of(judge(facts({}, { servers })), "memory")).toMatchObject({ value: null, verdict: "unknown" });
});

test("members that are not ours break every promise, and the line says how to be rid of them", () => {
  const foreign = { value: [{ key: "{sunbeat}:ready", type: null, members: 2 }] };
  expect(of(judge(facts({}, { foreign })), "keys")).toEqual({
    setting: "keys",
    value: "2 not ours in {sunbeat}:ready",
    verdict: "error",
    weakens: ["D1", "D2", "E1", "E2", "L1"],
    advice: expect.stringContaining("ZREMRANGEBYSCORE {sunbeat}:ready -inf '(0' and ") as unknown,
  });
  const replaced = { value: [{ key: "{sunbeat}:seq", type: "list", members: 0 }] };
  expect(of(judge(facts({}, { foreign: replaced })), "keys")).toMatchObject({
    value: "{sunbeat}:seq is a list",
    verdict: "error",
    advice: expect.stringMatching(/ with DEL \{sunbeat\}:seq and restart the beats; /) as unknown,
  });
  expect(of(judge(facts({}, { foreign: { unknown: "NOPERM" } })), "keys")?.verdict).toBe("unknown");
  expect(of(judge(facts()), "keys")).toBeUndefined();
});

test("a refused step breaks every promise, and says in the server's words why", () => {
  const refusals = ["a step: NOPERM no such key for you", "to listen: NOPERM no such channel for you"];
  const finding = of(judge(facts({}, { refusals, user: { unknown: "NOPERM" } })), "rights");
  expect(finding).toEqual({
    setting: "rights",
    value: "user unknown",
    verdict: "error",
    weakens: ["D1", "D2", "E1", "E2", "L1"],
    advice: `refused ${refusals.join("; ")}`,
  });
});

describe("of several masters of a Cluster", () => {
  test("what is the same has one line; clocks and memory that are fine, too", () => {
    const memory = { value: { usedBytes: 5 * MIB, limitBytes: 100 * MIB } };
    const servers = [server({}, "a:1", 3), { ...server({}, "b:2", -8), memory }];
    expect(judge(facts({}, { servers })).map(({ setting }) => setting)).toEqual(
      judge(facts()).map(({ setting }) => setting),
    );
  });

  test("that they are of a Cluster is as it should be", () => {
    const servers = [server({ redis_mode: "cluster" }, "a:1"), server({ redis_mode: "cluster" }, "b:2")];
    expect(of(judge(facts({}, { isCluster: true, servers })), "redis_mode")).toBeUndefined();
  });

  test("what differs has a line for each", () => {
    const servers = [server({ timeout: "5" }, "a:1"), server({}, "b:2")];
    const timeouts = judge(facts({}, { servers })).filter(({ setting }) => setting.startsWith("timeout"));
    expect(timeouts.map(({ setting, verdict }) => [setting, verdict])).toEqual([
      ["timeout (a:1)", "warning"],
      ["timeout (b:2)", "ok"],
    ]);
  });
});

test("a store in memory keeps nothing, which weakens everything and breaks nothing", () => {
  expect(judge({ kind: "memory" })).toEqual([
    {
      setting: "memory:",
      value: "keeps nothing",
      verdict: "warning",
      weakens: ["D1", "D2", "E1", "E2", "L1"],
      advice: expect.stringContaining("sqlite:") as unknown,
    },
  ]);
});
