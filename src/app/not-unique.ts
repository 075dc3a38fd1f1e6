/** What a send comes to where another message has its unique key. */
import { TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { EnqueueOutcome } from "../store/contracts/sender.js";
import type { NewMessage } from "../tasks/message.js";

function notUnique({ task, unique }: NewMessage, there: string): TaskError {
  return new TaskError(
    "SUNBEAT_TASK_NOT_UNIQUE",
    `task ${task}: expected no other of unique key ${quote(unique?.key)}, and ${quote(there)} is there; ` +
      'wait for it, or send with onConflict "join", "replace" or "queue-one"',
    { details: { task, key: unique?.key, taskId: there } },
  );
}

/** The message, or the one that stands for it. Code: SUNBEAT_TASK_NOT_UNIQUE. */
export function standingFor(message: NewMessage, outcome: EnqueueOutcome): NewMessage {
  if (typeof outcome === "string") return message;
  if ("refused" in outcome) throw notUnique(message, outcome.refused);
  return { ...message, id: outcome.joined };
}
