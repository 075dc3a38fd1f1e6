import type { EpochMs } from "../../core/clock.js";
import type {
  BasisWalk,
  EntryPut,
  EntryRecord,
  EntrySnapshot,
  EntryStore,
  OccurrenceOutcome,
  Overlap,
  PlannedOccurrence,
  PutOutcome,
  TickItem,
  TickItemOutcome,
  TickReply,
  TriggerOutcome,
} from "../contracts/entries.js";
import type { Caller } from "./caller.js";
import { partsByCost, templateOf, Templates } from "./messages.js";
import { CODES, defineScript, isDone, meanings, outcomes, type WireNumber } from "./script.js";
import {
  fromWire,
  fromWord,
  fromWordOrNull,
  numberOrNull,
  orNull,
  toWire,
  toWord,
  toWordOrNull,
  words,
} from "./text.js";

const STEP = 400;

type RawSnapshot = [
  name: string,
  definition?: string,
  state?: string,
  unfinished?: WireNumber,
  buffered?: WireNumber,
  successAt?: string,
  previousName?: string,
];

const snapshots = (raw: RawSnapshot[]): (EntrySnapshot | null)[] => raw.map(readSnapshot);
const letter = (raw: string): string => raw;

const getScript = defineScript("entries-get", snapshots);
const listScript = defineScript("entries-list", ([after, raw]: [string, RawSnapshot[]]) => ({
  entries: present(snapshots(raw)),
  after,
}));
const putScript = defineScript("entries-put", letter);
const removeScript = defineScript("entries-remove", letter);
const dueScript = defineScript("due", ([now, nextAt, raw]: [string, string, RawSnapshot[]]) => ({
  now: Number(now),
  nextAt: nextAt === "" ? null : Number(nextAt),
  entries: present(raw.map(readEntry)),
}));
const tickScript = defineScript("tick", ([now, ...items]: string[]): TickReply => {
  if (items[0] === CODES.tick.fenced) return { outcome: "fenced", now: Number(now) };
  return { outcome: "ticked", now: Number(now), items: items.map(readItemOutcome) };
});
const NOWHERE = { dispatch: "", name: "" };
const upcomingScript = defineScript(
  "upcoming",
  ([dispatch, name, raw]: [dispatch: string, name: string, raw: RawSnapshot[]]) => ({
    place: { dispatch, name },
    entries: present(raw.map(readEntry)),
  }),
);
const basisScript = defineScript("basis-walk-get", ([basis, walk]: [string, string]): BasisWalk => ({
  basis: basis === "" ? null : fromWire(basis),
  walk: walk === "" ? null : fromWire(walk),
}));
const putBasisScript = defineScript("basis-walk-put", (done: WireNumber) => done);
const triggerScript = defineScript("trigger", letter);

const PUT: ReadonlyMap<string, PutOutcome> = meanings(CODES.put);
const REMOVED = meanings(CODES.removal);
const OCCURRENCE: ReadonlyMap<string, OccurrenceOutcome> = meanings(CODES.occurrence);
const TRIGGERED: ReadonlyMap<string, TriggerOutcome> = meanings({ ...CODES.occurrence, ...CODES.trigger });

export function redisEntries(caller: Caller): EntryStore {
  return {
    async get(names) {
      caller.assertOpen();
      const found: (EntrySnapshot | null)[] = [];
      while (found.length < names.length) {
        const part = names.slice(found.length, found.length + STEP);
        found.push(...(await caller.call(getScript, {}, part.map(toWord))));
      }
      return found;
    },

    async list({ after, limit }) {
      caller.assertOpen();
      const found: EntrySnapshot[] = [];
      let from = after === undefined ? "" : toWord(after);
      do {
        const size = Math.min(STEP, limit - found.length);
        const step = await caller.call(listScript, { after: from, limit: size });
        found.push(...step.entries);
        from = step.after;
      } while (from !== "" && found.length < limit);
      return found;
    },

    async put(items) {
      caller.assertOpen();
      const found: PutOutcome[] = [];
      for (const part of partsByCost(items, costOfPut)) {
        found.push(...outcomes(await caller.call(putScript, {}, part.flatMap(putText)), PUT));
      }
      return found;
    },

    async remove(name, expect) {
      const [outcome] = outcomes(await caller.call(removeScript, { name: toWord(name), expect }), REMOVED);
      return outcome ?? "gone";
    },

    async due(limit) {
      return caller.call(dueScript, { limit });
    },

    async upcoming({ after, limit }) {
      caller.assertOpen();
      const found: EntryRecord[] = [];
      let place = after === null ? NOWHERE : { dispatch: String(after.dispatchAt), name: toWord(after.name) };
      do {
        const step = await caller.call(upcomingScript, {
          ...place,
          limit: Math.min(STEP, limit - found.length),
        });
        found.push(...step.entries);
        ({ place } = step);
      } while (place.dispatch !== "" && found.length < limit);
      return found;
    },

    async basisWalk() {
      return caller.call(basisScript, {});
    },

    async putBasisWalk(term, { basis, walk }) {
      const args = { term: toWord(term), basis: toWire(basis ?? ""), walk: toWire(walk ?? "") };
      return isDone(await caller.call(putBasisScript, args)) ? "stored" : "fenced";
    },

    async tick(term, items) {
      const templates = new Templates();
      const packed: string[] = [];
      for (const item of items) packItem(item, templates, packed);
      const args = { term: toWord(term), templates: templates.templates.length };
      return caller.call(tickScript, args, [...templates.templates, ...packed]);
    },

    async trigger(name, message, overlap) {
      const args = {
        ...{ name: toWord(name), overlap: overlapText(overlap), template: templateOf(message, name) },
        ...{ id: toWire(message.id), body: toWire(message.body) },
      };
      const [outcome] = outcomes(await caller.call(triggerScript, args), TRIGGERED);
      return outcome ?? "gone";
    },
  };
}

function present<T>(found: readonly (T | null)[]): T[] {
  return found.filter((each) => each !== null);
}

/** The records of scripts/lib/records.lua and of `putText`; null where there is none that we wrote. */
function readEntry([name, definition, state]: RawSnapshot): EntryRecord | null {
  const fixed = words(definition ?? "", 2);
  const changing = (state ?? "").split(" ");
  if (!fixed || changing.length !== 9) return null;
  const [owner = "", version] = fixed.head;
  const [
    etag,
    revision = "",
    due = "+",
    dispatch = "+",
    paused = "+",
    disabled = "+",
    mark = "+",
    last = "+",
    runs,
  ] = changing;
  const dueAt = numberOrNull(due);
  const dispatchAt = numberOrNull(dispatch);
  return {
    name: fromWord(name),
    owner: fromWord(owner),
    version: Number(version),
    definition: fromWire(fixed.rest),
    revision: fromWord(revision),
    etag: Number(etag),
    cursor: dueAt === null || dispatchAt === null ? null : { due: dueAt, dispatchAt },
    pausedAt: numberOrNull(paused),
    disabled: fromWordOrNull(disabled),
    disabledAt: disabled === "+" ? null : numberOrNull(mark),
    lastDue: numberOrNull(last),
    runs: Number(runs),
    ...(disabled === "+" && mark !== "+" && { basis: fromWord(mark) }),
  };
}

function readSnapshot(raw: RawSnapshot): EntrySnapshot | null {
  const [, , , unfinished = 0, buffered = 0, successAt = "", previous = ""] = raw;
  const entry = readEntry(raw);
  const lastSuccessAt = successAt === "" ? null : Number(successAt);
  if (entry === null) return null;
  return {
    ...{ ...entry, unfinished: Number(unfinished), buffered: isDone(buffered), lastSuccessAt },
    ...(previous !== "" && { previousName: fromWord(previous) }),
  };
}

function costOfPut({ definition, ledger }: EntryPut) {
  const characters = ledger.reduce((sum, { schedule }) => sum + schedule.length, definition.length);
  return { cost: 35 + 10 * ledger.length, characters };
}

function putText(item: EntryPut): string[] {
  const { cursor, pausedAt, disabled, basis, previousName, ran, ledger } = item;
  const dueness = [orNull(cursor?.due), orNull(cursor?.dispatchAt), orNull(pausedAt), toWordOrNull(disabled)];
  return [
    toWord(item.name),
    [
      ...[orNull(item.expect), toWord(item.revision), ...dueness, toWordOrNull(basis)],
      ...[toWordOrNull(previousName), orNull(ran?.lastDue), orNull(ran?.runs), ledger.length],
    ].join(" "),
    `${toWord(item.owner)} ${item.version} ${toWire(item.definition)}`,
    ...ledger.flatMap((range) => [
      `${dueText(range.from)} ${range.to} ${range.count} ${toWord(range.reason)}`,
      toWire(range.schedule),
    ]),
  ];
}

function overlapText(overlap: Overlap | null): string {
  if (overlap === null) return `${CODES.policy.allow} + 0`;
  return `${CODES.policy[overlap.policy]} ${orNull(overlap.timeoutMs)} ${overlap.graceMs}`;
}

function packItem(item: TickItem, templates: Templates, into: string[]): void {
  const next = `${orNull(item.next?.due)} ${orNull(item.next?.dispatchAt)}`;
  const end = `${toWordOrNull(item.disable)} ${orNull(item.maxRuns)} ${toWordOrNull(item.basis)}`;
  into.push(
    toWord(item.entry),
    `${toWord(item.revision)} ${orNull(item.expect)} ${next} ${end} ${item.plan.length}`,
  );
  for (const planned of item.plan) packPlanned(planned, templates, into);
}

function packPlanned(planned: PlannedOccurrence, templates: Templates, into: string[]): void {
  switch (planned.kind) {
    case "send": {
      const { due, overlap, message } = planned;
      const template = templates.numberOf(message, null);
      into.push(
        `${CODES.fate.sent} ${dueText(due)} ${overlapText(overlap)} ${template}`,
        toWire(message.id),
        toWire(message.body),
      );
      break;
    }
    case "skip":
      into.push(`${CODES.fate.skipped} ${dueText(planned.due)} ${toWord(planned.reason)}`);
      break;
    case "range":
      into.push(
        `${CODES.fate.range} ${dueText(planned.from)} ${planned.to} ${planned.count} ${toWord(planned.reason)}`,
        toWire(planned.schedule),
      );
      break;
  }
}

/** Sixteen digits, so that the order of text is that of time. */
function dueText(due: EpochMs): string {
  return String(due).padStart(16, "0");
}

function readItemOutcome(text: string): TickItemOutcome {
  if (text.startsWith("=")) return { outcome: "ticked", occurrences: outcomes(text.slice(1), OCCURRENCE) };
  return { outcome: text as Exclude<TickItemOutcome["outcome"], "ticked"> };
}
