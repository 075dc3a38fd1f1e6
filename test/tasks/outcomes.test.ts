import { expect, test } from "vitest";
import { LONGEST_DURATION_MS } from "../../src/core/options.js";
import { isSunbeatError } from "../../src/core/errors.js";
import { Ignore, outcomeOf, Reject, Retry } from "../../src/tasks/outcomes.js";

test.each([
  [new Retry({ countdown: "1m", error: "why" }), { kind: "retry", countdownMs: 60_000, error: "why" }],
  [new Retry(), { kind: "retry", countdownMs: null, error: undefined }],
  [new Retry({ countdown: 0 }), { kind: "retry", countdownMs: 0, error: undefined }],
  [new Reject(), { kind: "reject", reason: "rejected", requeue: false }],
  [new Reject("bad data", { requeue: true }), { kind: "reject", reason: "bad data", requeue: true }],
  [new Reject({ requeue: true }), { kind: "reject", reason: "rejected", requeue: true }],
  [new Reject({}), { kind: "reject", reason: "rejected", requeue: false }],
  [new Reject(undefined, { requeue: true }), { kind: "reject", reason: "rejected", requeue: true }],
  [new Reject(new Error("no card") as never), { kind: "reject", reason: "no card", requeue: false }],
  [new Ignore(), { kind: "ignore" }],
])("%s is an outcome, not a sunbeat error", (thrown, fields) => {
  expect(outcomeOf(thrown)).toBe(thrown);
  expect(thrown).toMatchObject(fields);
  expect(isSunbeatError(thrown)).toBe(false);
});

test.each([[null], ["retry"], [new Error("x")], [{ kind: "retry" }]])("%o is no outcome", (thrown) => {
  expect(outcomeOf(thrown)).toBeNull();
});

test.each([
  [-1, "SUNBEAT_OPTION_INVALID"],
  ["soon", "SUNBEAT_DURATION_INVALID"],
  ["Wed, 21 Oct 2026 07:28:00 GMT", "SUNBEAT_DURATION_INVALID"],
  [NaN, "SUNBEAT_DURATION_INVALID"],
  [Infinity, "SUNBEAT_DURATION_INVALID"],
  [1e15, "SUNBEAT_DURATION_INVALID"],
  [1e12, "SUNBEAT_OPTION_INVALID"],
  ["36526d", "SUNBEAT_OPTION_INVALID"],
  [null, "SUNBEAT_DURATION_INVALID"],
])("a countdown of %s is refused, and the error that led to it is the cause", (countdown, code) => {
  const error = new Error("429");
  expect(() => new Retry({ countdown: countdown as number, error })).toThrow(
    expect.objectContaining({ code, cause: error }) as Error,
  );
});

test("a countdown of 100 years is the longest", () => {
  expect(new Retry({ countdown: "36525d" }).countdownMs).toBe(LONGEST_DURATION_MS);
});

test.each([
  [{ requeu: true }, "SUNBEAT_OPTION_UNKNOWN"],
  [{ requeue: "yes" }, "SUNBEAT_OPTION_INVALID"],
])("the options %o of Reject are refused", (options, code) => {
  const refused = expect.objectContaining({ code }) as Error;
  expect(() => new Reject(options as never)).toThrow(refused);
  expect(() => new Reject("no", options as never)).toThrow(refused);
});

test("a proxy that throws when it is looked at is no outcome", () => {
  const hostile = new Proxy({}, { get: () => { throw new Error("get"); } }); // prettier-ignore
  expect(outcomeOf(hostile)).toBeNull();
});
