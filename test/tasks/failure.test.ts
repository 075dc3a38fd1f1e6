import { describe, expect, test } from "vitest";
import { TaskError } from "../../src/core/errors.js";
import { describeFailure, type Failure, failureTraceback } from "../../src/core/failure.js";
import { decodeFailure, encodeFailure, RemoteTaskError } from "../../src/tasks/failure.js";

const hostile = new Proxy(
  {},
  {
    get() {
      throw new Error("get");
    },
    getPrototypeOf() {
      throw new Error("getPrototypeOf");
    },
  },
);

function withStack(error: Error, stack: string): Error {
  error.stack = stack;
  return error;
}

describe("anything that was thrown becomes plain data", () => {
  test("an error keeps name, message, stack, code and its causes", () => {
    const cause = withStack(new TypeError("inner"), "TypeError: inner\n    at b");
    const error = withStack(
      new TaskError("SUNBEAT_TIME_LIMIT", "outer", { cause }),
      "TaskError: outer\n    at a",
    );
    expect(describeFailure(error)).toEqual({
      name: "TaskError",
      message: "outer",
      stack: "TaskError: outer\n    at a",
      code: "SUNBEAT_TIME_LIMIT",
      cause: {
        name: "TypeError",
        message: "inner",
        stack: "TypeError: inner\n    at b",
        code: null,
        cause: null,
      },
    });
  });

  test.each<[unknown, string, string]>([
    // thrown     name         message
    [null, "null", "null"],
    [undefined, "undefined", "undefined"],
    ["text", "string", "text"],
    [7n, "bigint", "7"],
    [Symbol("s"), "symbol", "Symbol(s)"],
  ])("%s is %s: %s", (thrown, name, message) => {
    expect(describeFailure(thrown)).toEqual({ name, message, stack: null, code: null, cause: null });
  });

  class Declined {
    constructor(readonly status: number) {}
  }

  test.each<[string, object, Partial<Failure>]>([
    // thrown                     kept
    [
      "an object",
      { status: 402, reason: "declined" },
      {
        name: "object",
        message: '{"status":402,"reason":"declined"}',
        value: { status: 402, reason: "declined" },
      },
    ],
    [
      "an object with a name, a message and a code",
      { name: "Rejected", message: "a record", code: "E_CARD", status: 402 },
      {
        name: "Rejected",
        message: "a record",
        code: "E_CARD",
        value: { name: "Rejected", message: "a record", code: "E_CARD", status: 402 },
      },
    ],
    [
      "an object whose name and message are no texts",
      { message: 5, name: {} },
      { name: "object", message: '{"message":5,"name":{}}', value: { message: 5, name: {} } },
    ],
    [
      "an instance of a class",
      new Declined(402),
      { name: "Declined", message: '{"status":402}', value: { status: 402 } },
    ],
    [
      "an object without prototype",
      Object.assign(Object.create(null) as object, { status: 402 }),
      { name: "object", message: '{"status":402}', value: { status: 402 } },
    ],
    ["a list", ["a", 1n], { name: "Array", message: "a,1", value: ["a", "1"] }],
  ])("%s keeps what is in it", (_, thrown, expected) => {
    expect(describeFailure(thrown)).toEqual({ stack: null, code: null, cause: null, ...expected });
    expect(describeFailure(new Error("outer", { cause: thrown })).cause).toEqual({
      ...{ stack: null, code: null, cause: null, ...expected },
    });
  });

  test.each<[string, Error, string | null]>([
    ["text", Object.assign(new Error("x"), { code: "ENOENT" }), "ENOENT"],
    ["a number of the error's own", Object.assign(new Error("x"), { code: 14 }), "14"],
    ["the number that every DOMException of a kind has", new DOMException("x", "AbortError"), null],
    ["something else", Object.assign(new Error("x"), { code: {} }), null],
  ])("a code that is %s", (_, thrown, code) => {
    expect(describeFailure(thrown).code).toBe(code);
  });

  test("the inner errors of an AggregateError are kept as causes, and fill an empty message", () => {
    // What Node throws where a host has two addresses and none of them answers.
    const refused = Object.assign(
      new AggregateError([
        Object.assign(new Error("connect ECONNREFUSED ::1:1"), { code: "ECONNREFUSED" }),
        new Error("connect ECONNREFUSED 127.0.0.1:1"),
      ]),
      { code: "ECONNREFUSED" },
    );
    const told = describeFailure(new TypeError("fetch failed", { cause: refused }));
    expect(told.cause).toMatchObject({
      name: "AggregateError",
      message: "connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1",
      code: "ECONNREFUSED",
      errors: [
        { message: "connect ECONNREFUSED ::1:1", code: "ECONNREFUSED" },
        { message: "connect ECONNREFUSED 127.0.0.1:1", code: null },
      ],
    });
    const [outer, inner] = [new RemoteTaskError("t1", told), new RemoteTaskError("t1", told.cause!)];
    expect((outer.cause as RemoteTaskError).remoteMessage).toBe(inner.remoteMessage);
    expect(inner.remoteErrors.map((error) => error.remoteMessage)).toEqual([
      "connect ECONNREFUSED ::1:1",
      "connect ECONNREFUSED 127.0.0.1:1",
    ]);
    expect(inner.cause).toBe(inner.remoteErrors[0]);
    expect(failureTraceback(told).match(/^Caused by: /gm)).toHaveLength(3);
  });

  test.each<[string, Error, string]>([
    ["its cause", new Error("", { cause: new Error("why") }), "why"],
    ["a cause that is text", new Error("", { cause: "why" }), "why"],
    ["the cause of its cause", new Error("", { cause: new Error("", { cause: new Error("why") }) }), "why"],
    [
      "its inner errors, once each",
      new AggregateError([new Error("a"), new Error("a"), new Error("b")]),
      "a; b",
    ],
    ["nothing", new Error(""), ""],
  ])("an empty message takes that of %s", (_, thrown, message) => {
    expect(describeFailure(thrown).message).toBe(message);
  });

  test("a tree of AggregateErrors without end is cut", () => {
    const tree: AggregateError = new AggregateError([]);
    tree.errors = Array.from({ length: 50 }, () => tree);
    tree.stack = "s".repeat(1_000_000);
    expect(encodeFailure(describeFailure(tree)).length).toBeLessThan(450_000);
  });

  // Not a row of the table above: the runner would look at it to print the name.
  test("even a proxy that throws when it is looked at", () => {
    expect(describeFailure(hostile)).toEqual({
      name: "object",
      message: "a thrown value that cannot be read",
      stack: null,
      code: null,
      cause: null,
    });
    expect(describeFailure(new Error("outer", { cause: hostile })).cause?.name).toBe("object");
  });

  test("a circle of causes is cut, and long texts too", () => {
    const error = new Error("x".repeat(1_000_000));
    error.cause = error;
    error.stack = "s".repeat(1_000_000);
    const text = encodeFailure(describeFailure(error));
    expect(text.length).toBeLessThan(200_000);
    expect(text.match(/"cause":/g)).toHaveLength(6);
  });
});

describe("a failure", () => {
  test("survives the way through the store", () => {
    const inner = new AggregateError([{ status: 402 }, new Error("b")], "inner", { cause: "text" });
    const failure = describeFailure(new Error("outer", { cause: inner }));
    expect(decodeFailure(encodeFailure(failure))).toEqual(failure);
  });

  test.each<[string | null, string]>([
    [null, "the store kept no details"],
    ["not JSON", "not JSON"],
    ['{"name":5}', '{"name":5}'],
    ["[]", "[]"],
  ])("%s that cannot be read is shown as it is", (payload, message) => {
    expect(decodeFailure(payload)).toEqual({ name: "Error", message, stack: null, code: null, cause: null });
  });

  test("has a traceback with those of its causes", () => {
    const cause = { name: "B", message: "", stack: null, code: null, cause: null };
    expect(failureTraceback({ name: "A", message: "a", stack: "A: a\n    at x", code: null, cause })).toBe(
      "A: a\n    at x\nCaused by: B",
    );
  });
});

test("a RemoteTaskError says that it came from another process and keeps what was thrown there apart", () => {
  const failure = {
    name: "TypeError",
    message: "no such month",
    stack: "TypeError: no such month\n    at close",
    code: "E_MONTH",
    cause: { name: "Error", message: "root", stack: null, code: null, cause: null },
  };
  const error = new RemoteTaskError("t1", failure, "w1@host");
  expect({
    ...error,
    message: error.message,
    name: error.name,
    cause: (error.cause as Error).message,
  }).toEqual({
    name: "RemoteTaskError",
    message: "task t1 failed in another process (w1@host): TypeError: no such month",
    code: "SUNBEAT_TASK_FAILED",
    details: { taskId: "t1", name: "TypeError", message: "no such month", code: "E_MONTH" },
    taskId: "t1",
    remoteName: "TypeError",
    remoteMessage: "no such month",
    remoteCode: "E_MONTH",
    remoteStack: "TypeError: no such month\n    at close",
    remoteValue: undefined,
    remoteErrors: [],
    tries: 1,
    cause: "task t1 failed in another process (w1@host): Error: root",
  });
  expect(error.stack).not.toContain("at close");
});

test("a stored failure tells how many tries the task had, and the first try goes without saying", () => {
  const failure = describeFailure(new Error("no"));
  expect(encodeFailure(failure, 1)).toBe(encodeFailure(failure));
  const read = decodeFailure(encodeFailure(failure, 4));
  expect(read).toEqual({ ...failure, tries: 4 });
  const error = new RemoteTaskError("t1", read, "w1");
  expect([error.tries, error.message]).toEqual([
    4,
    "task t1 failed in another process (w1) after 4 tries: Error: no",
  ]);
});
