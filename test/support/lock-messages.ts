/** Messages for the tasks of faults/lock-victim.mjs. */
import type { NewMessage } from "../../src/store/contracts/sender.js";
import { encodeBody } from "../../src/tasks/envelope.js";

/** "locked" takes a number, and for how many ms it holds its lock; "free" takes nothing. */
export function lockMessage(task: "locked" | "free", id: string, args: readonly number[] = []): NewMessage {
  return {
    ...{ id, task, queue: "default", priority: 0, maxDeliveries: 50, resultTtlMs: 600_000 },
    body: encodeBody({
      ...{ args, headers: {}, parentId: null, rootId: null, groupId: null },
      ...{ scheduledFor: null, ignoreResult: null, resultTtlMs: null },
    }),
  };
}
