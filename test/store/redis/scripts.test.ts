import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, inject, test } from "vitest";
import { systemClock } from "../../../src/core/clock.js";
import { silentLogger } from "../../../src/core/logger.js";
import { systemRandom } from "../../../src/core/random.js";
import { KEY_NAMES, keyspace } from "../../../src/store/redis/keys.js";
import { openRedisStore } from "../../../src/store/redis/index.js";
import { SCRIPTS } from "../../../src/store/redis/scripts.generated.js";
import { describeHeader, render } from "../../support/lua-module.js";
import { ownNamespace } from "../../support/redis-harness.js";

/** CRC16 (XMODEM) of what stands in the first braces: the slot of a key in a Cluster. */
function slotOf(key: string): number {
  const tagged = /\{([^}]+)\}/.exec(key)?.[1] ?? key;
  let crc = 0;
  for (const byte of Buffer.from(tagged)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % 16_384;
}

describe("the generated module", () => {
  test("is what `npm run lua` would write", () => {
    const written = readFileSync(
      new URL("../../../src/store/redis/scripts.generated.ts", import.meta.url),
      "utf8",
    );
    expect(written === render(), "run `npm run lua` and commit the module").toBe(true);
  });

  test("has every script of the folder", () => {
    const files = readdirSync(new URL("../../../src/store/redis/scripts/", import.meta.url));
    const names = files.filter((file) => file.endsWith(".lua")).map((file) => file.slice(0, -".lua".length));
    expect(Object.keys(SCRIPTS).sort()).toEqual(names.sort());
  });
});

describe.each(Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[])("%s.lua", (name) => {
  test("says in its header what it takes and gives", () => {
    const { args, flags } = SCRIPTS[name];
    expect(describeHeader(name)).toEqual({ sentence: true, returns: true, args: [...args] });
    expect(flags.length).toBeLessThanOrEqual(1);
  });

  test("takes only keys that keys.ts builds, all of one slot", () => {
    const { keys } = keyspace("shop.prod:1");
    const names: readonly string[] = SCRIPTS[name].keys;
    expect(names.filter((each) => !(KEY_NAMES as readonly string[]).includes(each))).toEqual([]);
    expect(new Set(SCRIPTS[name].keys.map((each) => slotOf(keys[each]))).size).toBeLessThanOrEqual(1);
  });

  test("names no key of its own", () => {
    // Every key and pattern would be a text with a brace or a colon in a call.
    const { fast, body } = SCRIPTS[name];
    expect(fast.text + body).not.toMatch(/call\("[A-Z]+", *"/);
  });
});

test("the slot of a key is that of the Redis documentation", () => {
  expect([slotOf("123456789"), slotOf("{user1000}.following")]).toEqual([
    0x31c3 % 16_384,
    slotOf("user1000"),
  ]);
});

test("no key outside the hash tag is touched", async () => {
  const namespace = ownNamespace();
  const context = { clock: systemClock, random: systemRandom, logger: silentLogger };
  const url = inject("redisUrl");
  const store = await openRedisStore(url, context, { namespace });
  const { Redis } = await import("ioredis");
  const raw = new Redis(url);
  try {
    await store.results.put("a", { state: "SUCCESS", payload: null }, 1_000);
    const keys = await raw.keys("*");
    expect(keys.filter((key) => key.startsWith(`{${namespace}}:`)).sort()).toEqual([
      `{${namespace}}:meta`,
      `{${namespace}}:res`,
    ]);
    expect(keys.filter((key) => !/^\{[^}]+\}:[a-z]+$/.test(key))).toEqual([]);
  } finally {
    raw.disconnect();
    await store.close();
  }
});

test.each(["", "a b", "a{b", "a}b", "x".repeat(65), "ü"])("%j is not a namespace", (namespace) => {
  expect(() => keyspace(namespace)).toThrow(expect.objectContaining({ code: "SUNBEAT_OPTION_INVALID" }));
});
