/** Checked by the compiler alone: tasks without an app, what registering gives, and routes. Never run. */
import {
  chain,
  defineTask,
  type Immutable,
  type SharedTask,
  type Signature,
  Sunbeat,
  type Task,
} from "../../src/index.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<Expected>(): <Actual>(_value: Actual, _: Same<Actual, Expected>) => void {
  return () => undefined;
}

const app = new Sunbeat("types", {
  taskRoutes: [
    { "a.*": "q", b: { queue: "r", priority: 1 } },
    [/^c/, "s"],
    (task, args) => `${task}${args.length}`,
  ],
});
const add = defineTask("lib.add", (x: number, y: number) => x + y);
const text = defineTask("lib.text", { bind: true }, (self, n: number) => `${self.request.id}${n}`);

is<SharedTask<[x: number, y: number], number>>()(add, true);
is<Signature<[x: number], number>>()(add.s(4), true);
is<Immutable<string>>()(text.si(1), true);
is<Signature<[], string>>()(chain(add.s(1, 2), text.s()), true);

const ownAdd = app.register(add);
is<Task<[x: number, y: number], number>>()(ownAdd, true);
const both = app.register(add, text);
is<[Task<[x: number, y: number], number>, Task<[n: number], string>]>()(both, true);
const ownText = app.taskOf(text);
is<Task<[n: number], string>>()(ownText, true);

// @ts-expect-error its arguments are those of the function
void add.delay("1", 2);
// @ts-expect-error a shared task has no definition: each app makes its own
void add.definition;
// @ts-expect-error a task of an app belongs to it
app.register(app.task("own", () => 1));
// @ts-expect-error a route has a queue
new Sunbeat("wrong", { taskRoutes: { a: { priority: 1 } } });
