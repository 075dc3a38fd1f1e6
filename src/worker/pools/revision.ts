import { canonicalJSON } from "../../core/canonical-json.js";
import { fnv1a } from "../../core/fnv.js";
import type { TaskDefinition } from "../../tasks/definition.js";

/**
 * Of a task's options but its time limits, which a worker may have of its own. The worker applies those that it knows, and a child that
 * was started after the files changed may have others.
 */
export function revisionOf(definition: TaskDefinition): number {
  const {
    fn: _fn,
    input: _input,
    timeLimitMs: _hard,
    softTimeLimitMs: _soft,
    hooks: _hooks,
    retry,
    lock,
    ...rest
  } = definition;
  const { on: _on, ...policy } = retry;
  return fnv1a(canonicalJSON({ ...rest, retry: policy, lock: lock && { ...lock, name: String(lock.name) } }));
}
