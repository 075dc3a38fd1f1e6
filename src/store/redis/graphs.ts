/** Graphs of tasks on Redis: their rules are scripts/lib/graph.lua, their records scripts/lib/graph-records.lua. */
import type {
  GraphChange,
  GraphPortion,
  GraphRecord,
  Graphs,
  GraphState,
  OpenOutcome,
  PartRecord,
  PartState,
} from "../contracts/graphs.js";
import type { FollowerList, NewPart } from "../../tasks/part.js";
import type { StoredResult } from "../contracts/results.js";
import type { Caller } from "./caller.js";
import { parts, partsByCost, wireIds } from "./messages.js";
import { idOf, nameIn, packParts } from "./parts.js";
import { readStored } from "./results.js";
import { CODES, defineScript, meanings, outcomes, type WireNumber } from "./script.js";
import {
  fromWire,
  fromWord,
  fromWordOrNull,
  numberOrNull,
  toWire,
  toWord,
  toWordOrNull,
  words,
} from "./text.js";

const GET_STEP = 250;
const LIST_STEP = 250;
const PARTS_STEP = 250;
/** As of the contract. */
const MOST_OUTPUTS = 500;

const text = (raw: string): string => raw;
const openScript = defineScript("graph-open", text);
const getScript = defineScript("graph-get", (raw: string[]) => raw);
const listScript = defineScript("graph-list", (raw: string[]) => raw);
const partsScript = defineScript("graph-parts", (raw: "" | [WireNumber, ...(string | WireNumber)[]]) => raw);
const outputsScript = defineScript("graph-outputs", (raw: string[]) => raw);
const addedScript = defineScript("graph-added", text);
const cancelScript = defineScript("graph-cancel", text);
const resumeScript = defineScript("graph-resume", text);
const saveScript = defineScript("graph-save", text);
const forgetScript = defineScript("graph-forget", () => undefined);

const OPENED: ReadonlyMap<string, OpenOutcome | "dropping"> = meanings(CODES.opened);
const STOPPED = meanings(CODES.stopped);
const RESUMED = meanings(CODES.resumed);
const SAVED = meanings(CODES.saved);
const STATES = meanings(CODES.graph);
const PARTS: ReadonlyMap<string, PartState> = meanings(CODES.part);

/** A code of one letter, in a word. */
function wordOf<T>(letter: string, meaning: ReadonlyMap<string, T>): T {
  return outcomes(letter, meaning)[0]!;
}

export function redisGraphs(caller: Caller): Graphs {
  const page = async (id: string, after: string, limit: number): Promise<PartsPage | null> =>
    readParts(id, await caller.call(partsScript, { id: toWire(id), after, limit }));

  const openPiece = async (piece: GraphPortion): Promise<OpenOutcome> => {
    const { args, rest } = packPortion(piece);
    for (;;) {
      const outcome = wordOf(await caller.call(openScript, args, rest), OPENED);
      // An older graph of the id goes first, a part of it at a time.
      if (outcome !== "dropping") return outcome;
    }
  };

  return {
    async open(portion) {
      caller.assertOpen();
      const pieces = piecesOf(portion);
      let outcome: OpenOutcome = "open";
      let { before = 0 } = portion;
      for (const [number, piece] of pieces.entries()) {
        const seal = portion.seal && number === pieces.length - 1;
        outcome = await openPiece({ ...portion, ...piece, seal, before });
        if (outcome === "duplicate" || outcome === "behind" || outcome === "full") break;
        before += piece.parts.length;
      }
      return outcome;
    },

    async get(ids) {
      caller.assertOpen();
      const found: (GraphRecord | null)[] = [];
      for (const part of parts(ids, GET_STEP)) {
        const told = await caller.call(getScript, {}, wireIds(part));
        found.push(
          ...part.map((id, index) => readGraph(id, told[index * 2] ?? "", told[index * 2 + 1] ?? "")),
        );
      }
      return found;
    },

    async parts(id, { after, limit }) {
      caller.assertOpen();
      const found: PartRecord[] = [];
      let name = after === undefined ? "" : nameIn(id, after);
      while (found.length < limit) {
        const next = await page(id, name, Math.min(limit - found.length, PARTS_STEP));
        if (!next) return null;
        found.push(...next.parts);
        const last = next.parts.at(-1);
        if (next.isAll || !last) break;
        name = nameIn(id, last.id);
      }
      return found;
    },

    async list({ after, limit }) {
      caller.assertOpen();
      const found: GraphRecord[] = [];
      let last = after === undefined ? "" : toWire(after);
      do {
        const step = Math.min(limit - found.length, LIST_STEP);
        const [next = "", ...told] = await caller.call(listScript, { after: last, limit: step });
        for (const [id = "", record = "", value = ""] of parts(told, 3)) {
          const graph = readGraph(fromWire(id), record, value);
          if (graph) found.push(graph);
        }
        last = next;
      } while (last !== "" && found.length < limit);
      return found;
    },

    async outputs(ids) {
      caller.assertOpen();
      const asked = ids.slice(0, MOST_OUTPUTS);
      const told = await caller.call(outputsScript, {}, wireIds(asked));
      return told.map((record, index): StoredResult | null => readStored(asked[index] ?? "", record));
    },

    async added(id, list) {
      caller.assertOpen();
      const found: string[] = [];
      for (let chunk = 0; ; chunk++) {
        const told = await caller.call(addedScript, { id: toWire(id), list, chunk });
        if (told === "") return found;
        found.push(...told.split("\n"));
      }
    },

    async cancel(id, { terminate }) {
      const args = { id: toWire(id), terminate: terminate ? 1 : 0 };
      return wordOf(await caller.call(cancelScript, args), STOPPED);
    },

    async resume(id) {
      return wordOf(await caller.call(resumeScript, { id: toWire(id) }), RESUMED);
    },

    async save(id, name) {
      return wordOf(await caller.call(saveScript, { id: toWire(id), name: toWordOrNull(name) }), SAVED);
    },

    async forget(id) {
      await caller.call(forgetScript, { id: toWire(id) });
    },
  };
}

type Piece = Pick<GraphPortion, "parts" | "lists">;

/**
 * What one call of the server may store. Nothing of a graph runs before the last one, so it may come in smaller pieces. Parts come
 * last: by their number the next portion sees that one was lost.
 */
function piecesOf({ parts: brought, lists }: GraphPortion): Piece[] {
  const items = [...lists.map((list) => ({ list })), ...brought.map((part) => ({ part }))];
  const pieces = [...partsByCost<{ part?: NewPart; list?: FollowerList }>(items, costOfStoring)];
  if (pieces.length === 0) return [{ parts: [], lists: [] }];
  return pieces.map((piece) => ({
    parts: piece.flatMap(({ part }) => part ?? []),
    lists: piece.flatMap(({ list }) => list ?? []),
  }));
}

function costOfStoring({ part, list }: { part?: NewPart; list?: FollowerList }) {
  const characters = part?.message?.body.length ?? part?.value?.length ?? 0;
  const numbers = part ? (part.pending > 0 ? 3 : 0) + (part.takers ? 3 : 0) : 0;
  return { cost: (part ? 9 : 0) + numbers + (list ? 10 + list.edges.length : 0), characters };
}

function packPortion(portion: GraphPortion) {
  const { id, name, output, keepMs, parts: brought, lists, seal, before = 0, bounds = [] } = portion;
  const packed = packParts(id, brought, lists);
  return {
    args: {
      ...{ id: toWire(id), name: toWord(name), output: nameIn(id, output), keep: keepMs, seal: seal ? 1 : 0 },
      bounds: [...bounds].map(([queue, most]) => `${toWord(queue)}=${most}`).join(" "),
      ...{ before, templates: packed.templates.length, lists: packed.lists.length },
    },
    rest: [...packed.templates, ...packed.lists, ...packed.parts],
  };
}

/** A record of scripts/lib/graph-records.lua; null for none. */
function readGraph(id: string, record: string, value: string): GraphRecord | null {
  const found = words(record, 13);
  if (!found) return null;
  const [letter = "", created, until = "", , ...numbers] = found.head;
  const [size = 0, succeeded = 0, failed = 0, unrun = 0, joins = 0] = numbers.map(Number);
  const output = found.head[12] ?? "";
  const state = wordOf(letter, STATES) as GraphState;
  const open = size - succeeded - failed - unrun;
  const isOver = open + joins === 0 && state !== "open";
  return {
    ...{ id, name: fromWord(found.rest), state, size, succeeded, failed, unrun, open },
    ...{ createdAt: Number(created), until: isOver ? numberOrNull(until) : null },
    ...{ output: idOf(id, output), value: value === "" ? null : value },
  };
}

interface PartsPage {
  readonly parts: readonly PartRecord[];
  readonly isAll: boolean;
}

function readParts(id: string, reply: "" | readonly (string | WireNumber)[]): PartsPage | null {
  if (reply === "") return null;
  const [isAll, ...told] = reply;
  return {
    isAll: Number(isAll) === 1,
    parts: parts(told.map(String), 4).map(([name = "", record = "", leased, followers = ""]) => {
      const [letter = "", , changed = "", , , , , task = "+"] = record.split(" ");
      const [culprit = "+"] = changed.split(";");
      const state = wordOf(letter, PARTS);
      return {
        id: idOf(id, name),
        task: fromWordOrNull(task),
        state: state === "waiting" && leased === "1" ? "running" : state,
        culprit: state === "unrun" && culprit !== "+" ? idOf(id, culprit) : null,
        followers: followers === "" ? [] : followers.split(" ").map((to) => idOf(id, to)),
      };
    }),
  };
}

/** What replies tell of graphs: id, name, state and number of parts of each. */
export function readChanges(flat: readonly string[]): GraphChange[] {
  return parts(flat, 4).map(([id = "", name = "", letter = "", size = ""]) => {
    const state = wordOf(letter, STATES) as GraphChange["state"];
    return { id: fromWire(id), name: fromWord(name), state, parts: Number(size) };
  });
}
