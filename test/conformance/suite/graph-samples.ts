/** Graphs, and short calls, that the cases of graphs share. */
import assert from "node:assert/strict";
import type { Settlement } from "../../../src/store/contracts/consumer.js";
import type { Delivery } from "../../../src/store/contracts/delivery.js";
import type {
  GraphChange,
  GraphPortion,
  GraphRecord,
  PartState,
} from "../../../src/store/contracts/graphs.js";
import type { Store } from "../../../src/store/contracts/store.js";
import type { NewMessage } from "../../../src/store/contracts/sender.js";
import type { Edge, EdgeKind, FollowerList, Growth, NewPart } from "../../../src/tasks/part.js";
import { claim, dead, done, HOUR_MS, message } from "./samples.js";

export const KEEP_MS = 2 * HOUR_MS;

type PartOptions = Partial<Omit<NewPart, "id" | "message">> & { readonly send?: Partial<NewMessage> };

/** Part `number` of graph "g" with a task: its output is kept until its graph is over. */
export function part(number: number | string, { send, ...options }: PartOptions = {}): NewPart {
  const id = `g:${number}`;
  return { ...EMPTY, id, message: message(id, send), ...options };
}

/** A join: its value is the list of these parts. */
export function join(
  number: number | string,
  of: readonly (number | string)[],
  options: PartOptions = {},
): NewPart {
  const value = JSON.stringify(["list", null, ...of]);
  return { ...EMPTY, id: `g:${number}`, message: null, value, pending: of.length, ...options };
}

const EMPTY = { value: null, list: null, pending: 0, inputs: null, takers: null };

export function list(
  key: string,
  edges: Readonly<Record<string, EdgeKind>>,
  cancels?: FollowerList["cancels"],
): FollowerList {
  const all = Object.entries(edges).map(([to, kind]): Edge => ({ to: `g:${to}`, kind }));
  return { key, edges: all, ...(cancels && { cancels }) };
}

/** Graph "g", whole. */
export function portion(
  parts: readonly NewPart[],
  lists: readonly FollowerList[],
  output: number | string,
  changes: Partial<GraphPortion> = {},
): GraphPortion {
  return {
    id: "g",
    name: "form",
    output: `g:${output}`,
    keepMs: KEEP_MS,
    parts,
    lists,
    seal: true,
    ...changes,
  };
}

export async function open(store: Store, ...of: Parameters<typeof portion>): Promise<void> {
  assert.equal(await store.graphs.open(portion(...of)), "sealed");
}

/** 0 -> 1 -> 2 ..., each takes the output before it. */
export function chainOf(length: number): readonly [NewPart[], FollowerList[]] {
  const numbers = Array.from({ length }, (_, number) => number);
  const parts = numbers.map((number) =>
    part(number, {
      list: number < length - 1 ? String(number) : null,
      pending: number > 0 ? 1 : 0,
      inputs: number > 0 ? [`g:${number - 1}`] : null,
      takers: number < length - 1 ? 1 : null,
    }),
  );
  return [parts, numbers.slice(1).map((number) => list(String(number - 1), { [number]: "success" }))];
}

/** Members 0 to size - 1, through join `size`, into body `size + 1`. */
export function chordOf(size: number, options: PartOptions = {}): readonly [NewPart[], FollowerList[]] {
  const members = Array.from({ length: size }, (_, number) => number);
  return [
    [
      ...members.map((number) => part(number, { list: "m", ...options })),
      join(size, members, { list: "j" }),
      part(size + 1, { pending: 1 }),
    ],
    [list("m", { [size]: "success" }), list("j", { [size + 1]: "success" })],
  ];
}

const WAYS = {
  fail: (delivery) => done(delivery, { state: "FAILURE", payload: `failure of ${delivery.id}` }),
  revoked: (delivery) => done(delivery, { state: "REVOKED", payload: null, reason: "skipped" }),
  dead: (delivery) => dead(delivery, "rejected"),
} satisfies Record<string, (delivery: Delivery) => Settlement>;

/** How a run ends: as `WAYS` has it, or with another text as its value; null: with none. */
export type Way = string | { readonly grow: Growth } | null;

export function settlement(delivery: Delivery, way: Way): Settlement {
  if (way === null) return done(delivery, null);
  if (typeof way === "string") {
    const end = WAYS[way as keyof typeof WAYS] as ((of: Delivery) => Settlement) | undefined;
    return end ? end(delivery) : done(delivery, { state: "SUCCESS", payload: way });
  }
  if (way.grow.output === null) return { ...done(delivery), grow: way.grow };
  return { ...done(delivery, null), kind: "replaced", grow: way.grow };
}

export interface Drained {
  /** Ids in the order in which they ran. */
  readonly ran: string[];
  readonly changes: GraphChange[];
  readonly deliveries: ReadonlyMap<string, Delivery>;
}

/** Runs all there is until nothing is left to do now; `ways` by id, else each gives "value of <id>". */
export async function drain(
  store: Store,
  ways: Readonly<Record<string, Way>> = {},
  max = 100,
): Promise<Drained> {
  const ran: string[] = [];
  const changes: GraphChange[] = [];
  const deliveries = new Map<string, Delivery>();
  for (;;) {
    const reply = await claim(store, { max });
    changes.push(...(reply.graphs ?? []));
    if (reply.deliveries.length === 0 && (reply.nextWakeAt === null || reply.nextWakeAt > reply.now)) break;
    if (reply.deliveries.length === 0) continue;
    const settlements = reply.deliveries.map((delivery) => {
      ran.push(delivery.id);
      deliveries.set(delivery.id, delivery);
      return settlement(
        delivery,
        ways[delivery.id] === undefined ? `value of ${delivery.id}` : ways[delivery.id]!,
      );
    });
    const { outcomes, graphs = [] } = await store.consumer.settle(settlements, null);
    changes.push(...graphs);
    assert.deepEqual(new Set(outcomes), new Set(["settled"]));
  }
  return { ran, changes, deliveries };
}

/** Claims, without taking anything, until nothing is left to do now. */
export async function keepHouse(
  store: Store,
): Promise<{ readonly changes: GraphChange[]; readonly claims: number }> {
  const changes: GraphChange[] = [];
  for (let claims = 1; ; claims++) {
    const { nextWakeAt, now, graphs = [] } = await claim(store, { max: 0 });
    changes.push(...graphs);
    if (nextWakeAt === null || nextWakeAt > now) return { changes, claims };
    assert(claims < 10_000, "housekeeping has no end");
  }
}

export async function graphOf(store: Store, id = "g"): Promise<GraphRecord> {
  const [graph] = await store.graphs.get([id]);
  assert(graph, `graph ${id} was expected to be there`);
  return graph;
}

/** State of each part by its number, all pages. */
export async function statesOf(store: Store, id = "g"): Promise<Record<string, PartState>> {
  const states: Record<string, PartState> = {};
  let after: string | undefined;
  for (;;) {
    const page = await store.graphs.parts(id, { limit: 500, ...(after !== undefined && { after }) });
    assert(page, `graph ${id} was expected to be there`);
    for (const { id: of, state } of page) states[of.slice(id.length + 1)] = state;
    after = page.at(-1)?.id;
    if (page.length < 500) return states;
  }
}

export async function stateOfResult(store: Store, id: string): Promise<string | null> {
  const [record] = await store.results.get([id]);
  return record ? [record.state, record.reason].filter((each) => each !== undefined).join(" ") : null;
}

/** Sweeps until nothing is left to drop. */
export async function sweepAll(store: Store): Promise<void> {
  for (let steps = 0; (await store.sweep(500)) > 0; steps++) assert(steps < 10_000, "the sweep has no end");
}
