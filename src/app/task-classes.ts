/**
 * Tasks as methods of a class, by standard (TC39) decorators. `@task` notes the method when the class, or an instance
 * of it, is initialized; `@tasks` registers what was noted once the class is complete. So it makes no difference in
 * which order decorators stand, or what other decorators put around the method.
 */
import { decoratorError, assertMethodContext, guarded, legacyError } from "../locks/index.js";
import { nameOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import type { TaskDefinition } from "../tasks/definition.js";
import { lockedFunction } from "../tasks/task-lock.js";
import type { TaskOptions } from "../tasks/task-options.js";
import { instanceOf } from "./locked-task.js";
import type { DeclareTask } from "./task.js";

/** By class, for static methods, or instance. */
const noted = new WeakMap<object, Map<string, TaskOptions>>();

/** Decorates a method. `bind: true`: its first parameter is the running task. */
export type TaskDecorator = <This, Args extends never[], Result>(
  method: (this: This, ...args: Args) => Result,
  context: ClassMethodDecoratorContext<This, (this: This, ...args: Args) => Result>,
) => void;

/**
 * Makes a method a task, in a class that `@tasks` decorates; options as for `app.task`. Throws
 * SUNBEAT_DECORATOR_UNSUPPORTED on what is no public method, and when it is called as a legacy decorator.
 */
export function task(options: TaskOptions = {}): TaskDecorator {
  return (...call: unknown[]) => {
    const [, context] = call;
    assertMethodContext(context, call.length, "@task");
    const { name } = context;
    if (context.private || typeof name === "symbol") {
      throw decoratorError(
        `@task: ${quote(String(name))} cannot be called by its name; make it a public method`,
      );
    }
    context.addInitializer(function () {
      const target = this as object;
      noted.set(target, (noted.get(target) ?? new Map<string, TaskOptions>()).set(name, options));
    });
  };
}

/**
 * Registers the methods that `@task` marks as `prefix.method`, those of superclasses too. Instance methods run on one
 * instance, made without arguments when the class is defined. Codes: as for `app.task`, and
 * SUNBEAT_DECORATOR_UNSUPPORTED.
 */
export function tasks(
  app: { readonly task: DeclareTask },
  prefix: string,
): <Class extends abstract new (...args: never[]) => object>(
  type: Class,
  context: ClassDecoratorContext<Class>,
) => void {
  nameOption(prefix, "@tasks: prefix");
  return (...call) => {
    const context = call[1] as ClassDecoratorContext | undefined;
    if (call.length !== 2 || typeof context?.kind !== "string") {
      throw legacyError("@tasks");
    }
    if (context.kind !== "class")
      throw decoratorError(`@tasks decorates classes, and was put on a ${String(context.kind)}`);
    // Static methods have noted themselves only when the class is complete.
    context.addInitializer(function () {
      registerMethods(app, prefix, this as unknown as new () => object);
    });
  };
}

function registerMethods(app: { readonly task: DeclareTask }, prefix: string, type: new () => object): void {
  const targets: object[] = [type, instanceOf(type, "@tasks")];
  let found = 0;
  for (const target of targets) {
    for (const [name, options] of noted.get(target) ?? []) {
      const method = (target as Record<string, TaskDefinition["fn"]>)[name]!;
      const locked = lockedFunction(method);
      const fn = locked ? guarded(locked.lock, locked.inner.bind(target)) : method.bind(target);
      (app.task as (name: string, options: TaskOptions, fn: TaskDefinition["fn"]) => unknown)(
        `${prefix}.${name}`,
        options,
        fn,
      );
      found++;
    }
  }
  if (found === 0) throw decoratorError(`@tasks: ${quote(type.name)} has no method with @task()`);
}
