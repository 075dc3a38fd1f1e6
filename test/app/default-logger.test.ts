/** What a program that says nothing about logs is told. */
import { expect, onTestFinished, test, vi } from "vitest";
import { coreOf } from "../../src/app/index.js";
import { StoreError } from "../../src/core/errors.js";
import { Reject, Sunbeat, type SunbeatOptions } from "../../src/index.js";
import { openMemoryStore } from "../../src/store/memory/index.js";
import { ManualClock } from "../../src/testing/index.js";

interface Program {
  readonly app: Sunbeat;
  readonly clock: ManualClock;
  readonly printed: string[];
}

function program(options: SunbeatOptions = {}): Program {
  const printed: string[] = [];
  const spies = (["debug", "info", "log", "warn", "error"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((_, text) => void printed.push(String(text))),
  );
  const app = new Sunbeat("program", { broker: "memory:", ...options });
  const clock = new ManualClock("2027-01-01T00:00:00Z");
  onTestFinished(async () => {
    const closed = app.close();
    await clock.advance(20_000);
    await closed;
    for (const spy of spies) spy.mockRestore();
  });
  coreOf(app).use({ clock });
  return { app, clock, printed };
}

const act: Record<string, (program: Program) => Promise<void>> = {
  async "a task fails"({ app, clock }) {
    app.task("fail", () => {
      throw new TypeError("no such lamp");
    });
    await app.worker().start();
    await app.sendTask("fail");
    await clock.advance(1_000);
  },
  async "a task is refused"({ app, clock }) {
    app.task("refuse", () => {
      throw new Reject("not ours");
    });
    await app.worker().start();
    await app.sendTask("refuse");
    await clock.advance(1_000);
  },
  async "a listener of an event fails"({ app, clock }) {
    app.events.on("task-sent", () => {
      throw new Error("in a listener");
    });
    await app.sendTask("t");
    await clock.advance(1_000);
  },
  async "the store is away"({ app, clock }) {
    const away = new StoreError("SUNBEAT_STORE_UNAVAILABLE", "nobody answers at redis:6379", {
      retryable: true,
    });
    const store = (context: Parameters<typeof openMemoryStore>[0]) => {
      const memory = openMemoryStore(context);
      return { ...memory, consumer: { ...memory.consumer, claim: () => Promise.reject(away) } };
    };
    coreOf(app).use({ clock, store });
    await app.worker().start();
    await clock.advance(1_000);
  },
};

const told: [string, RegExp][] = [
  [
    "a task fails",
    /^\[2027-01-01T00:00:0\S+Z sunbeat ERROR\] Task fail\[.*\('no such lamp'\)\n {4}TypeError: .*\n {8}at /,
  ],
  ["a task is refused", /ERROR\] Task refuse\[.* rejected: not ours$/],
  ["a listener of an event fails", /ERROR\] events: a listener of task-sent failed: in a listener\n/],
  ["the store is away", /WARNING\] Store does not answer, .*: nobody answers at redis:6379$/],
];

test.each(told)("%s: one entry on stderr, and none of what goes well", async (what, expected) => {
  const its = program();
  await act[what]!(its);
  expect(its.printed).toEqual([expect.stringMatching(expected) as string]);
});

test.each(told)("%s: not a word where logger is null", async (what) => {
  const its = program({ logger: null });
  await act[what]!(its);
  expect(its.printed).toEqual([]);
});

test("an entry of a beat that cannot be sent is told", async () => {
  const args = (): never => {
    throw new Error("no disk");
  };
  const { app, clock, printed } = program({ beatSchedule: { bad: { task: "t", schedule: 1, args } } });
  app.beat().start();
  await clock.advance(2_000);
  expect(printed).toEqual([
    expect.stringMatching(/ERROR\] Scheduler: cannot send bad, .*no disk.*\n {4}Caused by: /) as string,
  ]);
});

test("text that others wrote can neither forge an entry nor steer a terminal", async () => {
  const { app, clock, printed } = program();
  app.task("fail", () => {
    throw new Error("x\n[2027-01-01T00:00:00.000Z sunbeat ERROR] forged\u001b[2J");
  });
  await app.worker().start();
  await app.sendTask("fail");
  await clock.advance(1_000);
  const [first, ...rest] = printed[0]!.split("\n");
  expect([first, ...rest].join("")).not.toContain("\u001b");
  expect(rest.filter((line) => !line.startsWith("    "))).toEqual([]);
});
