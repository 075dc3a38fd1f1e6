import { expect, test } from "vitest";
import { isSunbeatError } from "../../src/core/errors.js";
import { Ignore, outcomeOf, Reject, Retry } from "../../src/tasks/outcomes.js";

test.each([
  [new Retry({ countdown: "1m", error: "why" }), { kind: "retry", countdownMs: 60_000, error: "why" }],
  [new Retry(), { kind: "retry", countdownMs: null, error: undefined }],
  [new Retry({ countdown: 0 }), { kind: "retry", countdownMs: 0, error: undefined }],
  [new Reject(), { kind: "reject", reason: "rejected", requeue: false }],
  [new Reject("bad data", { requeue: true }), { kind: "reject", reason: "bad data", requeue: true }],
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
])("a countdown of %s is refused", (countdown, code) => {
  expect(() => new Retry({ countdown })).toThrow(expect.objectContaining({ code }) as Error);
});

test("a proxy that throws when it is looked at is no outcome", () => {
  const hostile = new Proxy({}, { get: () => { throw new Error("get"); } }); // prettier-ignore
  expect(outcomeOf(hostile)).toBeNull();
});
