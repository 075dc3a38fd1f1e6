/** What a run in a child comes to, whatever its function does. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TaskDefinition } from "../../../src/tasks/definition.js";
import { type Kind, KINDS, openWorld, type World } from "./harness.js";

interface Case {
  readonly task: string;
  readonly args?: readonly unknown[];
  readonly options?: Partial<TaskDefinition>;
  readonly wanted: object;
  /** Absent: both. */
  readonly only?: Kind;
  readonly because: string;
}

const failure = (name: string, text: unknown): object => ({
  kind: "failed",
  error: expect.objectContaining({ name, message: text }) as unknown,
});
const lost = (how: RegExp): object => ({
  kind: "lost",
  error: expect.objectContaining({
    code: "SUNBEAT_WORKER_LOST",
    message: expect.stringMatching(how) as unknown,
  }) as unknown,
});

const ENDS: readonly Case[] = [
  { task: "noop", wanted: { kind: "succeeded", payload: null }, because: "nothing is given" },
  {
    task: "echo",
    args: [{ a: ["\u2028\ud83d\ude00", null] }],
    wanted: { kind: "succeeded", payload: '{"a":["\u2028\ud83d\ude00",null]}' },
    because: "the result travels as the text that is stored",
  },
  { task: "fail", args: ["no"], wanted: failure("Error", "no"), because: "it throws" },
  { task: "throw-null", wanted: failure("null", "null"), because: "what is thrown is no error" },
  {
    task: "throw-proxy",
    wanted: failure("object", expect.any(String)),
    because: "each look at what is thrown throws",
  },
  {
    task: "throw-getter",
    wanted: failure("Error", "a thrown value that cannot be read"),
    because: "its message cannot be read",
  },
  {
    task: "return-function",
    wanted: {
      kind: "failed",
      error: expect.objectContaining({ code: "SUNBEAT_PAYLOAD_INVALID" }) as unknown,
    },
    because: "a function has no JSON form",
  },
  {
    task: "fail",
    args: ["again"],
    options: { retry: { max: 1, delayMs: 5, backoff: false, maxDelayMs: 5, jitter: false, on: () => true } },
    wanted: failure("Error", "again"),
    because: "the child judges by its own definition, which has no retries",
  },
  {
    task: "missing",
    wanted: { kind: "unknown", reason: expect.stringContaining("Received unregistered task") as unknown },
    because: "the child has other files than its worker",
  },
  {
    task: "loop",
    options: { timeLimitMs: 100 },
    wanted: { kind: "timed-out", limitMs: 100 },
    because: "a busy loop is killed",
  },
  {
    task: "never",
    options: { timeLimitMs: 100 },
    wanted: { kind: "timed-out", limitMs: 100 },
    because: "a promise that never settles is no way out",
  },
  {
    task: "polls",
    options: { softTimeLimitMs: 50 },
    wanted: { kind: "succeeded", payload: '"SUNBEAT_SOFT_TIME_LIMIT"' },
    because: "a loop that polls its signal sees the soft limit without a turn of the event loop",
  },
  {
    task: "polls-throwing",
    options: { softTimeLimitMs: 50 },
    wanted: {
      kind: "failed",
      error: expect.objectContaining({ code: "SUNBEAT_SOFT_TIME_LIMIT" }) as unknown,
    },
    because: "throwIfAborted() polls, too",
  },
  {
    task: "waits-signal",
    options: { softTimeLimitMs: 50 },
    wanted: { kind: "succeeded", payload: '"SUNBEAT_SOFT_TIME_LIMIT"' },
    because: "one that waits for the event hears it",
  },
  {
    task: "exit",
    args: [3],
    wanted: lost(/gone: (child|thread) \d+ exited with code 3$/),
    because: "it ends its process",
  },
  { task: "exit", args: [0], wanted: lost(/exited with code 0$/), because: "no code makes that a success" },
  { task: "abort", only: "processes", wanted: lost(/was ended by SIGABRT$/), because: "it aborts" },
  {
    task: "segfault",
    only: "processes",
    wanted: lost(/was ended by SIGSEGV$/),
    because: "native code fails",
  },
  {
    task: "disconnect",
    only: "processes",
    wanted: lost(/exited with code 1$/),
    because: "nobody can ask it any more",
  },
  { task: "uncaught", wanted: lost(/exited with code 1/), because: "an exception outside of its function" },
];

describe.each(KINDS)("what a run comes to in %s", (kind) => {
  let world: World;
  beforeAll(async () => void (world = await openWorld(afterAll, kind, { size: 3 })));

  const cases = ENDS.filter(({ only }) => only === undefined || only === kind);
  test.concurrent.for(cases)("$task $args $options: $because", async ({ task, args, options, wanted }) => {
    expect(await world.outcome(task, args, options)).toMatchObject(wanted);
  });

  test("its slots are back", async () => {
    expect(await Promise.all([1, 2, 3].map((n) => world.outcome("echo", [n])))).toMatchObject([
      { payload: "1" },
      { payload: "2" },
      { payload: "3" },
    ]);
    expect(world.fatal).toEqual([]);
  });
});
