import { fromWord, toWord } from "./text.js";
import type { Rate } from "../../tasks/rate-limit.js";
import type { Limits, TaskLimit } from "../contracts/limits.js";
import type { Caller } from "./caller.js";
import { parts } from "./messages.js";
import { CODES, defineScript } from "./script.js";

/** Tasks of which one script says something at most. */
const STEP = 200;

const listScript = defineScript("limits-list", (raw: string[]) => raw);
const putScript = defineScript("limits-put", (raw: string[]) => raw);
const lookScript = defineScript("rate-look", (raw: string) => raw);

/** What code says holds. */
const NOTHING_SAID = "-";

export function redisLimits(caller: Caller): Limits {
  const put = async (said: keyof typeof CODES.said, words: readonly string[]): Promise<void> => {
    for (const task of await caller.call(putScript, { said: CODES.said[said] }, words)) {
      let after = "";
      do after = await caller.call(lookScript, { task, after });
      while (after !== "");
    }
  };
  return {
    async list() {
      caller.assertOpen();
      const found = parts(await caller.call(listScript, {}), 2).map(([task = "", text = ""]) =>
        readLimit(task, text),
      );
      return found.sort((a, b) => (a.task < b.task ? -1 : 1));
    },

    async declare(limits) {
      caller.assertOpen();
      for (const part of parts(limits, STEP)) {
        const words = part.flatMap(({ task, code, byMessage }) => [
          ...[toWord(task), byMessage ? "1" : "0", rateText(code)],
        ]);
        await put("code", words);
      }
    },

    set: (task, rate) => put("control", [toWord(task), "0", rateText(rate)]),

    reset: (task) => put("control", [toWord(task), "0", NOTHING_SAID]),
  };
}

function rateText(rate: Rate | null): string {
  return rate === null ? "+" : `${rate.limit},${rate.perMs},${rate.burst}`;
}

function readRate(text: string): Rate | null {
  const [limit, perMs, burst] = text.split(",").map(Number);
  return text === "+" ? null : { limit: limit ?? 0, perMs: perMs ?? 0, burst: burst ?? 1 };
}

/** Of scripts/lib/records.lua. */
function readLimit(task: string, text: string): TaskLimit {
  const [byMessage, code = "+", control = NOTHING_SAID] = text.split(" ");
  return {
    task: fromWord(task),
    code: readRate(code),
    byMessage: byMessage === "1",
    control: control === NOTHING_SAID ? null : { rate: readRate(control) },
  };
}
