/**
 * Arguments of every kind and size on their way through Redis and a real worker: what is taken comes back as it was sent,
 * and what would not is refused at the send, by a typed error that names the place.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { isSunbeatError, Sunbeat, type Task } from "../../src/index.js";
import { HARD_PAYLOAD_LIMIT } from "../../src/tasks/payload.js";
import { PATIENCE_MS } from "../support/fault-crew.js";
import { Programs } from "../support/fault-programs.js";
import { ownNamespace } from "../support/redis-harness.js";

const MB = 1_000_000;
const programs = new Programs();
/** One that takes as much as can be had, and one that was left as it comes. */
let wide: Sunbeat;
let usual: Sunbeat;
let declared: Task<[value: unknown], unknown>;
beforeAll(async () => {
  const broker = `${inject("redisUrl")}/0?namespace=${ownNamespace()}`;
  // Ten megabytes are on their way for longer than a third of a second, the bound of a claim with the lease of the other suites.
  const options = { payloadLimit: HARD_PAYLOAD_LIMIT, lease: 10 };
  wide = new Sunbeat("wide", { broker, ...options });
  usual = new Sunbeat("usual", { broker });
  declared = usual.task("echo", (value: unknown) => value);
  await programs.worker({ broker, options });
});
afterAll(async () => {
  await programs.dispose();
  await Promise.all([wide.close(), usual.close()]);
});

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

const cycle: { self?: unknown; list: unknown[] } = { list: [] };
cycle.list.push(cycle);

async function refusal(send: () => Promise<unknown>): Promise<unknown> {
  try {
    await send();
    return "it was sent";
  } catch (error) {
    return isSunbeatError(error) ? [error.code, error.details["path"]] : error;
  }
}

describe("what comes back as it was sent", () => {
  test.each<[string, unknown]>([
    ["empty text", ""],
    ["an empty array", []],
    ["an empty object", {}],
    ["null", null],
    ["false", false],
    ["lone surrogates in text and in a name", { "\udc00": "\ud800x\udfff", ok: "\ud83d\ude00" }],
    [
      "control characters, NUL and the first character of what the store marks",
      "\u0000\u0001{}\u0001\u2028\r\n",
    ],
    ["names of Object.prototype", { constructor: 1, toString: null, hasOwnProperty: [], valueOf: {} }],
    ["numbers at the ends", [Number.MAX_VALUE, 5e-324, Number.MAX_SAFE_INTEGER, -1e21, 0.1]],
    // Two levels are those of the arguments and of the result.
    ["98 levels", nested(98)],
    ["a million elements", Array.from({ length: 1_000_000 }, (_, index) => index % 10)],
    ["ten megabytes of text", "0123456789".repeat(MB)],
    ["ten megabytes of what takes three bytes each, and the escape of each line", "€\n".repeat(2 * MB)],
    [
      "two hundred thousand names",
      Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`k${index}`, index])),
    ],
  ])(
    "%s",
    async (_, value) => {
      const sent = await wide.sendTask("echo", [value]);
      const arrived = await sent.get({ timeout: PATIENCE_MS / 1_000 });
      // Told as a word: the difference of ten megabytes helps nobody.
      expect(JSON.stringify(arrived) === JSON.stringify(value) ? "equal" : typeof arrived).toBe("equal");
      if (JSON.stringify(value).length < 10_000) expect(arrived).toEqual(value);
    },
    PATIENCE_MS,
  );
});

describe("what is refused at the send", () => {
  const invalid = "SUNBEAT_PAYLOAD_INVALID";
  const tooLarge = "SUNBEAT_PAYLOAD_TOO_LARGE";
  test.each<[string, unknown, string, string]>([
    ["NaN", { a: [0, NaN] }, invalid, "args[0].a[1]"],
    ["Infinity", [-Infinity], invalid, "args[0][0]"],
    ["a BigInt", { amount: 1n }, invalid, "args[0].amount"],
    ["a Date", { at: { from: new Date(0) } }, invalid, "args[0].at.from"],
    ["an invalid Date", new Date(NaN), invalid, "args[0]"],
    ["a Buffer", { "the file": Buffer.from("x") }, invalid, 'args[0]["the file"]'],
    ["undefined", [1, undefined], invalid, "args[0][1]"],
    ["a Map", new Map(), invalid, "args[0]"],
    ["a function", () => 1, invalid, "args[0]"],
    ["a symbol", Symbol("x"), invalid, "args[0]"],
    ["__proto__ as a name", JSON.parse('{"__proto__":{"polluted":1}}'), invalid, "args[0].__proto__"],
    ["a cycle", cycle, invalid, "args[0].list[0]"],
    ["depth 10,000", nested(10_000), invalid, `args[0]${".a[0]".repeat(9)}.a...`],
    ["ten megabytes above the usual limit", "x".repeat(10 * MB), tooLarge, "args[0]"],
    ["a hundred megabytes", "x".repeat(100 * MB), tooLarge, "args[0]"],
    [
      "a million elements above the usual limit",
      Array.from({ length: 1_000_000 }, () => 1),
      tooLarge,
      "args[0][524287]",
    ],
  ])("%s", async (_, value, code, path) => {
    const before = process.cpuUsage();
    const found = [
      await refusal(() => usual.sendTask("echo", [value])),
      await refusal(() => declared.delay(value)),
    ];
    expect(found).toEqual([
      [code, path],
      [code, path],
    ]);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(2_000);
  });

  test("a hundred megabytes are more than any limit allows", async () => {
    expect(await refusal(() => wide.sendTask("echo", ["x".repeat(100 * MB)]))).toEqual([tooLarge, "args[0]"]);
    expect(() => new Sunbeat("x", { broker: "memory:", payloadLimit: 100 * MB })).toThrow(
      expect.objectContaining({ code: "SUNBEAT_OPTION_INVALID" }),
    );
  });

  test("the arguments of an entry, where it is declared and where it is set", async () => {
    const entry = { task: "t", schedule: 60, args: [{ rate: NaN }] };
    expect(() => new Sunbeat("x", { broker: "memory:", beatSchedule: { e: entry } })).toThrow(
      /entry "e".*args\[0\]\.rate: NaN would arrive as null/,
    );
    await expect(usual.schedules.set("e", entry)).rejects.toThrow(
      /args\[0\]\.rate: NaN would arrive as null/,
    );
  });

  test("nothing of it has reached the store", async () => {
    expect(await (await usual.sendTask("echo", ["last"])).get({ timeout: PATIENCE_MS / 1_000 })).toBe("last");
  });
});
