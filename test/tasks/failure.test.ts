import { describe, expect, test } from "vitest";
import { TaskError } from "../../src/core/errors.js";
import {
  decodeFailure,
  describeFailure,
  encodeFailure,
  failureTraceback,
  RemoteTaskError,
} from "../../src/tasks/failure.js";

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
    // thrown                        name         message
    [null, "null", "null"],
    [undefined, "undefined", "undefined"],
    ["text", "string", "text"],
    [7n, "bigint", "7"],
    [Symbol("s"), "symbol", "Symbol(s)"],
    [{ message: 5, name: {} }, "object", "[object Object]"],
    [{ message: "a record", name: "Rejected" }, "Rejected", "a record"],
    [Object.create(null), "object", "a thrown value that cannot be read"],
  ])("%s is %s: %s", (thrown, name, message) => {
    expect(describeFailure(thrown)).toEqual({ name, message, stack: null, code: null, cause: null });
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
    const failure = describeFailure(new Error("outer", { cause: new Error("inner", { cause: "text" }) }));
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
    cause: "task t1 failed in another process (w1@host): Error: root",
  });
  expect(error.stack).not.toContain("at close");
});
