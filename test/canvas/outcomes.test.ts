/** What happens when parts of a graph do not succeed: each row of the table of docs/canvas.md that a worker decides. */
import { describe, expect, onTestFinished, test } from "vitest";
import type { GraphProgress } from "../../src/canvas/types.js";
import {
  chain,
  chord,
  currentTask,
  group,
  Ignore,
  locked,
  Reject,
  type Results,
  type Signature,
  stream,
  Sunbeat,
  type TaskFailure,
} from "../../src/index.js";
import { virtualTime, type VirtualTime } from "../../src/testing/index.js";

/** Tasks, and what they have told. */
function program() {
  const app = new Sunbeat("outcomes", { broker: "memory:", logger: null, unknownTaskGrace: "10s" });
  const told: string[] = [];
  const tries = new Map<string, number>();
  const tell = (what: string): void => void told.push(what);
  const tasks = {
    add: app.task("add", (x: number, y: number) => x + y),
    sum: app.task("sum", (all: readonly number[]) => {
      tell("body");
      return all.reduce((a, b) => a + b, 0);
    }),
    fail: app.task("fail", (why: string): number => {
      throw new TypeError(why);
    }),
    flaky: app.task("flaky", { retry: { max: 2, delay: 60 } }, (times: number): number => {
      const { id } = currentTask().request;
      const tried = (tries.get(id) ?? 0) + 1;
      tries.set(id, tried);
      if (tried <= times) throw new TypeError(`try ${tried}`);
      return 5;
    }),
    refuse: app.task("refuse", (): number => {
      throw new Reject("not mine");
    }),
    ignore: app.task("ignore", (): number => {
      throw new Ignore();
    }),
    slow: app.task("slow", { timeLimit: 5 }, () => new Promise<number>(() => undefined)),
    skip: app.task(
      "skip",
      locked("busy", { onBusy: "skip" })(() => 1),
    ),
    large: app.task("large", () => "x".repeat(1_000_000)),
    take: app.task("take", { retry: { max: 3, delay: 1 } }, (all: readonly string[]) => all.length),
    count: app.task("count", async (results: Results<string>) => {
      let all = 0;
      for await (const one of results) all += one.length;
      return all;
    }),
    seen: app.task("seen", (value: unknown) => `${typeof value}`),
    alarm: app.task("alarm", (failure: TaskFailure) => {
      tell(
        `alarm ${failure.task} ${failure.state} ${failure.code ?? failure.name}: ${failure.message.slice(0, 40)}`,
      );
      return "told";
    }),
    badAlarm: app.task("bad-alarm", (failure: TaskFailure): string => {
      tell("bad alarm");
      throw new TypeError(failure.message);
    }),
  };
  return { app, told, tasks };
}
type Program = ReturnType<typeof program>;

async function begin(): Promise<Program & { readonly time: VirtualTime }> {
  const made = program();
  const time = await virtualTime(made.app, { concurrency: 4 });
  onTestFinished(() => time.close());
  return { ...made, time };
}

/** `code`, or `code: cause's code`. */
async function endOf(sent: { get(options: { propagate: false }): Promise<unknown> }): Promise<unknown> {
  const end = await sent.get({ propagate: false });
  if (!(end instanceof Error)) return end;
  const { code, cause } = end as Error & { code: string; cause?: { code?: string } };
  return cause?.code === undefined ? code : `${code}: ${cause.code}`;
}

const counts = ({ state, size, succeeded, failed, unrun, open }: GraphProgress): string =>
  `${state} ${succeeded}+${failed}+${unrun}+${open}=${size}`;

describe("a graph whose part", () => {
  test.each<[string, (of: Program["tasks"]) => Signature<[], unknown>, unknown, string, string[]]>([
    [
      "raises while tries remain waits for it",
      ({ add, flaky }) => chain(flaky.s(2), add.s(1)),
      6,
      "succeeded 2+0+0+0=2",
      [],
    ],
    [
      "fails for good does not go on behind it",
      ({ add, fail }) => chain(fail.s("no"), add.s(1), add.s(2)),
      "SUNBEAT_UPSTREAM_FAILED: SUNBEAT_TASK_FAILED",
      "failed 0+1+2+0=3",
      [],
    ],
    [
      "has used up its tries has failed",
      ({ add, flaky }) => chain(flaky.s(5), add.s(1)),
      "SUNBEAT_UPSTREAM_FAILED: SUNBEAT_TASK_FAILED",
      "failed 0+1+1+0=2",
      [],
    ],
    [
      "fails in a chord calls the error callback once, and no body",
      ({ add, fail, sum, alarm }) =>
        chord([fail.s("one"), add.s(1, 1), fail.s("two")], sum.s()).onError(alarm.s()),
      "SUNBEAT_UPSTREAM_FAILED: SUNBEAT_TASK_FAILED",
      "failed 2+2+1+0=5",
      ["alarm fail FAILURE TypeError: one"],
    ],
    [
      "times out",
      ({ slow, add, alarm }) => chain(slow.s(), add.s(1)).onError(alarm.s()),
      "SUNBEAT_UPSTREAM_FAILED: SUNBEAT_TASK_FAILED",
      "failed 1+1+1+0=3",
      [expect.stringMatching(/^alarm slow FAILURE SUNBEAT_TIME_LIMIT: /) as string],
    ],
    [
      "is refused",
      ({ refuse, add, alarm }) => chain(refuse.s(), add.s(1)).onError(alarm.s()),
      "SUNBEAT_UPSTREAM_FAILED: SUNBEAT_TASK_FAILED",
      "failed 1+1+1+0=3",
      ["alarm refuse FAILURE Reject: not mine"],
    ],
    [
      "is skipped by its lock is revoked",
      ({ skip, add, alarm }) => chain(skip.s(), add.s(1)).onError(alarm.s()),
      "SUNBEAT_UPSTREAM_FAILED: SUNBEAT_TASK_SKIPPED",
      "failed 1+0+2+0=3",
      [expect.stringMatching(/^alarm skip REVOKED SUNBEAT_TASK_SKIPPED: /) as string],
    ],
    [
      "expires before it begins is revoked",
      ({ add, alarm }) => chain(add.s(1, 1), add.s(1).set({ countdown: 60, expires: 30 })).onError(alarm.s()),
      "SUNBEAT_TASK_EXPIRED",
      "failed 2+0+1+0=3",
      [expect.stringMatching(/^alarm add REVOKED SUNBEAT_TASK_EXPIRED: /) as string],
    ],
    [
      "throws Ignore has succeeded, and gives undefined",
      ({ ignore, seen }) => chain(ignore.s(), seen.s()),
      "undefined",
      "succeeded 2+0+0+0=2",
      [],
    ],
    [
      "is the body, and fails, calls the error callback of the chord",
      ({ add, fail, alarm }) => chord([add.s(1, 1)], fail.si("body")).onError(alarm.s()),
      "SUNBEAT_TASK_FAILED",
      "failed 2+1+0+0=3",
      ["alarm fail FAILURE TypeError: body"],
    ],
    [
      "is an error callback, and fails, is called no second time",
      ({ fail, add, badAlarm }) => chain(fail.s("no"), add.s(1)).onError(badAlarm.s()),
      "SUNBEAT_UPSTREAM_FAILED: SUNBEAT_TASK_FAILED",
      "failed 0+2+1+0=3",
      ["bad alarm"],
    ],
    [
      "takes more than 16 MiB fails, and is not tried again",
      ({ large, take, alarm }) =>
        chord(
          Array.from({ length: 17 }, () => large.s()),
          take.s(),
        ).onError(alarm.s()),
      "SUNBEAT_TASK_FAILED",
      "failed 18+1+0+0=19",
      [expect.stringMatching(/^alarm take FAILURE SUNBEAT_PAYLOAD_TOO_LARGE: /) as string],
    ],
    [
      "streams more than that does not",
      ({ large, count }) =>
        chord(
          Array.from({ length: 17 }, () => large.s()),
          stream(count),
        ),
      17_000_000,
      "succeeded 18+0+0+0=18",
      [],
    ],
  ])("%s", async (_, form, end, progress, told) => {
    const at = await begin();
    await at.app.locks.mutex("busy").acquire();
    const sent = await form(at.tasks).delay();
    await at.time.advance("1 hour");
    expect(await endOf(sent)).toEqual(end);
    expect(counts(await sent.progress())).toBe(progress);
    expect(at.told.filter((line) => line !== "body")).toEqual(told);
  });
});

test("a part whose task nobody has is a dead letter, and its graph has failed", async () => {
  const { app, tasks, time } = await begin();
  const sent = await chain(app.signature<number>("nobody", []), tasks.add.s(1)).delay();
  await time.advance("1 minute");
  expect(await endOf(sent)).toBe("SUNBEAT_UPSTREAM_FAILED: SUNBEAT_TASK_FAILED");
  expect(counts(await sent.progress())).toBe("failed 0+1+1+0=2");
});

test("a blocked part that is revoked keeps those behind it from running", async () => {
  const { app, tasks, time } = await begin();
  const sent = await chain(tasks.add.s(1, 1).set({ countdown: 60 }), tasks.add.s(1), tasks.add.s(2)).delay();
  await app.result(`${sent.graphId}:1`).revoke();
  await time.advance("2 minutes");
  expect(await endOf(sent)).toBe("SUNBEAT_UPSTREAM_FAILED: SUNBEAT_TASK_REVOKED");
  expect(counts(await sent.progress())).toBe("failed 1+0+2+0=3");
});

test("a graph that is sent twice under one id is one graph, also when it is over", async () => {
  const { told, tasks, time } = await begin();
  const form = chord([tasks.add.s(1, 1)], tasks.sum.s());
  const sent = await Promise.all([1, 2].map(() => form.applyAsync([], { taskId: "nightly" })));
  await time.advance("1 minute");
  sent.push(await form.applyAsync([], { taskId: "nightly" }));
  await time.advance("1 minute");
  expect(await Promise.all(sent.map((one) => one.get()))).toEqual([2, 2, 2]);
  expect(told).toEqual(["body"]);
});

describe("revoke", () => {
  test.each([
    [false, "SUNBEAT_TASK_REVOKED", "revoked 1+0+2+0=3", "what runs ends as it likes"],
    [true, "SUNBEAT_TASK_REVOKED", "revoked 0+0+3+0=3", "what runs is told to stop"],
  ])("with terminate %s: %s, %s: %s", async (terminate, end, progress) => {
    const { app, tasks, time } = await begin();
    let open!: () => void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const stopped: string[] = [];
    const wait = app.task("wait", { bind: true }, async (self) => {
      self.signal.addEventListener("abort", () => {
        stopped.push((self.signal.reason as { code: string }).code);
        open();
      });
      await gate;
      self.signal.throwIfAborted();
      return 1;
    });
    const sent = await chain(wait.s(), tasks.add.s(1), tasks.add.s(2)).delay();
    await time.advance(1);
    await sent.revoke({ terminate });
    await time.advance(1);
    expect(stopped).toEqual(terminate ? ["SUNBEAT_TASK_REVOKED"] : []);
    open();
    await time.advance("1 minute");
    expect(await endOf(sent)).toBe(end);
    expect(counts(await sent.progress())).toBe(progress);
  });
});

describe("growth is part of the successful end of a run", () => {
  test("what a run adds that then fails, or is tried again, is not added", async () => {
    const { app, tasks, told, time } = await begin();
    let tried = 0;
    const grow = app.task("grow", { bind: true, retry: { max: 1, delay: 1 } }, (self): number => {
      self.add(tasks.add.s(10, 10));
      if (++tried === 1) throw new TypeError("not yet");
      return 1;
    });
    const bad = app.task("bad", { bind: true }, (self): number => {
      self.add(tasks.add.s(10, 10));
      throw new TypeError("never");
    });
    const good = await chord([grow.s()], tasks.sum.s()).delay();
    const failed = await group([bad.s()]).delay();
    await time.advance("1 minute");
    expect([await endOf(good), counts(await good.progress())]).toEqual([21, "succeeded 3+0+0+0=3"]);
    expect(counts(await failed.progress())).toBe("failed 0+1+0+0=1");
    expect(told).toEqual(["body"]);
  });

  test("add outside of a group, and what is no signature, are refused where they are called", async () => {
    const { app, tasks, time } = await begin();
    const codes: unknown[] = [];
    const caught = (call: () => void): void => {
      try {
        call();
      } catch (error) {
        codes.push((error as { code: string }).code);
      }
    };
    const grow = app.task("grow", { bind: true }, (self) => {
      caught(() => self.add(tasks.add.s(1, 1)));
      caught(() => self.replace(5 as never));
    });
    const many = app.task("many", { bind: true }, (self) => {
      caught(() => self.add(...Array.from({ length: 10_001 }, () => tasks.add.s(1, 1))));
      throw new Ignore();
    });
    await grow.delay();
    await group([many.s()]).delay();
    await time.advance("1 minute");
    expect(codes).toEqual(["SUNBEAT_GRAPH_INVALID", "SUNBEAT_OPTION_INVALID", "SUNBEAT_GRAPH_TOO_LARGE"]);
  });

  test("a form that cannot be compiled fails the run that becomes it, with its place, and is not tried again", async () => {
    const { app, tasks, time } = await begin();
    let runs = 0;
    const grow = app.task("grow", { bind: true, retry: { max: 3, delay: 1 } }, (self): unknown => {
      runs++;
      return self.replace(chain(tasks.add.s(1, 1).set({ taskId: "own" }), tasks.add.s(1)));
    });
    const sent = await grow.delay();
    await time.advance("1 minute");
    await expect(sent.get()).rejects.toMatchObject({ remoteCode: "SUNBEAT_GRAPH_INVALID" });
    expect(runs).toBe(1);
  });
});

describe("resume", () => {
  test("what has succeeded stays, what failed runs again with fresh tries, and the callback stays run", async () => {
    const { app, tasks, told, time } = await begin();
    let broken = true;
    const ran: string[] = [];
    const mend = app.task("mend", (name: string): number => {
      ran.push(name);
      if (broken && name === "b") throw new TypeError("broken");
      return 1;
    });
    const sent = await chord([mend.s("a"), mend.s("b")], tasks.sum.s())
      .onError(tasks.alarm.s())
      .delay();
    await time.advance("1 minute");
    expect(counts(await sent.progress())).toBe("failed 2+1+1+0=4");
    broken = false;
    await sent.resume();
    expect((await sent.progress()).state).toBe("running");
    await time.advance("1 minute");
    expect([await endOf(sent), ran, counts(await sent.progress())]).toEqual([
      2,
      ["a", "b", "b"],
      "succeeded 4+0+0+0=4",
    ]);
    expect(told).toEqual(["alarm mend FAILURE TypeError: broken", "body"]);
  });

  test("is refused while it runs, after success, and of a revoked graph", async () => {
    const { app, tasks, time } = await begin();
    const form = chain(tasks.add.s(1, 1).set({ countdown: 60 }), tasks.add.s(1));
    const [good, bad] = [await form.delay(), await form.delay()];
    await expect(good.resume()).rejects.toMatchObject({ code: "SUNBEAT_GRAPH_INVALID" });
    await bad.revoke();
    await time.advance("5 minutes");
    for (const sent of [good, bad]) {
      await expect(sent.resume()).rejects.toMatchObject({ code: "SUNBEAT_GRAPH_INVALID" });
    }
    await expect(app.graph("no-such").resume()).rejects.toMatchObject({ code: "SUNBEAT_GRAPH_UNKNOWN" });
  });
});

test("a graph is gone when its time is over, unless it was saved", async () => {
  const { app, tasks, time } = await begin();
  const [gone, kept] = [
    await chain(tasks.add.s(1, 1), tasks.add.s(1)).delay(),
    await group([tasks.add.s(1, 1)]).delay(),
  ];
  await time.advance("1 minute");
  await kept.save("kept");
  await time.advance("2 days");
  await expect(app.graph(gone.graphId).progress()).rejects.toMatchObject({ code: "SUNBEAT_GRAPH_UNKNOWN" });
  await expect(app.graph(gone.graphId).get()).rejects.toMatchObject({ code: "SUNBEAT_GRAPH_UNKNOWN" });
  expect(await app.graph(kept.graphId).get()).toEqual([2]);
  await kept.forget();
  await time.advance("1 minute");
  await expect(app.graph(kept.graphId).progress()).rejects.toMatchObject({ code: "SUNBEAT_GRAPH_UNKNOWN" });
});

test("events tell of graphs, each once, after the store has it", async () => {
  const { app, tasks, time } = await begin();
  const events: string[] = [];
  app.events.on("*", (event) => {
    if (event.type.startsWith("graph-") || event.type === "task-replaced") {
      events.push(`${event.type} ${(event as { name?: string }).name ?? ""}`.trim());
    }
  });
  const grow = app.task("grow", { bind: true }, (self): number => self.replace(tasks.add.s(1, 1)));
  await chain(tasks.add.s(1, 1), tasks.add.s(1)).delay();
  await time.advance(1);
  const failed = await group([tasks.fail.s("no")]).delay();
  await time.advance(1);
  await failed.resume();
  await failed.revoke();
  await time.advance(1);
  await grow.delay();
  await time.advance(1);
  expect(events).toEqual([
    "graph-started chain",
    "graph-succeeded chain",
    "graph-started group",
    "graph-failed group",
    "graph-resumed group",
    "graph-revoked group",
    "task-replaced",
    "graph-started grow",
    "graph-succeeded grow",
  ]);
});
