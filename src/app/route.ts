/** `taskRoutes` at a send. */
import type { TaskRouter } from "../config/index.js";
import { MAP_TASK, STARMAP_TASK } from "../tasks/built-in.js";
import type { SendDefaults } from "../tasks/message-factory.js";

/**
 * The built-in tasks that call another one in their slot go where that one goes; a function is asked with the arguments of its first
 * call.
 */
export function routeOf(router: TaskRouter | null): SendDefaults["route"] {
  if (router === null) return undefined;
  return (task, args, options) => {
    if (task !== MAP_TASK && task !== STARMAP_TASK) return router.route(task, args, options);
    const [name, list] = args;
    const [first] = Array.isArray(list) ? (list as readonly unknown[]) : [];
    const own = task === MAP_TASK ? [first] : Array.isArray(first) ? (first as readonly unknown[]) : [];
    return router.route(String(name), own, options);
  };
}
