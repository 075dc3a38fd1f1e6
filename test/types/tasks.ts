/** Checked by the compiler alone: what must have which type, and what must not compile. Never run. */
import {
  locked,
  Sunbeat,
  type AsyncResult,
  type StandardSchema,
  type Task,
  type TaskContext,
} from "../../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `is<T>()(value, true)` compiles only when the type of the value is exactly T. */
function is<Expected>(): <Actual>(_value: Actual, _: Same<Actual, Expected>) => void {
  return () => undefined;
}

const app = new Sunbeat("types");

export async function inference(): Promise<void> {
  const add = app.task("tasks.add", (x: number, y: number) => x + y);
  is<Task<[x: number, y: number], number>>()(add, true);
  is<AsyncResult<number>>()(await add.delay(1, 2), true);
  const many = await add.delayMany([
    [1, 1],
    [2, 2],
  ]);
  is<AsyncResult<number>[]>()(many, true);
  const sum: number = await add(4, 5);
  void sum;

  const ping = app.task("tasks.ping", async () => "pong");
  is<Task<[], string>>()(ping, true);

  const bound = app.task("bound", { bind: true, retry: { max: 5, backoff: true } }, (self, who: string) => {
    is<TaskContext>()(self, true);
    return self.request.scheduledFor ?? who;
  });
  is<Task<[who: string], string | Date>>()(bound, true);

  const loose = app.task("loose", { queue: "q" }, (a: string, b?: number, ...rest: boolean[]) => [
    a,
    b,
    rest,
  ]);
  await loose.delay("a");
  await loose.applyAsync(["a", 1, true, false], { countdown: 10, expires: 120, priority: 5 });

  const schema = {} as StandardSchema<{ at: string }, { at: Date }>;
  const typed = app.task("typed", { input: schema }, (data, times: number) => data.at.getTime() * times);
  is<Task<[input: { at: string }, times: number], number>>()(typed, true);
  const both = app.task(
    "both",
    { input: schema, bind: true },
    (self, { at }) => [self.request.id, at] as const,
  );
  is<Task<[input: { at: string }], readonly [string, Date]>>()(both, true);

  // A list of any tasks.
  const all: Task[] = [add, ping, bound, loose];
  void all;
  const named = await app.sendTask<number>("tasks.add", [2, 2]);
  is<number>()(await named.get(), true);
}

/** Versions of the compiler differ in whether `undefined` is part of an optional element, and agree in this. */
type Of<F extends (...args: never[]) => void> = Parameters<F>;

/** A parameter with a default value is optional for callers, and has the type of its default. */
export async function defaults(): Promise<void> {
  const add = app.task("add", (x: number, n = 5) => x + n);
  is<Task<Of<(x: number, n?: number) => void>, number>>()(add, true);
  is<Task<Of<(x: number, n?: number) => void>, number>>()(
    app.task("options", { queue: "q" }, async (x: number, n = 5) => x + n),
    true,
  );
  is<Task<Of<(n?: number) => void>, string>>()(
    app.task("first", (n = 5) => n.toFixed()),
    true,
  );
  is<Task<Of<(x: number, to?: string, list?: string[]) => void>, string>>()(
    app.task("several", (x: number, to = "", list = ["a"]) => to + list.join() + x.toFixed()),
    true,
  );
  is<Task<Of<(x: number, options?: { deep?: boolean }) => void>, boolean>>()(
    app.task("parts", (x: number, { deep = true }: { deep?: boolean } = {}) => deep && x > 1),
    true,
  );
  is<Task<Of<(x: number, n?: number) => void>, string>>()(
    app.task("bound", { bind: true }, (self, x: number, n = 5) => {
      is<TaskContext>()(self, true);
      return self.request.id + (x + n).toFixed();
    }),
    true,
  );
  is<Task<Of<(n?: number) => void>, string>>()(
    app.task("bound-first", { bind: true }, (self, n = 5) => self.request.id + n.toFixed()),
    true,
  );
  is<Task<Of<(x: number, n?: number) => void>, string>>()(
    app.task("annotated", { bind: true }, (self: TaskContext, x: number, n = 5) => self.request.id + (x + n)),
    true,
  );
  is<Task<[], number>>()(
    app.task("without-self", { bind: true }, () => 1),
    true,
  );

  const schema = {} as StandardSchema<{ at: string }, { at: Date }>;
  is<Task<Of<(input: { at: string }, times?: number) => void>, number>>()(
    app.task("input", { input: schema }, (data, times = 2) => data.at.getTime() * times),
    true,
  );
  is<Task<Of<(input: { at: string }, times?: number) => void>, number>>()(
    app.task(
      "both",
      { input: schema, bind: true },
      (self, { at }, times = 2) => self.request.args.length + at.getTime() * times,
    ),
    true,
  );

  const save = locked("l", 10)((x: number, n = 5) => x + n);
  is<(this: unknown, x: number, n?: number) => Promise<number>>()(save, true);
  is<Task<Of<(x: number, n?: number) => void>, number>>()(app.task("locked", save), true);
  is<Task<Of<(x: number, n?: number) => void>, string>>()(
    app.task(
      "locked-bound",
      { bind: true },
      locked("l")(async (self: TaskContext, x: number, n = 5) => self.request.id + (x + n)),
    ),
    true,
  );

  // Every verb has the same parameters.
  const sums: number[] = [await add(1), await add(1, 2)];
  void sums;
  is<AsyncResult<number>>()(await add.delay(1), true);
  is<AsyncResult<number>>()(await add.applyAsync([1], { countdown: 1 }), true);
  is<AsyncResult<number>[]>()(await add.delayMany([[1], [1, 2]]), true);
  // @ts-expect-error the default is a number
  await add.delay(1, "2");
  // @ts-expect-error the first one has no default
  await add.applyAsync([]);
  // @ts-expect-error there is one argument too many
  await add.delayMany([[1, 2, 3]]);
}

export async function refused(): Promise<void> {
  const add = app.task("tasks.add", (x: number, y: number) => x + y);
  // @ts-expect-error an argument is missing
  await add.delay(1);
  // @ts-expect-error an argument has the wrong type
  await add.delay(1, "2");
  // @ts-expect-error there is one argument too many
  await add(1, 2, 3);
  // @ts-expect-error arguments of applyAsync are a list
  await add.applyAsync(1, 2);
  // @ts-expect-error the option does not exist
  await add.applyAsync([1, 2], { countDown: 5 });
  // @ts-expect-error one of the lists does not fit
  await add.delayMany([[1, 1], [2]]);
  // @ts-expect-error the result is a number
  const text: string = await (await add.delay(1, 2)).get();
  void text;
  // @ts-expect-error a result is no promise
  void (await add.delay(1, 2)).then;
  // @ts-expect-error without bind there is no context, so it is an argument that the caller must give
  await app.task("unbound", {}, (self: TaskContext) => self.request.id).delay();
  // @ts-expect-error the caller does not give the context
  await app.task("bound", { bind: true }, (self) => self.request.id).delay({} as TaskContext);
  // @ts-expect-error the option does not exist
  app.task("option", { ques: "fast" }, () => 1);
  // @ts-expect-error there is no such way to acknowledge
  app.task("acks", { acks: "never" }, () => 1);
  // @ts-expect-error the schema gives a number
  app.task("schema", { input: {} as StandardSchema<string, number> }, (data: string) => data);
  // @ts-expect-error a class is no function that can be called
  app.task("class", class {});
  // @ts-expect-error nor is it one with options
  app.task("class", { queue: "q" }, class {});
  // @ts-expect-error a number is no function
  app.task("number", 5);
  // @ts-expect-error the first parameter of a bound task is the running task
  app.task("self", { bind: true }, (self: string) => self);
  // @ts-expect-error a class is no function that a lock can be put around
  locked("l")(class {});
  // @ts-expect-error the option does not exist
  new Sunbeat("app", { timzone: "UTC" });
  // @ts-expect-error an entry needs a task
  new Sunbeat("app", { beatSchedule: { a: { schedule: 30 } } });
  // @ts-expect-error there is no such event
  app.events.on("task-snt", () => 1);
  // @ts-expect-error the event has no such field
  app.events.on("task-sent", (event) => event.runtimeMs);
}
