/** Chords that go through a crew of victims, and what has to become of each. */
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.js";
import type { Random } from "../../src/core/random.js";
import { type Crew, pause, PATIENCE_MS, type Point, type Victim, type VictimOptions } from "./fault-crew.js";
import { linesOf } from "./fault-log.js";

/** What processes of such a crew run. */
export const CHORD_PROGRAM = fileURLToPath(new URL("../faults/chord-victim.mjs", import.meta.url));

/**
 * What a member does beside giving its place. adds: two further members. replaces: itself, by a chain of three. fails: throws.
 * rejects: it is for the dead letters. recovers: as fails and rejects, until the test says that it is better. late: it is not due
 * before the test is over. revokes: the whole graph, while it runs.
 */
export type Manner =
  | "plain"
  | "adds"
  | "replaces"
  | "fails"
  | "rejects"
  | "recovers+fails"
  | "recovers+rejects"
  | "late"
  | "revokes"
  | "revokes+terminates";

export interface ChordPlan {
  /** Of the graph. */
  readonly id: string;
  readonly manners: readonly Manner[];
}

export const has = ({ manners }: ChordPlan, wanted: RegExp): boolean =>
  manners.some((manner) => wanted.test(manner));

/** Members that add, and what each adds; the length of the chain that one replaces itself by. */
const ADDING = 10;
export const ADDED = 2;
const CHAINED = 3;

/** The places of what a member is to do, at random, each once. */
function places(random: Random, size: number): () => number {
  const left = Array.from({ length: size }, (_, place) => place);
  return () => left.splice(Math.floor(random.next() * left.length), 1)[0]!;
}

/** In each, a member is replaced and ten add two; `more` says what else there is in the nth. */
function planned(
  count: number,
  size: number,
  random: Random,
  more: (chord: number) => readonly Manner[],
): ChordPlan[] {
  return Array.from({ length: count }, (_, chord) => {
    const manners = Array.from({ length: size }, (): Manner => "plain");
    const place = places(random, size);
    const adding = Array.from({ length: ADDING }, (): Manner => "adds");
    for (const manner of ["replaces" as const, ...adding, ...more(chord)]) manners[place()] = manner;
    return { id: `chord-${chord}`, manners };
  });
}

/** Every fourth has two members that fail, every tenth is revoked while it runs. */
export function planChords(count: number, size: number, random: Random): ChordPlan[] {
  return planned(count, size, random, (chord) => [
    ...(chord % 4 === 3 ? (["fails", "rejects"] as const) : []),
    ...(chord % 10 === 0 ? (["late", chord % 20 === 0 ? "revokes" : "revokes+terminates"] as const) : []),
  ]);
}

/** Each has members that fail, until they are better. */
export function planFailures(count: number, size: number, random: Random): ChordPlan[] {
  return planned(count, size, random, () => ["recovers+fails", "recovers+rejects"]);
}

const countOf = ({ manners }: ChordPlan, wanted: Manner): number =>
  manners.filter((manner) => manner === wanted).length;

/** Places of the members of a chord that fail; after `resume` of those that fail still. */
export function failuresOf({ manners }: ChordPlan, resumed = false): number[] {
  const failing = resumed ? /^(?:fails|rejects)$/ : /fails$|rejects$/;
  return manners.flatMap((manner, place) => (failing.test(manner) ? [place] : []));
}

/** Parts that grow from the members of a chord. */
export function growthOf(plan: ChordPlan): number {
  return ADDED * countOf(plan, "adds") + CHAINED * countOf(plan, "replaces");
}

/** What is to be accepted of those that live. */
export function wantedOf(
  plans: readonly ChordPlan[],
  resumed = false,
): {
  readonly bodies: number;
  readonly errorCallbacks: number;
  readonly grown: number;
} {
  const living = plans.filter((plan) => !has(plan, /^revokes/));
  return {
    bodies: living.filter((plan) => failuresOf(plan, resumed).length === 0).length,
    errorCallbacks: living.filter((plan) => failuresOf(plan).length > 0).length,
    grown: living.reduce((sum, plan) => sum + growthOf(plan), 0),
  };
}

export interface RaidOptions {
  readonly random: Random;
  readonly workers: number;
  /** From outside, on average. Default: 500. */
  readonly killsEveryMs?: number;
  /** What each victim is told beside its points. */
  readonly extras?: Readonly<Record<string, unknown>>;
}

export interface Harms {
  readonly kills: number;
  readonly stalls: number;
  readonly repeats: number;
}

/** Chords that one sender sends: it is told of them by its environment, which has a limit. */
const SENT_BY_ONE = 25;
const WORKER_POINTS = ["after-claim", "before-settle", "after-settle", "in-task"];
const SENDER_POINTS = ["before-open", "after-open"];

/** Chords that the store does not have, or not all of; none while it is away. */
async function missing(crew: Crew, plans: readonly ChordPlan[]): Promise<readonly ChordPlan[]> {
  const store = await crew.store();
  const graphs = await store.graphs.get(plans.map(({ id }) => id)).catch(() => null);
  return plans.filter((_, index) => graphs !== null && (graphs[index]?.state ?? "open") === "open");
}

/** Whether all of them are over. */
export async function isOver(crew: Crew, plans: readonly ChordPlan[]): Promise<boolean> {
  const store = await crew.store();
  const graphs = await store.graphs.get(plans.map(({ id }) => id)).catch(() => [null]);
  return graphs.every((graph) => graph !== null && graph.state !== "open" && graph.open === 0);
}

/**
 * Sends the chords that the store lacks, while workers are killed, stall over their lease, and do steps twice, until no graph is
 * open. Ends the crew.
 */
export async function raid(
  crew: Crew,
  plans: readonly ChordPlan[],
  { random, workers, killsEveryMs = 500, extras = {} }: RaidOptions,
): Promise<Harms> {
  const before = linesOf(crew.log, "point").length;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!;
  const act = (): Pick<Point, "act" | "times" | "ms"> => {
    const chance = random.next();
    if (chance < 0.4) return { act: "twice", times: 3 };
    return chance < 0.7 ? { act: "crash" } : { act: "stall", ms: 1.5 * crew.leaseMs };
  };
  const trap = (names: readonly string[], passings: number): Point => ({
    ...{ at: pick(names), passing: 1 + Math.floor(random.next() * passings) },
    ...act(),
  });
  const of = (role: VictimOptions["role"]): Victim[] => crew.victims.filter((each) => each.role === role);

  /** Whoever has died is followed by another; a sender sends the chord before again, since it may have heard no answer. */
  const muster = async (): Promise<void> => {
    while (of("worker").length < workers)
      crew.start("worker", {
        ...{ role: "worker", extras },
        points:
          random.next() < 0.2 ? [] : [random.next() < 0.3 ? trap(["in-body"], 2) : trap(WORKER_POINTS, 8)],
      });
    if (of("sender").length > 0) return;
    const left = await missing(crew, plans);
    const [first] = left;
    if (first === undefined) return;
    const from = Math.max(0, plans.indexOf(first) - 1);
    const chords = plans.slice(from, from + SENT_BY_ONE);
    crew.start("sender", {
      ...{ role: "sender", extras: { ...extras, chords } },
      points: [trap(SENDER_POINTS, 12)],
    });
  };

  const deadline = systemClock.monotonicMs() + PATIENCE_MS + plans.length * 5_000;
  let kills = 0;
  await muster();
  while (!(await isOver(crew, plans))) {
    if (systemClock.monotonicMs() > deadline || crew.surprises.length > 0)
      throw new Error(`never came: the end of the chords; ${crew.surprises.join("; ")}`);
    const ms = 100 + random.next() * 300;
    await pause(ms);
    const running = of("worker");
    if (random.next() * killsEveryMs < ms && running.length > 0) {
      kills++;
      await pick(running).kill();
    }
    await muster();
  }
  await crew.endAll();
  const acts = linesOf(crew.log, "point")
    .slice(before)
    .map(({ act: done }) => done);
  const times = (wanted: string): number => acts.filter((each) => each === wanted).length;
  return { kills: kills + times("crash"), stalls: times("stall"), repeats: times("twice") };
}
