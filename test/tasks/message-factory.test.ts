import { describe, expect, test } from "vitest";
import { runInTask } from "../../src/tasks/context.js";
import type { TaskContext } from "../../src/tasks/definition.js";
import type { SendOptions } from "../../src/tasks/message.js";
import { messageFactory } from "../../src/tasks/message-factory.js";
import { TaskRegistry } from "../../src/tasks/registry.js";
import { resolveTask } from "../../src/tasks/task-options.js";

const defaults = {
  ignoreResult: false,
  resultTtlMs: 86_400_000,
  maxDeliveries: 5,
  trackStarted: false,
  timeLimitMs: null,
  softTimeLimitMs: null,
};
const registry = new TaskRegistry();
registry.add(resolveTask("plain", {}, () => 1, defaults));
registry.add(
  resolveTask("own", { queue: "q", priority: 3, resultExpires: 60, maxDeliveries: 2 }, () => 1, defaults),
);
registry.add(resolveTask("silent", { ignoreResult: true }, () => 1, defaults));
registry.add(resolveTask("once", { acks: "early" }, () => 1, defaults));

const create = messageFactory({
  registry,
  random: { next: () => 0, uuid: () => "uuid" },
  defaults: { ...defaults, queue: "default", priority: 0, payloadLimit: 1_000, isFair: () => false },
});

const message = (fields: object): object => ({
  id: "uuid",
  task: "plain",
  queue: "default",
  priority: 0,
  maxDeliveries: 5,
  resultTtlMs: 86_400_000,
  body: '{"v":1,"args":[]}',
  ...fields,
});

describe("a message takes each option from the send, else from the task, else from the app", () => {
  test.each<[string, SendOptions | undefined, object, string]>([
    ["plain", undefined, {}, "defaults of the app"],
    ["elsewhere", undefined, { task: "elsewhere" }, "a task this process does not have"],
    [
      "own",
      {},
      { task: "own", queue: "q", priority: 3, maxDeliveries: 2, resultTtlMs: 60_000 },
      "the task's",
    ],
    [
      "own",
      { queue: "fast", priority: 0, maxDeliveries: 1, taskId: "id" },
      {
        task: "own",
        queue: "fast",
        priority: 0,
        maxDeliveries: 1,
        resultTtlMs: 60_000,
        idTtlMs: 60_000,
        id: "id",
      },
      "the send's, also when it is 0",
    ],
    ["once", {}, { task: "once", maxDeliveries: 1 }, "the first delivery is the only one"],
    ["once", { maxDeliveries: 5 }, { task: "once", maxDeliveries: 1 }, "whatever the send says"],
    ["plain", { countdown: "10s" }, { eta: { inMs: 10_000 } }, "counted from the store's clock"],
    ["plain", { countdown: 0 }, {}, "at once"],
    ["plain", { eta: "2027-01-01T01:00:00+01:00" }, { eta: { at: Date.UTC(2027, 0, 1) } }, "ISO 8601"],
    ["plain", { eta: { epochMilliseconds: 5 } }, { eta: { at: 5 } }, "anything that knows its epoch ms"],
    ["plain", { expires: 60 }, { expires: { inMs: 60_000 } }, "a number is seconds from now"],
    ["plain", { expires: new Date(7) }, { expires: { at: 7 } }, "a Date is an instant"],
    ["plain", { headers: { a: "b" } }, { body: '{"v":1,"args":[],"headers":{"a":"b"}}' }, "headers"],
    ["silent", undefined, { task: "silent", resultTtlMs: 0 }, "the store writes no result either"],
    [
      "silent",
      { ignoreResult: false },
      { task: "silent", body: '{"v":1,"args":[],"ignoreResult":false}' },
      "the worker hears that the sender wants it",
    ],
    [
      "plain",
      { resultExpires: "1h" },
      { resultTtlMs: 3_600_000, body: '{"v":1,"args":[],"resultTtlMs":3600000}' },
      "the worker hears how long",
    ],
  ])("%s with %o: %s", (task, options, fields) => {
    expect(create({ task, args: [], options })).toEqual(message(fields));
  });

  test("a run of an entry has the id, entry and instant of its occurrence", () => {
    expect(create({ task: "plain", args: [1], id: "night@5", entry: "night", scheduledFor: 5 })).toEqual(
      message({ id: "night@5", entry: "night", body: '{"v":1,"args":[1],"scheduledFor":5}' }),
    );
  });

  test("a send inside a running task is its child", () => {
    const running = { request: { id: "parent", rootId: "root" } } as TaskContext;
    const { body } = runInTask(running, () => create({ task: "plain", args: [] }));
    expect(body).toBe('{"v":1,"args":[],"parentId":"parent","rootId":"root"}');
  });
});

describe("a wrong send is refused before anything is sent", () => {
  test.each<[object, string, string]>([
    [
      { countDown: 5 },
      "SUNBEAT_OPTION_UNKNOWN",
      'options: unknown option "countDown" (did you mean "countdown"?)',
    ],
    [{ toString: 5 }, "SUNBEAT_OPTION_UNKNOWN", 'options: unknown option "toString"; known are countdown, '],
    [
      { countdown: 1, eta: 2 },
      "SUNBEAT_OPTION_INVALID",
      "countdown and eta: expected one of the two, got [1,2]",
    ],
    [{ countdown: -1 }, "SUNBEAT_OPTION_INVALID", "countdown: expected a duration from 0 to 100 years"],
    [{ countdown: "x" }, "SUNBEAT_DURATION_INVALID", "countdown: "],
    [{ expires: 0 }, "SUNBEAT_OPTION_INVALID", "expires: expected a duration from 1ms to 100 years"],
    [{ eta: "2027-01-01T00:00:00" }, "SUNBEAT_OPTION_INVALID", "eta: expected an instant: "],
    [{ eta: "2027-02-30T00:00:00Z" }, "SUNBEAT_OPTION_INVALID", 'eta: "2027-02-30T00:00:00Z" is not a date'],
    [{ eta: NaN }, "SUNBEAT_OPTION_INVALID", "eta: expected an instant: "],
    [{ expires: new Date(NaN) }, "SUNBEAT_OPTION_INVALID", "expires: expected an instant: "],
    [{ priority: 10 }, "SUNBEAT_OPTION_INVALID", "priority: expected a whole number from 0 to 9, got 10"],
    [{ priority: "5" }, "SUNBEAT_OPTION_INVALID", 'priority: expected a whole number from 0 to 9, got "5"'],
    [{ taskId: "" }, "SUNBEAT_OPTION_INVALID", "taskId: expected text of 1 to 255 characters"],
    [{ taskId: "x".repeat(256) }, "SUNBEAT_OPTION_INVALID", "taskId: expected text of 1 to 255 characters"],
    [
      { queue: " \u00a0 " },
      "SUNBEAT_OPTION_INVALID",
      "queue: expected text of 1 to 255 characters, not only blanks and without control characters",
    ],
    [{ queue: "a\nb" }, "SUNBEAT_OPTION_INVALID", "queue: expected text of 1 to 255 characters"],
    [{ queue: "\ud800" }, "SUNBEAT_OPTION_INVALID", "queue: expected text of 1 to 255 characters"],
    [{ headers: { a: 1 } }, "SUNBEAT_OPTION_INVALID", 'headers: expected an object of texts, got {"a":1}'],
    [{ ignoreResult: 1 }, "SUNBEAT_OPTION_INVALID", "ignoreResult: expected true or false, got 1"],
    [
      { maxDeliveries: 0 },
      "SUNBEAT_OPTION_INVALID",
      "maxDeliveries: expected a whole number from 1 to 1000, got 0",
    ],
    [[], "SUNBEAT_OPTION_INVALID", "options: expected an object, got []"],
  ])("%o", (options, code, start) => {
    expect(() => create({ task: "plain", args: [], options })).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(literally(start)) as string }) as Error,
    );
  });

  test.each<[unknown, unknown, string]>([
    ["", [], "task: expected text of 1 to 255 characters"],
    [5, [], "task: expected text of 1 to 255 characters"],
    ["plain", "ab", 'args of "plain": expected an array, got "ab"'],
    ["plain", undefined, 'args of "plain": expected an array, got undefined'],
  ])("task %o with args %o", (task, args, start) => {
    expect(() => create({ task: task as string, args: args as [] })).toThrow(literally(start));
  });

  test("arguments over the app's limit", () => {
    expect(() => create({ task: "plain", args: ["x".repeat(1_000)] })).toThrow(
      expect.objectContaining({ code: "SUNBEAT_PAYLOAD_TOO_LARGE" }) as Error,
    );
  });
});

function literally(start: string): RegExp {
  return new RegExp(`^${start.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`);
}
