import {
  type DeadLetter,
  type DeadLetterPage,
  type DeadLetterQuery,
  type DeadLetters,
  FAILED,
} from "../contracts/dead-letters.js";
import type { Store } from "../contracts/store.js";
import { redriveFailed } from "../rules/redrive-failed.js";
import type { Caller } from "./caller.js";
import { dropFailed, failedListScript, failedMessage, readFailedLetter } from "./failed.js";
import { letterPage, letterStep } from "./letter-page.js";
import { parts, readRecord, wireIds } from "./messages.js";
import { defineScript, type WireNumber } from "./script.js";
import { fromWire, fromWord, toWire, toWord } from "./text.js";

const DEAD_STEP = 150;
const count = (raw: WireNumber): number => Number(raw);
const deadLettersScript = defineScript("dead-letters", letterStep);
const getScript = defineScript("letters-get", (flat: string[]) => flat);
const redriveScript = defineScript("redrive-dead", count);
const deleteDeadScript = defineScript("delete-dead", count);

/** As of the contract, for those who only look. */
export function deadLetters(caller: Caller, query: DeadLetterQuery): Promise<DeadLetterPage> {
  const { queue, task, reason, failed = false } = query;
  const where = { queue: wordOrAny(queue), task: wordOrAny(task) };
  if (failed) {
    if (reason !== undefined && reason !== FAILED) return Promise.resolve({ letters: [], next: null });
    return letterPage(query, async (from) => {
      const { letters, ...step } = await caller.call(failedListScript, { ...where, ...from });
      const found = parts(letters, 2).map(([id = "", text = ""]) => readFailedLetter(id, text));
      return { ...step, letters: found.filter((letter) => letter !== null) };
    });
  }
  return letterPage(query, async (from) => {
    const args = { ...where, reason: wordOrAny(reason), ...from };
    const { letters, ...step } = await caller.call(deadLettersScript, args);
    const found = parts(letters, 4).map(([id = "", name = "", why = "", record = ""]) =>
      readDeadLetter(id, fromWord(name), why, record),
    );
    return { ...step, letters: found };
  });
}

const wordOrAny = (name: string | undefined): string => (name === undefined ? "" : toWord(name));

async function getLetters(caller: Caller, ids: readonly string[]): Promise<(DeadLetter | null)[]> {
  const found: (DeadLetter | null)[] = [];
  while (found.length < ids.length) {
    const some = ids.slice(found.length, found.length + DEAD_STEP);
    const flat = await caller.call(getScript, {}, wireIds(some));
    for (const [index, [why = "", text = ""]] of parts(flat, 2).entries()) {
      const id = toWire(some[index]!);
      found.push(
        why === ""
          ? readFailedLetter(id, text)
          : readDeadLetter(id, readRecord(text)?.queue ?? "", why, text),
      );
    }
  }
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
    list: (query) => deadLetters(caller, query),

    get: (ids) => getLetters(caller, ids),

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
    ...{ id: fromWire(id), queue, at: Number(at), reason: fromWord(reason) },
    // A record that cannot be read is the body: whoever looks at the letter sees what came.
    ...(sent ? { task: sent.task, body: sent.body } : { task: "", body: record }),
  };
}
