/** What worker and children tell each other: errors, outcomes, orders to stop. */
import { describe, expect, test } from "vitest";
import { isSunbeatError, LockError, StoreError, TaskError } from "../../../src/core/errors.js";
import { makeStopFlag, StopFlag } from "../../../src/worker/pools/stop-flag.js";
import { errorFromWire, errorToWire, fromWire, isFromChild, toWire } from "../../../src/worker/pools/wire.js";

const travelled = (error: unknown): Error =>
  errorFromWire(JSON.parse(JSON.stringify(errorToWire(error))) as ReturnType<typeof errorToWire>);

test.each([
  [new TaskError("SUNBEAT_LEASE_LOST", "gone", { details: { id: "a" } }), TaskError, "an error of a run"],
  [
    new LockError("SUNBEAT_LOCK_BUSY", "busy", { details: { lock: "l" } }),
    LockError,
    "one that code branches on",
  ],
  [
    new StoreError("SUNBEAT_STORE_TIMEOUT", "late", { retryable: true }),
    StoreError,
    "one that may be tried again",
  ],
])("%o arrives as what it was: %s", (error, Class) => {
  const there = travelled(error);
  expect(there).toBeInstanceOf(Class);
  expect(isSunbeatError(there)).toBe(true);
  const { name, message, code, details } = error;
  expect(there).toMatchObject({ name, message, code, details });
  if (error instanceof StoreError) expect((there as StoreError).retryable).toBe(error.retryable);
});

test.each<[thrown: unknown, name: string, message: string, because: string]>([
  [new RangeError("far", { cause: new Error("why") }), "RangeError", "far", "an error of others"],
  [null, "null", "null", "what was thrown is no error"],
  ["text", "string", "text", "nor is this"],
])("%o arrives with its name and text: %s", (thrown, name, message, _because) => {
  expect(travelled(thrown)).toMatchObject({ name, message });
  expect(isSunbeatError(travelled(thrown))).toBe(false);
});

test("a result travels as its text, and is read where somebody wants its value", () => {
  const sent = toWire({ kind: "succeeded", value: { a: 1 }, payload: '{"a":1}' });
  expect(sent).toEqual({ kind: "succeeded", payload: '{"a":1}' });
  expect(fromWire(sent, true)).toEqual({ kind: "succeeded", value: { a: 1 }, payload: '{"a":1}' });
  expect(fromWire(sent, false)).toEqual({ kind: "succeeded", value: undefined, payload: '{"a":1}' });
});

test.each<[message: unknown, is: boolean, because: string]>([
  [{ kind: "ended", run: 1 }, true, "one of ours"],
  [{ kind: "greeting" }, false, "the user's code may send over the same channel"],
  ["ready", false, "as programs under a process manager do"],
  [null, false, "nothing"],
])("%j is a message of a child: %s", (message, is, _because) => {
  expect(isFromChild(message)).toBe(is);
});

describe("the flag", () => {
  test("gives each text once, and the newest of several", () => {
    const shared = makeStopFlag();
    const [writer, reader] = [new StopFlag(shared), new StopFlag(shared)];
    expect(reader.read()).toBeNull();
    writer.write("one, of some length");
    writer.write("zw\u00f6lf \ud83d\ude00");
    expect([reader.read(), reader.read()]).toEqual(["zw\u00f6lf \ud83d\ude00", null]);
  });

  test("gives nothing of a text that is being written", () => {
    const shared = makeStopFlag();
    const reader = new StopFlag(shared);
    new StopFlag(shared).write("whole");
    Atomics.add(new Int32Array(shared), 0, 1); // as a writer does before it writes
    expect(reader.read()).toBeNull();
    Atomics.add(new Int32Array(shared), 0, 1);
    expect(reader.read()).toBe("whole");
  });

  test("says so where a text has no room", () => {
    expect(new StopFlag(makeStopFlag()).write("x".repeat(20_000))).toBe(false);
  });
});
