import type { Dropped } from "../contracts/consumer.js";
import type { EnqueueOutcome, NewMessage, Sender } from "../contracts/sender.js";
import type { Caller } from "./caller.js";
import { parts, partsByCost, Templates, wireIds } from "./messages.js";
import { CODES, defineScript, meanings, outcomes } from "./script.js";
import { readDropped } from "./settle.js";
import { fromWire, toWire } from "./text.js";

const REVOKE_STEP = 25;

const enqueueScript = defineScript("enqueue", (raw: string | readonly string[]): EnqueueOutcome[] => {
  const [letters = "", ...others] = typeof raw === "string" ? [raw] : raw;
  return outcomes(letters, ENQUEUED).map((outcome): EnqueueOutcome => {
    if (outcome !== "joined" && outcome !== "refused") return outcome;
    const id = fromWire(others.shift() ?? "");
    return outcome === "joined" ? { joined: id } : { refused: id };
  });
});
const revokeScript = defineScript("revoke", readDropped);

const ENQUEUED = meanings(CODES.enqueued);

export function redisSender(caller: Caller): Sender {
  return {
    async enqueue(messages, { bounds, ...options } = {}) {
      caller.assertOpen();
      const full = new Set<string>();
      // What was full in an earlier call of the server stays so: what comes behind a refused message is refused, too.
      const mostOf = ({ queue }: NewMessage): number | undefined =>
        full.has(queue) ? 0 : bounds?.get(queue);
      const found: EnqueueOutcome[] = [];
      for (const part of partsByCost(messages, costOfSending)) {
        const templates = new Templates();
        const packed: string[] = [];
        for (const message of part)
          packed.push(
            templates.numberOf(message, undefined, mostOf(message)),
            toWire(message.id),
            toWire(message.body),
          );
        const rest = [...templates.templates, ...packed];
        const args = { templates: templates.templates.length };
        const answers = await caller.call(enqueueScript, args, rest, options);
        if (bounds) part.forEach(({ queue }, index) => answers[index] === "full" && full.add(queue));
        found.push(...answers);
      }
      return found;
    },

    async revoke(ids, { terminate, keepMs }) {
      caller.assertOpen();
      const dropped: Dropped[] = [];
      for (const part of parts(ids, REVOKE_STEP)) {
        const topic = terminate ? "revoke" : "cancel";
        const payload = `=${toWire(JSON.stringify(part))}`;
        dropped.push(...(await caller.call(revokeScript, { keep: keepMs, topic, payload }, wireIds(part))));
      }
      return dropped;
    },
  };
}

/** By the fast path, by the whole one, past those of its unique key, or through the waiters of a lock. */
function costOfSending({ eta, expires, entry, lock, rate, lane, unique, body }: NewMessage) {
  const isPlain = !(eta ?? expires ?? entry ?? rate ?? lane);
  const cost = unique ? 60 : isPlain ? 4 : 9;
  return { cost: lock ? cost + 65 : cost, characters: body.length };
}
