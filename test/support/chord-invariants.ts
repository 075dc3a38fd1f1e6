/**
 * The checker of chords that went through a crew of victims. It reads a log outside the store and the store's own records,
 * and says in sentences what is broken; an empty list means that of each chord
 *
 * - that had no failure the body was given every value, in order and the added ones behind, that one run of it was accepted, and
 *   what comes after it was given the result of that run;
 * - that had failures the error callback alone ran, with a failure that is one, and neither body nor what comes after it;
 * - that was revoked neither body nor what comes after it ran, and nothing began that was claimed after all was over;
 * - the store counts what is written here, and nothing is open;
 *
 * and that nothing ran of a graph before it was sealed, and every end was accepted once and from the newest delivery (E2).
 */
import type { GraphRecord } from "../../src/store/contracts/graphs.js";
import type { Store } from "../../src/store/contracts/store.js";
import { ADDED, type ChordPlan, failuresOf, growthOf, has } from "./chords.js";
import { linesOf, type LogLine, type PartLine } from "./fault-log.js";
import { checkEnds, type CheckOptions } from "./invariants.js";

/** For the reader of a run. */
export interface ChordFigures {
  readonly chords: number;
  readonly bodies: number;
  readonly bodyRuns: number;
  readonly errorCallbacks: number;
  readonly alarmRuns: number;
  readonly grown: number;
  readonly refusedEnds: number;
}

export interface ChordVerdict {
  readonly broken: readonly string[];
  readonly figures: ChordFigures;
}

export interface ChordOptions extends CheckOptions {
  /** Where the graphs were resumed after lines of the log that have been judged: how many those are. */
  readonly resumedAfter?: number;
}

/** Judges chords that are over; to be asked before they are forgotten. */
export async function judgeChords(
  store: Store,
  plans: readonly ChordPlan[],
  log: readonly LogLine[],
  options: ChordOptions = {},
): Promise<ChordVerdict> {
  const graphs = await store.graphs.get(plans.map(({ id }) => id));
  const parts = linesOf(log, "part");
  const runs = new Map<string, PartLine[]>(plans.map(({ id }) => [id, []]));
  for (const line of parts) runs.get(line.graph)?.push(line);
  const broken = [...checkEnds(log.slice(options.resumedAfter), options), ...checkSeals(log)];
  let [bodies, errorCallbacks, grown] = [0, 0, 0];
  for (const [index, plan] of plans.entries()) {
    const graph = graphs[index];
    if (!graph) {
      broken.push(`${plan.id}: the store does not know it`);
      continue;
    }
    const chord = await chordOf(store, plan, graph, runs.get(plan.id) ?? [], options);
    broken.push(...chord.broken.map((complaint) => `${plan.id}: ${complaint}`));
    bodies += chord.bodies;
    errorCallbacks += chord.errorCallbacks;
    grown += chord.grown;
  }
  return {
    broken,
    figures: {
      ...{ chords: plans.length, bodies, bodyRuns: parts.filter(({ part }) => part === "body").length },
      ...{ errorCallbacks, alarmRuns: parts.filter(({ part }) => part === "alarm").length, grown },
      refusedEnds: linesOf(log, "settle").filter(({ outcome }) => outcome === "lost").length,
    },
  };
}

interface ChordFound {
  readonly broken: readonly string[];
  /** That the store has accepted. */
  readonly bodies: number;
  readonly errorCallbacks: number;
  /** Of one that lives. */
  readonly grown: number;
}

async function chordOf(
  store: Store,
  plan: ChordPlan,
  graph: GraphRecord,
  runs: readonly PartLine[],
  { rolledBack = false, resumedAfter }: ChordOptions,
): Promise<ChordFound> {
  const of = (wanted: PartLine["part"]): PartLine[] => runs.filter(({ part }) => part === wanted);
  const [body, after, alarm] = [of("body"), of("after"), of("alarm")];
  const records = async (lines: readonly PartLine[]): Promise<string[]> => {
    const found = await store.results.get([...new Set(lines.map(({ id }) => id))]);
    return found.map((record) => `${record?.state} ${record?.payload}`);
  };
  const accepted = (await records(body)).filter((record) => record.startsWith("SUCCESS"));
  const alarmed = (await records(alarm)).filter((record) => record.startsWith("SUCCESS"));
  const isResumed = resumedAfter !== undefined;
  const seen = { plan, graph, body, after, alarm, accepted, alarmed, rolledBack, isResumed };
  return {
    broken: [...checkOutcome(seen), ...checkCounts(seen)],
    bodies: accepted.length,
    errorCallbacks: alarmed.length,
    // Beside members, body, what comes after it, and error callback.
    grown: has(plan, /^revokes/) ? 0 : graph.size - plan.manners.length - 3,
  };
}

interface Seen {
  readonly plan: ChordPlan;
  readonly graph: GraphRecord;
  readonly body: readonly PartLine[];
  readonly after: readonly PartLine[];
  readonly alarm: readonly PartLine[];
  /** Records of bodies and of error callbacks that succeeded. */
  readonly accepted: readonly string[];
  readonly alarmed: readonly string[];
  readonly rolledBack: boolean;
  readonly isResumed: boolean;
}

function checkOutcome(seen: Seen): string[] {
  const { plan, isResumed } = seen;
  if (has(plan, /^revokes/)) return checkRevoked(seen);
  const called =
    failuresOf(plan).length > 0 ? checkCalled(seen) : noneOf(seen.alarm, "its error callback ran");
  return [...called, ...(failuresOf(plan, isResumed).length > 0 ? checkFailed(seen) : checkSucceeded(seen))];
}

const noneOf = (lines: readonly PartLine[], complaint: string): string[] =>
  lines.length > 0 ? [complaint] : [];

function checkSucceeded({ plan, graph, body, after, accepted, rolledBack }: Seen): string[] {
  const broken = body.flatMap(({ values = [] }) => checkValues(plan, values));
  if (graph.state !== "succeeded") broken.push(`it is ${graph.state}, not succeeded`);
  if (accepted.length !== 1) broken.push(`the results of ${accepted.length} bodies were accepted`);
  const others = after.filter(({ run }) => accepted[0] !== `SUCCESS ${JSON.stringify(run)}`);
  if (after.length === others.length) broken.push("nothing came after its body with its result");
  // In a history that was lost another run may have been accepted.
  for (const { run } of rolledBack ? [] : others)
    broken.push(`what came after it was given ${run}; accepted is ${accepted[0]}`);
  return broken;
}

/** Members in the order written; behind them, of each that adds, the values that it added. */
function checkValues({ manners }: ChordPlan, values: readonly number[]): string[] {
  const members = values.slice(0, manners.length);
  const added = values.slice(manners.length);
  const adding = manners.flatMap((manner, place) => (manner === "adds" ? [place] : []));
  const groups = adding.map((place) =>
    Array.from({ length: ADDED }, (_, more) => 1_000 * (place + 1) + more),
  );
  const found = Array.from({ length: Math.ceil(added.length / ADDED) }, (_, group) =>
    added.slice(group * ADDED, (group + 1) * ADDED),
  );
  const inOrder = members.length === manners.length && members.every((value, place) => value === place);
  const sorted = (lists: readonly (readonly number[])[]): string => JSON.stringify(lists.map(String).sort());
  return inOrder && sorted(found) === sorted(groups)
    ? []
    : [`its body was given the values ${JSON.stringify(values)}`];
}

function checkFailed({ graph, body, after }: Seen): string[] {
  const broken = noneOf([...body, ...after], "its body ran, or what comes after it, although members failed");
  if (graph.state !== "failed") broken.push(`it is ${graph.state}, not failed`);
  return broken;
}

function checkCalled({ plan, alarm, alarmed, rolledBack }: Seen): string[] {
  const broken: string[] = [];
  if (alarmed.length !== 1) broken.push(`the ends of ${alarmed.length} error callbacks were accepted`);
  const failing = new Set(failuresOf(plan).map((place) => `${plan.id}:${place}`));
  const told = [...new Set(alarm.map(({ culprit = "nobody" }) => culprit))];
  if ((told.length > 1 && !rolledBack) || !told.every((culprit) => failing.has(culprit)))
    broken.push(`its error callback was told of ${told.join(", ")}; failed: ${[...failing].join(", ")}`);
  return broken;
}

function checkRevoked({ graph, body, after, alarm }: Seen): string[] {
  const broken = noneOf(
    [...body, ...after, ...alarm],
    "its body ran, what comes after it, or its error callback, although it was revoked",
  );
  if (graph.state !== "revoked") broken.push(`it is ${graph.state}, not revoked`);
  return broken;
}

/** What the store counts of it. Of one that was revoked only that all of it has ended. */
function checkCounts({ plan, graph, isResumed }: Seen): string[] {
  const { size, succeeded, failed, unrun, open } = graph;
  const told = JSON.stringify({ size, succeeded, failed, unrun, open });
  if (has(plan, /^revokes/))
    return open === 0 && succeeded + failed + unrun === size ? [] : [`its counts are ${told}`];
  const fails = failuresOf(plan, isResumed).length;
  const all = plan.manners.length + 3 + growthOf(plan);
  // The error callback; or the body and what comes after it.
  const idle = (failuresOf(plan).length > 0 ? 0 : 1) + (fails > 0 ? 2 : 0);
  const wanted = JSON.stringify({
    ...{ size: all, succeeded: all - fails - idle, failed: fails, unrun: idle, open: 0 },
  });
  return told === wanted ? [] : [`its counts are ${told}, wanted ${wanted}`];
}

/** Runs that began before anybody had begun to seal their graph. */
function checkSeals(log: readonly LogLine[]): string[] {
  const sealed = new Set<string>();
  const broken = new Set<string>();
  for (const line of log) {
    if (line.kind === "sealing") sealed.add(line.graph);
    if (line.kind === "part" && !sealed.has(line.graph))
      broken.add(`${line.graph}: ${line.id} ran before the graph was sealed`);
  }
  return [...broken];
}
