import type { DeclaredLimit } from "../store/contracts/limits.js";
import { isRatedByMessage } from "../tasks/rate-limit.js";
import type { TaskLookup } from "./options.js";

/** What the code of this worker says of all its tasks: also of those without a limit, which may have had one. */
export function limitsOf(registry: TaskLookup): DeclaredLimit[] {
  return [...registry.keys()].map((task) => {
    const rateLimit = registry.get(task)?.rateLimit ?? null;
    return {
      task,
      code: rateLimit?.rate ?? null,
      byMessage: rateLimit !== null && isRatedByMessage(rateLimit),
    };
  });
}
