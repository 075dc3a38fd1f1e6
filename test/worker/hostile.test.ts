/* eslint-disable @typescript-eslint/prefer-promise-reject-errors -- user code throws anything, and that is what is tested */
/**
 * Whatever a task throws or gives, its end is stored and told within bounds, and the worker goes on. What one value becomes stands in
 * tasks/failure.test.ts and tasks/payload.test.ts.
 */
import { describe, expect, test } from "vitest";
import { Ignore, Reject, Retry } from "../../src/tasks/outcomes.js";
import { message, retry, Rig, turns } from "./harness.js";

/** Characters of a stored failure, and of a log entry. */
const MOST_STORED = 500_000;
const MOST_LOGGED = 200_000;
const MEGABYTES = "x".repeat(10_000_000);

function no(): never {
  throw new Error("trapped");
}

const trap = new Proxy(function () {}, {
  ...{ get: no, has: no, ownKeys: no, getPrototypeOf: no, getOwnPropertyDescriptor: no, apply: no },
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** An error one of whose members throws when it is read. */
function withTrap(member: string): Error {
  return Object.defineProperty(new Error("x"), member, { get: no });
}

function cyclic(): Error {
  const outer = new Error("outer");
  outer.cause = new Error("inner", { cause: outer });
  return outer;
}

function causes(count: number): Error {
  let error = new Error("first");
  for (let n = 0; n < count; n++) error = new Error("next", { cause: error });
  return error;
}

/** An outcome of another copy of the package, with members that ours do not have. */
function foreign(members: object): object {
  return Object.defineProperty({ ...members }, Symbol.for("sunbeat.outcome"), { value: true });
}

/** Runs the task "t" to its end, then another one; gives what is stored of the first, and what the log says of it. */
async function runs(
  fn: () => unknown,
  options: Parameters<Rig["task"]>[2] = {},
): Promise<{
  readonly rig: Rig;
  readonly stored: Record<string, unknown>;
  readonly lines: readonly string[];
}> {
  const rig = new Rig();
  rig.task("t", fn, options);
  rig.task("fine", () => "fine");
  await rig.send(message("a", "t"));
  await rig.started({ concurrency: 1, prefetch: 1 });
  await turns();
  await rig.send(message("b", "fine"));
  await turns();
  expect(await rig.result("b")).toEqual({ state: "SUCCESS", payload: "fine" });
  const [record] = await rig.memory.results.get(["a"]);
  const lines = rig.logged("t[a]").filter((line) => !line.includes("received"));
  expect([record?.payload?.length ?? 0, MOST_STORED].sort((a, b) => a - b)[1]).toBe(MOST_STORED);
  for (const line of rig.lines) expect(line.length).toBeLessThan(MOST_LOGGED);
  const payload = record?.payload == null ? {} : (JSON.parse(record.payload) as object);
  return { rig, stored: { state: record?.state, ...payload }, lines };
}

describe("a task that throws", () => {
  test.each<[string, () => unknown, string, string]>([
    // what                          thrown                       name        message
    ["null", () => null, "null", "null"],
    ["undefined", () => undefined, "undefined", "undefined"],
    ["false", () => false, "boolean", "false"],
    ["a symbol", () => Symbol("s"), "symbol", "Symbol(s)"],
    ["a BigInt", () => 7n, "bigint", "7"],
    ["an empty text", () => "", "string", ""],
    ["a function", () => () => 1, "object", "() => 1"],
    ["a Proxy that throws when it is looked at", () => trap, "object", "a thrown value that cannot be read"],
    ["a Proxy that was revoked", revoked, "object", "a thrown value that cannot be read"],
    [
      "an error whose message throws",
      () => withTrap("message"),
      "Error",
      "a thrown value that cannot be read",
    ],
    ["an error whose stack throws", () => withTrap("stack"), "Error", "x"],
    ["an error whose name throws", () => withTrap("name"), "Error", "x"],
    ["an error whose cause throws", () => withTrap("cause"), "Error", "x"],
    ["an error whose code throws", () => withTrap("code"), "Error", "x"],
    ["an error whose inner errors throw", () => withTrap("errors"), "Error", "x"],
    ["an error whose class throws", () => withTrap("constructor"), "Error", "x"],
    ["an error that is its own cause", cyclic, "Error", "outer"],
    ["an error with 100,000 causes", () => causes(100_000), "Error", "next"],
    ["an error with 10 MB of message", () => new Error(MEGABYTES), "Error", "x".repeat(10_000)],
    ["10 MB of text", () => MEGABYTES, "string", "x".repeat(10_000)],
    [
      "an error with 10 MB of stack and name",
      () => Object.assign(new Error("big"), { stack: MEGABYTES, name: MEGABYTES }),
      "x".repeat(200),
      "big",
    ],
    [
      "an AggregateError of 100,000",
      () => new AggregateError(Array.from({ length: 100_000 }, (_, n) => new Error(`e${n}`))),
      "AggregateError",
      "e0; e1; e2; e3; e4",
    ],
    [
      "an AggregateError whose errors are trapped",
      () => Object.assign(new AggregateError([], "x"), { errors: trap }),
      "AggregateError",
      "x",
    ],
    [
      "an object that refuses to be JSON",
      () => ({ toJSON: no, toString: no }),
      "object",
      "a thrown value that cannot be read",
    ],
    [
      "a list of four billion holes",
      () => new Array<number>(4_294_967_295),
      "Array",
      "a thrown value that cannot be read",
    ],
    ["a frozen error", () => Object.freeze(new Error("cold")), "Error", "cold"],
  ])("%s fails", async (_, thrown, name, text) => {
    const { stored, lines } = await runs(() => {
      throw thrown();
    });
    expect(stored).toMatchObject({ state: "FAILURE", name, message: text });
    expect(lines).toHaveLength(1);
    expect(lines[0]!.startsWith(`error Task t[a] raised unexpected: ${name}('${text.slice(0, 100)}`)).toBe(
      true,
    );
  });

  test.each<[string, () => unknown]>([
    ["null", () => null],
    ["a Proxy that throws when it is looked at", () => trap],
    ["an error whose message throws", () => withTrap("message")],
    ["an error that is its own cause", cyclic],
  ])("%s is tried again like any other, and so it is as the error of a Retry", async (_, thrown) => {
    const policy = { retry: retry({ max: 1, delayMs: 1_000_000 }) };
    const { stored } = await runs(() => Promise.reject(thrown()), policy);
    expect(stored["state"]).toBe("RETRY");
    const given = await runs(() => Promise.reject(new Retry({ error: thrown() })), policy);
    expect(given.stored["state"]).toBe("RETRY");
  });
});

describe("an outcome that another copy of the package made, or that somebody changed,", () => {
  test.each<[string, () => unknown, string, number | null]>([
    // what                              thrown                                       state      back after ms
    ["a Retry without a countdown", () => foreign({ kind: "retry" }), "RETRY", 5_000],
    ["a countdown that is no number", () => foreign({ kind: "retry", countdownMs: "soon" }), "RETRY", 5_000],
    ["a countdown of NaN", () => Object.assign(new Retry(), { countdownMs: NaN }), "RETRY", 5_000],
    ["a countdown without end", () => Object.assign(new Retry(), { countdownMs: Infinity }), "RETRY", 5_000],
    ["a countdown before now", () => Object.assign(new Retry(), { countdownMs: -1e300 }), "RETRY", 5_000],
    ["a countdown with a fraction", () => Object.assign(new Retry(), { countdownMs: 0.5 }), "RETRY", 5_000],
    ["a countdown of 10^15 ms", () => Object.assign(new Retry(), { countdownMs: 1e15 }), "RETRY", 5_000],
    ["a countdown of 7 s", () => foreign({ kind: "retry", countdownMs: 7_000 }), "RETRY", 7_000],
    ["a kind that we do not know", () => foreign({ kind: "pause" }), "RETRY", 5_000],
    ["a reason that throws", () => foreign({ kind: "reject", reason: { toString: no } }), "FAILURE", null],
    ["a reason of 10 MB", () => new Reject(MEGABYTES), "FAILURE", null],
    ["Ignore for 10 MB of reasons", () => new Ignore(MEGABYTES), "none", null],
  ])("%s has an end", async (_, thrown, state, backAfterMs) => {
    const policy = { retry: retry({ max: 1, delayMs: 5_000 }) };
    const { rig, stored } = await runs(() => Promise.reject(thrown()), policy);
    expect(stored["state"] ?? "none").toBe(state);
    const { nextWakeAt } = await rig.memory.consumer.claim({
      queues: [],
      worker: "w",
      leaseMs: 1_000,
      max: 0,
    });
    expect(nextWakeAt).toBe(backAfterMs === null ? null : rig.clock.now() + backAfterMs);
    for (const { reason } of (await rig.memory.deadLetters.list({ limit: 9 })).letters) {
      expect(reason.length).toBeLessThanOrEqual(1_000);
    }
  });
});

describe("a task that gives", () => {
  const changeling = (): object => {
    let reads = 0;
    return new Proxy(
      { a: 1 },
      { get: (target, key) => (++reads > 2 ? no() : Reflect.get(target, key)) as unknown },
    );
  };

  test.each<[string, () => unknown, object]>([
    // what                     given               stored
    [
      "a function",
      () => () => 1,
      {
        code: "SUNBEAT_PAYLOAD_INVALID",
        message: "result: a function cannot be sent; send data, and name the task that works on it",
      },
    ],
    ["a symbol", () => Symbol("s"), { code: "SUNBEAT_PAYLOAD_INVALID" }],
    ["a BigInt", () => ({ big: 1n }), { code: "SUNBEAT_PAYLOAD_INVALID" }],
    ["itself", () => { const self: unknown[] = []; return (self.push(self), self); }, { code: "SUNBEAT_PAYLOAD_INVALID" }], // prettier-ignore
    ["10 MB of text", () => MEGABYTES, { code: "SUNBEAT_PAYLOAD_TOO_LARGE" }],
    ["10^6 levels", () => { let deep: unknown = 1; for (let n = 0; n < 1e6; n++) deep = [deep]; return deep; }, { code: "SUNBEAT_PAYLOAD_INVALID" }], // prettier-ignore
    ["four billion holes", () => new Array<number>(4_294_967_295), { code: "SUNBEAT_PAYLOAD_INVALID" }],
    ["a promise-like value whose then throws", () => ({ then: no }), { name: "Error", message: "trapped" }],
    [
      "one whose then cannot be read",
      () => Object.defineProperty({}, "then", { get: no }),
      { message: "trapped" },
    ],
    [
      "a promise-like value that rejects with nothing",
      () => ({ then: (_: unknown, bad: () => void) => bad() }),
      { name: "undefined" },
    ],
    [
      "a Proxy that throws when it is looked at",
      () => ({ inner: trap }),
      { code: "SUNBEAT_PAYLOAD_INVALID" },
    ],
    ["a Proxy that was revoked", () => [revoked()], { code: "SUNBEAT_PAYLOAD_INVALID" }],
    ["a getter that throws", () => ({ get a() { return no(); } }), { code: "SUNBEAT_PAYLOAD_INVALID" }], // prettier-ignore
    ["a value that throws at the second look", () => [changeling()], { name: "Error", message: "trapped" }],
  ])("%s fails, is not run again, and says why", async (_, given, expected) => {
    let ran = 0;
    const { stored, lines } = await runs(() => (ran++, given()));
    expect(ran).toBe(1);
    expect(stored).toMatchObject({ state: "FAILURE", ...expected });
    expect(lines[0]).toMatch(/^error Task t\[a\] raised unexpected: /);
  });

  test("a value that cannot be shown any more when the log tells it has succeeded", async () => {
    const { stored, lines } = await runs(() => {
      const { proxy, revoke } = Proxy.revocable({ a: 1 }, {});
      setImmediate(revoke); // after the result was encoded, before the store has it
      return proxy;
    });
    expect(stored["state"]).toBe("SUCCESS");
    expect(lines[0]).toMatch(/^info Task t\[a\] succeeded in /);
  });
});
