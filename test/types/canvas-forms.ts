/** Checked by the compiler alone: forms that are accepted, with their types, and those that are not. Never run. */
import {
  chain,
  chord,
  group,
  settled,
  stream,
  Sunbeat,
  workflow,
  type AsyncResult,
  type GraphResult,
  type Immutable,
  type Ref,
  type Results,
  type Settled,
  type Signature,
  type Task,
  type TaskFailure,
} from "../../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `is<T>()(value, true)` compiles only when the type of the value is exactly T. */
function is<Expected>(): <Actual>(_value: Actual, _: Same<Actual, Expected>) => void {
  return () => undefined;
}

const app = new Sunbeat("types");
const add = app.task("add", (x: number, y: number) => x + y);
const text = app.task("text", (n: number) => `${n}`);
const sum = app.task("sum", (all: readonly number[]) => all.length);
const pair = app.task("pair", (both: readonly [number, string]) => both[0]);
const loose = app.task("loose", (a: string, b?: number) => [a, b]);
const rest = app.task("rest", (...all: number[]) => all.length);
const tidy = app.task("tidy", () => {});
const load = app.task("load", async (id: string) => ({ id, name: "Ada" }));
const named = app.task("named", (of: { name: string }, times: number) => of.name.repeat(times));
const alarm = app.task("alarm", (failure: TaskFailure, who: string) => `${who}: ${failure.message}`);
const report = app.task("report", (all: readonly Settled<number>[]) => all.length);
const streamed = app.task("streamed", (all: Results<number>) => all.length);

export async function accepted(): Promise<void> {
  // What is given is the end of the list.
  is<Signature<[x: number, y: number], number>>()(add.s(), true);
  is<Signature<[x: number], number>>()(add.s(4), true);
  is<Signature<[], number>>()(add.s(2, 2), true);
  is<Immutable<number>>()(add.si(1, 2), true);
  is<Immutable<void>>()(tidy.si(), true);
  is<Signature<[], { id: string; name: string }>>()(load.s("u1"), true);
  is<Signature<[], (string | number | undefined)[]>>()(loose.s("a"), true);
  is<Signature<[], (string | number | undefined)[]>>()(loose.s("a", 1), true);
  is<Signature<number[], number>>()(rest.s(1, 2), true);

  // Chains.
  is<Signature<[], string>>()(chain(add.s(2, 2), add.s(4), text.s()), true);
  is<Signature<[x: number], string>>()(chain(add.s(4), text.s()), true);
  is<Signature<[], number>>()(chain(add.s(1, 1), tidy.si(), add.si(1, 2)), true);
  is<Signature<[], number>>()(chain(add.s(1, 1)), true);
  is<Signature<[], string>>()(chain(load.s("u1"), named.s(2)), true);
  is<Signature<[], string>>()(add.s(2, 2).pipe(add.s(8)).pipe(text.s()), true);
  is<Signature<[], number>>()(chain(chain(add.s(1, 1), text.s()), add.si(1, 1)), true);

  // Groups and chords.
  is<Signature<[], [number, string]>>()(group([add.s(1, 1), text.s(2)]), true);
  is<Signature<[], number[]>>()(group([1, 2].map((n) => add.s(n, n))), true);
  is<Signature<[x: number], [number, number]>>()(group([add.s(1), add.si(1, 2)]), true);
  is<Signature<[], []>>()(group([]), true);
  is<Signature<[], [[number, number], string]>>()(
    group([group([add.s(1, 1), add.s(2, 2)]), text.s(1)]),
    true,
  );
  is<Signature<[], number>>()(
    chord(
      [1, 2].map((n) => add.s(n, n)),
      sum.s(),
    ),
    true,
  );
  is<Signature<[], number>>()(chord([add.s(1, 1), add.s(2, 2)], sum.s()), true);
  is<Signature<[], number>>()(chord([add.s(1, 1), text.s(2)], pair.s()), true);
  is<Signature<[], void>>()(chord([add.s(1, 1)], tidy.si()), true);
  is<Signature<[], string>>()(chain(group([add.s(1, 1), add.s(2, 2)]), sum.s(), text.s()), true);
  is<Signature<[], [number]>>()(group([add.s(1, 1)], { errors: "cancel" }), true);

  // Ends, good or bad, and streams.
  is<Signature<[], Settled<number>>>()(settled(add.s(1, 1)), true);
  is<Signature<[x: number], Settled<number>>>()(settled(add.s(1)), true);
  is<Signature<[], number>>()(
    chord(
      [1].map((n) => settled(add.s(n, n))),
      report.s(),
    ),
    true,
  );
  is<Signature<[results: readonly number[]], number>>()(stream(streamed), true);
  is<Signature<[], number>>()(
    chord(
      [1].map((n) => add.s(n, n)),
      stream(streamed),
    ),
    true,
  );

  // Callbacks, options, headers.
  is<Signature<[], number>>()(
    add.s(1, 1).link(text.s()).linkError(alarm.s("ops")).onError(alarm.s("me")),
    true,
  );
  is<Signature<[x: number], number>>()(add.s(1).set({ queue: "q" }).stamp({ trace: "t" }).clone(), true);
  is<Signature<[], number>>()(chain(tidy.si(), add.si(1, 2).set({ queue: "q" })), true);

  // Lists.
  is<Immutable<string[]>>()(text.map([1, 2]), true);
  is<Immutable<number[]>>()(add.starmap([[1, 2]]), true);
  is<Immutable<number[][]>>()(add.chunks([[1, 2]], 10), true);
  is<Signature<[], number>>()(chain(text.map([1]), sum.si([1])), true);

  // Workflows.
  const flow = workflow("w", (flow) => {
    const one = flow.call(add, [1, 2]);
    is<Ref<number>>()(one, true);
    const two = flow.call(text, [one], { after: [one], queue: "q", name: "two" });
    is<Ref<[number, string]>>()(flow.all([one, two]), true);
    is<Ref<Settled<string>>>()(flow.settled(two), true);
    is<Ref<number>>()(flow.call(chain(add.s(1, 1), add.s(2))), true);
    return flow.call(pair, [flow.all([one, two])]);
  });
  is<Signature<[], number>>()(flow, true);

  // Sends.
  is<GraphResult<string>>()(await chain(add.s(4), text.s()).delay(1), true);
  is<GraphResult<number>>()(await add.s(1).applyAsync([2], { countdown: 5, link: text.s() }), true);
  const result: AsyncResult<number> = await add.applyAsync([1, 2], { linkError: [alarm.s("ops")] });
  is<AsyncIterable<number>>()((await group([add.s(1, 1)]).delay()).results(), true);
  const generic = <A extends readonly unknown[], R>(task: Task<A, R>, args: readonly [...A]): Immutable<R> =>
    task.si(...(args as unknown as A));
  is<Immutable<number>>()(generic(add, [1, 2]), true);
  void result;
}

export function refused(): void {
  // @ts-expect-error a text is no end of its parameters
  add.s("4");
  // @ts-expect-error there is one argument too many
  add.s(1, 2, 3);
  // @ts-expect-error si() takes all arguments
  add.si(1);
  chain(
    load.s("u1"),
    // @ts-expect-error Mismatch: the user is no number
    text.s(),
  );
  chain(
    text.s(1),
    // @ts-expect-error Mismatch: the text is no number
    add.s(4),
    text.s(),
  );
  chain(
    add.s(1, 1),
    // @ts-expect-error MustBeImmutable: it has all its arguments
    add.s(1, 2),
  );
  chain(
    add.s(1, 1),
    // @ts-expect-error Mismatch: two arguments are open
    named.s(),
  );
  add.s(1, 1).pipe(
    // @ts-expect-error MustBeImmutable
    text.s(1),
  );
  add.s(1, 1).link(
    // @ts-expect-error Mismatch: the number is no text
    load.s(),
  );
  chord(
    [text.s(1)],
    // @ts-expect-error Mismatch: texts are no numbers
    sum.s(),
  );
  chord(
    [text.s(1), add.s(1, 1)],
    // @ts-expect-error Mismatch: the order is another one
    pair.s(),
  );
  chord(
    [add.s(1, 1)],
    // @ts-expect-error MustBeImmutable
    sum.s([1]),
  );
  add.s(1, 1).linkError(
    // @ts-expect-error it is called with a failure
    text.s(),
  );
  add.s(1, 1).onError(
    // @ts-expect-error the end of its arguments is missing
    alarm.s(),
  );
  // @ts-expect-error an argument is open
  void add.s(1).delay();
  // @ts-expect-error nothing is open
  void add.s(1, 2).delay(3);
  // @ts-expect-error a signature is no promise
  void add.s(1, 2).then;
  // @ts-expect-error there is no such option
  add.s(1, 2).set({ queu: "fast" });
  // @ts-expect-error there is no such way
  group([add.s(1, 1)], { errors: "stop" });
  // @ts-expect-error a chain has a part
  chain();
  // @ts-expect-error it takes no stream
  stream(sum);
  workflow("w", (flow) => {
    const one = flow.call(text, [1]);
    // @ts-expect-error the Ref is one of a text
    flow.call(add, [one, 2]);
    // @ts-expect-error an argument is missing
    flow.call(add, [1]);
    // @ts-expect-error an argument of the signature is open
    flow.call(add.s(1));
    return one;
  });
  // @ts-expect-error it gives no Ref
  workflow("w", () => 5);
  // @ts-expect-error the lists do not fit
  add.starmap([[1]]);
  app.task("grows", { bind: true }, (self) => {
    // @ts-expect-error an argument is open
    self.add(add.s(1));
    // @ts-expect-error an argument is open
    return self.replace(add.s(1));
  });
}
