import type { EnqueueOutcome, NewMessage, Sender } from "../contracts/sender.js";
import type { Caller } from "./caller.js";
import { parts, partsByCost, Templates, wireIds } from "./messages.js";
import { CODES, defineScript, meanings, outcomes } from "./script.js";
import { toWire } from "./text.js";

const REVOKE_STEP = 25;

const text = (raw: string): string => raw;

const enqueueScript = defineScript("enqueue", text);
const revokeScript = defineScript("revoke", () => undefined);

const ENQUEUED: ReadonlyMap<string, EnqueueOutcome> = meanings(CODES.enqueued);

export function redisSender(caller: Caller): Sender {
  return {
    async enqueue(messages, options = {}) {
      caller.assertOpen();
      const found: EnqueueOutcome[] = [];
      for (const part of partsByCost(messages, costOfSending)) {
        const templates = new Templates();
        const packed: string[] = [];
        for (const message of part)
          packed.push(templates.numberOf(message), toWire(message.id), toWire(message.body));
        const rest = [...templates.templates, ...packed];
        const letters = await caller.call(
          enqueueScript,
          { templates: templates.templates.length },
          rest,
          options,
        );
        found.push(...outcomes(letters, ENQUEUED));
      }
      return found;
    },

    async revoke(ids, { terminate, keepMs }) {
      caller.assertOpen();
      for (const part of parts(ids, REVOKE_STEP)) {
        const topic = terminate ? "revoke" : "cancel";
        const payload = `=${toWire(JSON.stringify(part))}`;
        await caller.call(revokeScript, { keep: keepMs, topic, payload }, wireIds(part));
      }
    },
  };
}

/** By the fast path, by the whole one, or through the waiters of a lock. */
function costOfSending({ eta, expires, entry, lock, body }: NewMessage) {
  const isPlain = eta === undefined && expires === undefined && entry === undefined;
  return { cost: lock ? 70 : isPlain ? 4 : 9, characters: body.length };
}
