import type { EpochMs } from "../core/clock.js";
import { decodeBody } from "../tasks/envelope.js";
import type { NewMessage, When } from "../tasks/message.js";
import type { EventMap } from "./event-map.js";

/** What is told of a message that the store has, before its body is signed or sealed. `now`: when it was sent. */
export function taskSent(message: NewMessage, now: EpochMs): EventMap["task-sent"] {
  const { id, task, queue, eta, expires, entry = null, body } = message;
  const { parentId, rootId } = decodeBody(body);
  const instant = (when: When | undefined): EpochMs | null =>
    when === undefined ? null : "at" in when ? when.at : now + when.inMs;
  return {
    ...{ id, task, queue, eta: instant(eta), expires: instant(expires) },
    ...{ parentId, rootId: rootId ?? id, entry },
  };
}
