/** Checked by the compiler alone: what handlers, middleware and hooks get, and what must not compile. Never run. */
import {
  LockedTask,
  type MiddlewareRun,
  type PublishedMessage,
  Sunbeat,
  type TaskContext,
} from "../../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** `is<T>()(value, true)` compiles only when the type of the value is exactly T. */
function is<Expected>(): <Actual>(_value: Actual, _: Same<Actual, Expected>) => void {
  return () => undefined;
}

const app = new Sunbeat("types");
const add = app.task("add", (x: number, y: number) => x + y);

export function accepted(): void {
  const off = app.signals.taskFailure.connect(({ task, error, context }) => {
    is<string>()(task, true);
    is<unknown>()(error, true);
    is<TaskContext>()(context, true);
  });
  is<() => void>()(off, true);
  app.signals.taskSuccess.connect(async ({ runtimeMs }) => Promise.resolve(is<number>()(runtimeMs, true)), {
    sender: add,
  });
  app.signals.beforeTaskPublish.connect(({ headers, options }) => {
    headers["a"] = "b";
    options.queue = "slow";
    delete options.priority;
  });
  app.signals.workerReady.connect(({ hostname }) => is<string>()(hostname, true), { sender: /^w/ });
  app.signals.setupLogging.connect(() => console, { sender: "types" });
  app.use((run, next) => {
    is<MiddlewareRun>()(run, true);
    return next();
  });
  app.usePublish(async (message, next) => {
    is<PublishedMessage>()(message, true);
    await next();
  });
  const hooked = app.task(
    "hooked",
    { onSuccess: (result: number) => result.toFixed(), onFailure: (error) => is<unknown>()(error, true) },
    (x: number) => x,
  );
  void hooked.delay(1);
  class Import extends LockedTask {
    override lockName = "l";
    lockedRun(): void {}
    override onSuccess(): void {}
    override afterReturn({ state }: { state: string }): void {
      void state;
    }
  }
  app.register(Import, "import", { queue: "q" });
}

export function refused(): void {
  // @ts-expect-error -- no such signal
  void app.signals.taskPreRun;
  // @ts-expect-error -- a handler is a function
  app.signals.taskPrerun.connect("log");
  // @ts-expect-error -- a sender is a name, a RegExp or a task
  app.signals.taskPrerun.connect(() => undefined, { sender: 7 });
  // @ts-expect-error -- a success has no error
  app.signals.taskSuccess.connect(({ error }) => error);
  app.signals.beforeTaskPublish.connect((message) => {
    // @ts-expect-error -- headers are texts
    message.headers["a"] = 1;
    // @ts-expect-error -- callbacks come too late here
    message.options.link = add.s();
    // @ts-expect-error -- the name is not to be changed
    message.task = "other";
  });
  // @ts-expect-error -- middleware is a function
  app.use("log");
  // @ts-expect-error -- a hook is a function
  app.task("wrong", { onFailure: "log" }, () => 1);
  // @ts-expect-error -- no such hook
  app.task("wrong", { onFailed: () => 1 }, () => 1);
}
