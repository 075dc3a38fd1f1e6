import type { Logger } from "../../core/logger.js";
import type { AdmitReply, AdmitRequest } from "../contracts/consumer.js";
import { noteCapacity } from "../rules/capacity.js";
import type { Caller } from "./caller.js";
import { lockWord, parts } from "./messages.js";
import { CODES, defineScript, meanings } from "./script.js";
import { toWire } from "./text.js";
/** Deliveries that one script admits at most. */
const STEP = 20;
const admitScript = defineScript("lock-admit", (raw: string[]) => raw);

/** Gives deliveries permits, or has their messages wait for them. */
export async function admit(
  caller: Caller,
  logger: Logger,
  requests: readonly AdmitRequest[],
): Promise<AdmitReply[]> {
  caller.assertOpen();
  const replies: AdmitReply[] = [];
  for (const part of parts(requests, STEP)) {
    const rest = part.flatMap(({ id, token, lock, busy }) => [
      ...[toWire(id), token, lockWord(lock)],
      CODES.busy[busy],
    ]);
    const raw = await caller.call(admitScript, {}, rest);
    part.forEach(({ lock }, index) => {
      noteCapacity(logger, lock.name, Number(raw[index * 2]) || null, lock.capacity);
      replies.push(readAdmitReply(raw[index * 2 + 1] ?? ""));
    });
  }
  return replies;
}

const ADMITTED = meanings(CODES.admitted);

function readAdmitReply(raw: string): AdmitReply {
  const outcome = ADMITTED.get(raw.slice(0, 1)) ?? "lost";
  return outcome === "admitted" ? { outcome, fence: Number(raw.slice(1)) } : { outcome };
}
