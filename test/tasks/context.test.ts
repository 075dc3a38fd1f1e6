import { expect, test } from "vitest";
import { currentTask, runInTask, runningTask } from "../../src/tasks/context.js";
import type { TaskContext } from "../../src/tasks/definition.js";
import { TaskRegistry } from "../../src/tasks/registry.js";
import type { TaskDefinition } from "../../src/tasks/definition.js";

const context = (id: string): TaskContext => ({ request: { id } }) as TaskContext;

test("currentTask() is the running task, also after awaits and beside another task", async () => {
  const idLater = async (): Promise<string> => {
    await new Promise<void>((resolve) => void setImmediate(resolve));
    return currentTask().request.id;
  };
  const ids = await Promise.all([runInTask(context("a"), idLater), runInTask(context("b"), idLater)]);
  expect(ids).toEqual(["a", "b"]);
});

test("currentTask() outside of a task has a code", () => {
  expect(runningTask()).toBeUndefined();
  expect(() => currentTask()).toThrow(expect.objectContaining({ code: "SUNBEAT_OUTSIDE_TASK" }) as Error);
});

test("a registry takes each name once, whatever the name is", () => {
  const registry = new TaskRegistry();
  const names = ["tasks.add", "constructor", "__proto__", "toString"];
  for (const name of names) registry.add({ name, lock: null } as TaskDefinition);
  expect(registry.names()).toEqual(["__proto__", "constructor", "tasks.add", "toString"]);
  expect(registry.get("hasOwnProperty")).toBeUndefined();
  expect(() => registry.add({ name: "constructor", lock: null } as TaskDefinition)).toThrow(
    expect.objectContaining({
      code: "SUNBEAT_TASK_DUPLICATE",
      message: expect.stringMatching(
        /^task "constructor" is registered already, at \S+context\.test\.ts:\d+:\d+: give one of the two another name; if they are one task, its module was loaded twice, by hot reload \(keep the app on globalThis\) or by a second import path \(import it by one\)$/,
      ) as string,
    }) as Error,
  );
});
