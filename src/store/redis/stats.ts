/** Statistics: slots in one hash, as scripts/stats-add.lua says. */
import type { EpochMs } from "../../core/clock.js";
import type { HistoryStore, QueueSample, StatStep } from "../contracts/history.js";
import {
  instantsOf,
  joinSamples,
  MOST_NAMES,
  NAME_KEPT_MS,
  OTHER_NAMES,
  pointOf,
  RINGS,
  rolled,
  slotAt,
  slotsOf,
  type StatKind,
  windows,
} from "../rules/stats.js";
import type { Caller } from "./caller.js";
import { parts } from "./messages.js";
import { defineScript, type WireNumber } from "./script.js";
import { fromWord, toWord } from "./text.js";

const addScript = defineScript("stats-add", (raw: WireNumber) => raw);
const putScript = defineScript("stats-put", (raw: WireNumber) => raw);
const dropScript = defineScript("stats-drop", (raw: WireNumber) => raw);
const readScript = defineScript("stats-read", ([now, names, found]: [string, string[], string[]]) => ({
  now: Number(now),
  names: parts(names, 2).map(([name = "", at]) => ({ name, at: Number(at) })),
  found,
}));

/** Slots that one call reads or writes. */
const STEP = 1_000;
const STEP_NAMES = ["10min", "hour"] as const;

/** A slot of a name, which is a word already. */
function fieldOf(step: StatStep, at: EpochMs, kind: StatKind, word: string): string {
  const { stepMs, slots } = RINGS[step];
  return `${kind} ${step} ${(at / stepMs) % slots}:${word}`;
}

interface Wanted {
  readonly step: StatStep;
  readonly at: EpochMs;
  readonly kind: StatKind;
  readonly word: string;
}

type Put = Wanted & { readonly text: string };

export function redisStats(caller: Caller): Pick<HistoryStore, "addStats" | "sample" | "rollUp" | "stats"> {
  /** Up to where this process has computed each ring. Another one computes the same again, to the same effect. */
  const rolledTo = new Map<StatStep, EpochMs>();

  async function names(): Promise<{ now: EpochMs; words: Record<StatKind, string[]> }> {
    const { now, names: found } = await caller.call(readScript, {});
    const of = (kind: StatKind): string[] =>
      found.filter(({ name }) => name.startsWith(`${kind} `)).map(({ name }) => name.slice(kind.length + 1));
    return { now, words: { task: of("task"), queue: of("queue") } };
  }

  async function read(wanted: readonly Wanted[]): Promise<(string | null)[]> {
    const texts: (string | null)[] = [];
    for (const some of parts(wanted, STEP)) {
      const fields = some.map(({ step, at, kind, word }) => fieldOf(step, at, kind, word));
      const { found } = await caller.call(readScript, {}, fields);
      found.forEach((text, index) => {
        const { at, kind } = some[index]!;
        texts.push(text.startsWith(`${at} `) ? named(kind, text.slice(`${at} `.length)) : null);
      });
    }
    return texts;
  }

  async function put(puts: readonly Put[]): Promise<void> {
    for (const some of parts(puts, STEP)) {
      const args = some.flatMap(({ step, at, kind, word, text }) => [
        fieldOf(step, at, kind, word),
        String(at),
        text,
      ]);
      await caller.call(putScript, {}, args);
    }
  }

  return {
    async addStats(boot, number, deltas) {
      const words = deltas.map((delta) => ({ ...delta, task: toWord(delta.task) }));
      await caller.call(addScript, { boot, number, deltas: JSON.stringify(words) });
    },

    async sample(samples) {
      const { now, words } = await names();
      const known = new Set(words.queue);
      const sums = new Map<string, QueueSample>();
      for (const sample of samples) {
        let word = toWord(sample.queue);
        if (!known.has(word) && known.size >= MOST_NAMES) word = OTHER;
        known.add(word);
        const before = sums.get(word);
        sums.set(word, before ? joinSamples(before, sample) : { ...sample, queue: fromWord(word) });
      }
      const at = slotAt("minute", now);
      await put(
        [...sums].map(([word, sum]) => ({
          ...{ step: "minute", at, kind: "queue", word, text: JSON.stringify(sum) },
        })),
      );
    },

    async rollUp() {
      const { now, words } = await names();
      for (const step of STEP_NAMES) {
        for (const at of windows(step, rolledTo.get(step) ?? null, now)) {
          const { from, stepMs } = RINGS[step];
          const instants = slotsOf(from!, at, at + stepMs);
          for (const kind of ["task", "queue"] as const) {
            const wanted = words[kind].flatMap((word) =>
              instants.map((each) => ({ step: from!, at: each, kind, word })),
            );
            const texts = await read(wanted);
            const puts = parts(texts, instants.length).flatMap((some, index) => {
              const text = rolled(kind, some);
              return text === null ? [] : [{ step, at, kind, word: words[kind][index]!, text }];
            });
            await put(puts.map((each) => ({ ...each, text: worded(each.kind, each.text) })));
          }
          rolledTo.set(step, at);
        }
      }
      await caller.call(dropScript, { age: NAME_KEPT_MS });
    },

    async stats(query) {
      const { now, words } = await names();
      const meant = (kind: StatKind): string[] =>
        words[kind].filter((word) => query.names?.includes(fromWord(word)) ?? true);
      const [tasks, queues] = [meant("task"), meant("queue")];
      const instants = instantsOf(query, now);
      const wanted = (kind: StatKind, some: readonly string[]): Wanted[] =>
        instants.flatMap((at) => some.map((word) => ({ step: query.step, at, kind, word })));
      const [ofTasks, ofQueues] = [await read(wanted("task", tasks)), await read(wanted("queue", queues))];
      const points = instants.flatMap((at, index) =>
        pointOf(
          at,
          ofTasks.slice(index * tasks.length, (index + 1) * tasks.length),
          ofQueues.slice(index * queues.length, (index + 1) * queues.length),
        ),
      );
      return points;
    },
  };
}

const OTHER = toWord(OTHER_NAMES);

/** Slots of tasks have their names as words. */
function named(kind: StatKind, text: string): string {
  if (kind !== "task") return text;
  const slot = JSON.parse(text) as { task: string };
  return JSON.stringify({ ...slot, task: fromWord(slot.task) });
}

function worded(kind: StatKind, text: string): string {
  if (kind !== "task") return text;
  const slot = JSON.parse(text) as { task: string };
  return JSON.stringify({ ...slot, task: toWord(slot.task) });
}
