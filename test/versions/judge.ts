/**
 * The judge of the suites of two versions. It reads the ledger from the store, and the log that the members keep outside
 * it, and says in sentences what is broken:
 *
 * - what support/invariants.ts holds for entries: D1, T, E1, and nothing left after the drain, dead letters included;
 * - what was sent by hand has run, and its sender got its result; nothing ran that was not sent;
 * - a try of a task ran twice only where the process of the first run was killed;
 * - an edit holds from its acknowledgement on, whichever version asked for it and whichever leads;
 * - one task at a time has the lock, and fences grow;
 * - each refusal has a code.
 */
import type { LedgerRecord, Store } from "../../src/store/contracts/index.js";
import { linesOf, type LogLine } from "../support/fault-log.js";
import { type Expectation, type Figures, judge, readLedgers } from "../support/invariants.js";
import {
  type EditLine,
  type MemberLine,
  type MemberRun,
  membersOf,
  runsOf,
  type Version,
  versionOf,
} from "./log.js";

type Log = readonly (LogLine | MemberLine)[];

export interface VersionFigures extends Pick<Figures, "due" | "sent" | "skipped" | "lost" | "doubled"> {
  readonly sentByHand: number;
  readonly runs: number;
  readonly results: number;
  /** What each version did: runs, terms that wrote to the ledger, tasks sent by hand, edits. */
  readonly by: Readonly<Record<Version, Readonly<Record<"runs" | "terms" | "sends" | "edits", number>>>>;
  /** Results that one version asked for and the other made. */
  readonly crossed: number;
  /** What was refused, with the code -> how often. */
  readonly refusals: Readonly<Record<string, number>>;
}

export interface Verdict {
  readonly broken: readonly string[];
  readonly figures: VersionFigures;
}

export interface Question {
  readonly store: Store;
  /** Entries whose every due time must be accounted for. */
  readonly steady: readonly Expectation[];
  /** Such entries with "queue-one": the end of a run writes the row of the next one, in the term that has buffered it. */
  readonly buffering: readonly Expectation[];
  /** Entries that are deleted and set again: their due times have gaps. */
  readonly deleted: readonly string[];
  readonly log: Log;
  /** Names of the processes that were killed. */
  readonly killed: ReadonlySet<string>;
}

/** To be asked after the drain. */
export async function judgeVersions(question: Question): Promise<Verdict> {
  const { store, steady, buffering, deleted, log, killed } = question;
  const runs = runsOf(log);
  const of = (expectations: readonly Expectation[]): MemberRun[] =>
    runs.filter(({ entry }) => expectations.some((each) => each.entry === entry));
  const dispatch = await judge(store, steady, [...of(steady), ...linesOf(log as readonly LogLine[], "term")]);
  const buffered = await judge(store, buffering, of(buffering));
  const { schedule } = steady[0]!;
  const ledgers = await readLedgers(store, [
    ...[...steady, ...buffering],
    ...deleted.map((entry) => ({ entry, schedule })),
  ]);
  const loose = deleted.map((entry) => ledgers.get(entry) ?? []);
  const byHand = checkSends(runs, log);
  const doubled = [...checkDoubled(runs, killed), ...loose.flatMap(checkTwice)];
  const broken = [
    ...new Set([...dispatch.broken, ...buffered.broken]),
    ...byHand.map((each) => `E1: ${each}`),
    ...doubled.map((each) => `doubled: ${each}`),
    ...checkLoose(loose.flat(), runs),
    ...checkEdits(membersOf(log, "edit"), ledgers, runs),
    ...checkLock(log, killed),
    ...checkAnswers(log),
  ];
  const [first, second] = [dispatch.figures, buffered.figures];
  return {
    broken,
    figures: {
      ...{
        due: first.due + second.due,
        sent: first.sent + second.sent,
        skipped: first.skipped + second.skipped,
      },
      lost: first.lost + second.lost + byHand.length,
      doubled: first.doubled + second.doubled + doubled.length,
      ...figuresOf(log, runs, [...ledgers.values()].flat()),
    },
  };
}

function checkAnswers(log: Log): string[] {
  const wrong = membersOf(log, "got").filter(({ value, wanted }) => value !== wanted);
  const untyped = membersOf(log, "refusal").filter(({ code }) => code === null);
  return [
    ...wrong.map(({ by, id, value }) => `${by} got ${String(value)} as the result of ${id}`),
    ...membersOf(log, "dead").map(({ by, task, reason }) => `${by} made a dead letter of ${task}: ${reason}`),
    ...untyped.map(({ by, what, message }) => `${what} of ${by} was refused without a code: ${message}`),
  ];
}

function checkSends(runs: readonly MemberRun[], log: Log): string[] {
  const ran = new Set(runs.map(({ id }) => id));
  const sent = new Map(membersOf(log, "sent").map((line) => [line.id, line]));
  const got = new Set(membersOf(log, "got").map(({ id }) => id));
  const never = [...sent.values()].filter(({ id }) => !ran.has(id));
  const untold = [...sent.values()].filter(({ id, task }) => task !== "log" && ran.has(id) && !got.has(id));
  const unsent = runs.filter(({ id, entry }) => entry === null && !sent.has(id));
  return [
    ...never.map(({ id, task, by }) => `${task} ${id} was sent by ${by} and never ran`),
    ...untold.map(({ id, task, by }) => `${by} never got the result of ${task} ${id}`),
    ...unsent.map(({ id, by }) => `${id} ran in ${by} and nobody sent it`),
  ];
}

/** As support/invariants.ts asks of the other entries. */
function checkLoose(ledger: readonly LedgerRecord[], runs: readonly MemberRun[]): string[] {
  const ran = new Map(runs.map((run) => [run.id, run]));
  return ledger.flatMap((row) => {
    if (row.kind !== "row" || row.fate !== "sent") return [];
    const run = ran.get(row.taskId ?? "");
    if (!run) return [`E1: ${row.taskId} of ${row.entry} was sent and never ran`];
    return run.due === row.due ? [] : [`E1: ${row.taskId} ran for ${run.due} and was sent for ${row.due}`];
  });
}

function checkDoubled(runs: readonly MemberRun[], killed: ReadonlySet<string>): string[] {
  const last = new Map<string, MemberRun>();
  return runs.flatMap((run) => {
    const key = `${run.retries} ${run.id}`;
    const before = last.get(key);
    last.set(key, run);
    if (!before || killed.has(before.by)) return [];
    return [`${run.id} (${run.entry ?? "by hand"}) ran in ${before.by}, and again in ${run.by}`];
  });
}

function checkTwice(ledger: readonly LedgerRecord[]): string[] {
  const seen = new Set<number>();
  return ledger.flatMap((row) => {
    if (row.kind !== "row" || row.fate !== "sent") return [];
    const found = seen.has(row.due) ? [`${row.entry} due ${row.due} is in the ledger twice`] : [];
    seen.add(row.due);
    return found;
  });
}

/** From an acknowledged edit until the next one of the entry is asked for. */
function checkEdits(
  edits: readonly EditLine[],
  ledgers: ReadonlyMap<string, readonly LedgerRecord[]>,
  runs: readonly MemberRun[],
): string[] {
  return edits.flatMap((edit, index) => {
    const { entry, what, by, to, next } = edit;
    const until = edits.slice(index + 1).find((each) => each.entry === entry)?.from ?? Infinity;
    const isWithin = (due: number | null): boolean => due !== null && due > to && due < until;
    if (what === "pause" || what === "delete")
      return (ledgers.get(entry) ?? []).flatMap((row) =>
        row.kind === "row" && row.fate === "sent" && isWithin(row.due)
          ? [`${entry} due ${row.due} was sent by term ${row.term} after ${by} had done: ${what}`]
          : [],
      );
    if (next === undefined) return [];
    return runs
      .filter((run) => run.entry === entry && isWithin(run.due) && Number(run.args[0] ?? 0) < next)
      .map((run) => `${entry} due ${run.due} ran with ${String(run.args[0])} after ${by} had set ${next}`);
  });
}

function checkLock(log: Log, killed: ReadonlySet<string>): string[] {
  const inside = new Map<number, string>();
  const broken: string[] = [];
  let greatest = 0;
  for (const line of log) {
    if (line.kind === "leaves") inside.delete(line.fence);
    if (line.kind !== "enters") continue;
    const { by, fence } = line;
    const others = [...inside.values()].filter((each) => !killed.has(each));
    if (others.length > 0) broken.push(`L1: ${by} (${fence}) has the lock beside ${others.join(", ")}`);
    if (fence <= greatest) broken.push(`L1: the fence ${fence} of ${by} came after ${greatest}`);
    greatest = Math.max(greatest, fence);
    inside.set(fence, by);
  }
  return broken;
}

function figuresOf(
  log: Log,
  runs: readonly MemberRun[],
  rows: readonly LedgerRecord[],
): Pick<VersionFigures, "sentByHand" | "runs" | "results" | "by" | "crossed" | "refusals"> {
  const [sends, got, edits] = [membersOf(log, "sent"), membersOf(log, "got"), membersOf(log, "edit")];
  const refusals: Record<string, number> = {};
  for (const { what, code } of membersOf(log, "refusal")) {
    const name = `${what}: ${code ?? "untyped"}`;
    refusals[name] = (refusals[name] ?? 0) + 1;
  }
  const writing = new Set(rows.map(({ term }) => term));
  const terms = linesOf(log as readonly LogLine[], "term").filter(({ term }) => writing.has(term));
  const ranBy = new Map(runs.map(({ id, version }) => [id, version]));
  const did = (version: Version): Readonly<Record<"runs" | "terms" | "sends" | "edits", number>> => {
    const its = (lines: readonly { readonly by: string }[]): number =>
      lines.filter(({ by }) => versionOf(by) === version).length;
    return { runs: its(runs), terms: its(terms), sends: its(sends), edits: its(edits) };
  };
  return {
    ...{ sentByHand: sends.length, runs: runs.length, results: got.length },
    by: { old: did("old"), new: did("new") },
    crossed: got.filter(({ id, by }) => ranBy.get(id) !== versionOf(by)).length,
    refusals,
  };
}
