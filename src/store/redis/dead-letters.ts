import type { DeadLetter, DeadLetters } from "../contracts/dead-letters.js";
import type { Store } from "../contracts/store.js";
import { redriveFailed } from "../rules/redrive-failed.js";
import type { Caller } from "./caller.js";
import { dropFailed, failedLetters, failedMessage } from "./failed.js";
import { parts, readRecord, wireIds } from "./messages.js";
import { defineScript, type WireNumber } from "./script.js";
import { fromWire, fromWord, toWord } from "./text.js";

const DEAD_STEP = 150;
const count = (raw: WireNumber): number => Number(raw);
const deadLettersScript = defineScript("dead-letters", ([from, letters]: [string, string[]]) => ({
  from,
  letters,
}));
const redriveScript = defineScript("redrive-dead", count);
const deleteDeadScript = defineScript("delete-dead", count);

/** As of the contract, for those who only look. */
export async function deadLetters(
  caller: Caller,
  { limit, queue, failed = false }: Parameters<DeadLetters["list"]>[0],
): Promise<DeadLetter[]> {
  if (failed) return failedLetters(caller, limit, queue);
  const found: DeadLetter[] = [];
  let from = "0";
  do {
    const args = { queue: queue === undefined ? "" : toWord(queue), from, limit: limit - found.length };
    const step = await caller.call(deadLettersScript, args);
    for (let at = 0; at < step.letters.length; at += 4) {
      const [id = "", name = "", why = "", record = ""] = step.letters.slice(at, at + 4);
      found.push(readDeadLetter(id, name, why, record));
    }
    ({ from } = step);
  } while (from !== "" && found.length < limit);
  return found;
}

export function redisDeadLetters(caller: Caller, stores: Pick<Store, "sender" | "results">): DeadLetters {
  /** One call after the other over parts of the ids. */
  const sumOver = async (
    ids: readonly string[],
    call: (part: string[]) => Promise<number>,
  ): Promise<number> => {
    caller.assertOpen();
    let sum = 0;
    for (const part of parts(ids, DEAD_STEP)) sum += await call(wireIds(part));
    return sum;
  };
  const failed = {
    find: (id: string) => failedMessage(caller, id),
    drop: async (id: string) => (await dropFailed(caller, [id]))[0] === true,
  };

  return {
    list: (options) => deadLetters(caller, options),

    failed: (id) => failed.find(id),

    async redrive(ids) {
      const found = await sumOver(ids, (part) => caller.call(redriveScript, {}, part));
      if (found === ids.length) return found;
      let again = 0;
      for (const id of ids) if (await redriveFailed({ ...stores, failed }, id)) again++;
      return found + again;
    },

    async delete(ids) {
      const found = await sumOver(ids, (part) => caller.call(deleteDeadScript, {}, part));
      if (found === ids.length) return found;
      return found + (await dropFailed(caller, ids)).filter(Boolean).length;
    },
  };
}

function readDeadLetter(id: string, queue: string, why: string, record: string): DeadLetter {
  const [at, reason = "+"] = why.split(" ");
  const sent = readRecord(record);
  return {
    ...{ id: fromWire(id), queue: fromWord(queue), at: Number(at), reason: fromWord(reason) },
    // A record that cannot be read is the body: whoever looks at the letter sees what came.
    ...(sent ? { task: sent.task, body: sent.body } : { task: "", body: record }),
  };
}
