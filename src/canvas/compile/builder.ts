/** Parts, lists and edges of a graph while it is made. It knows no forms. */
import type { NewMessage } from "../../tasks/message.js";
import {
  type CancelRange,
  type Edge,
  type EdgeKind,
  MOST_NAMED_INPUTS,
  type NewPart,
  type FollowerList,
  type Source,
} from "../../tasks/part.js";
import { formError, type Place } from "../place.js";
import { isRun } from "./sources.js";

/** How parts and lists are called: those of a graph, or those that grow from one part. */
export interface Names {
  readonly graph: string;
  id(number: number): string;
  /** How sources name the part. */
  leaf(number: number): number | string;
  list(number: number): string;
  /** The number of a leaf of these names; null: of others. */
  numberOf(leaf: number | string): number | null;
}

export interface List {
  readonly key: string;
  readonly edges: Edge[];
  readonly cancels: CancelRange[];
}

export interface Draft {
  readonly id: string;
  readonly leaf: number | string;
  message: NewMessage | null;
  readonly value: string | null;
  /** Called after or beside the form that it stands in: its failure is not the form's. */
  readonly aside: boolean;
  list: List | null;
  pending: number;
  inputs: readonly string[] | null;
  takers: number | null;
}

/** Parts whose ends let others begin: one, which may have no list yet, or `count` that share one. */
export interface Port {
  readonly part: Draft | null;
  readonly list: List | null;
  readonly count: number;
  readonly kind: EdgeKind;
}

/** What a form gives to those who follow it. */
export interface Outlet {
  readonly ports: readonly Port[];
  readonly source: Source;
  /** Levels of lists in the source. */
  readonly depth: number;
  /** The one part that ends as the form does and whose value is the form's; null: there is none. */
  readonly single: Draft | null;
  /** Id of the first part that ends the form. */
  readonly first: string | null;
}

/** Edges that a graph may have for each of the parts that it may have: callbacks of forms in forms multiply. */
const MOST_EDGES_A_PART = 16;

export const endsOf = (ports: readonly Port[]): number => ports.reduce((sum, { count }) => sum + count, 0);

export class GraphBuilder {
  readonly names: Names;
  readonly drafts: Draft[] = [];
  readonly #lists: List[] = [];
  readonly #limit: number;
  #tasks = 0;
  #edges = 0;

  constructor(names: Names, limit: number) {
    this.names = names;
    this.#limit = limit;
  }

  newList(): List {
    const list: List = { key: this.names.list(this.#lists.length), edges: [], cancels: [] };
    this.#lists.push(list);
    return list;
  }

  listOf(port: Port): List {
    if (port.list !== null) return port.list;
    const part = port.part!;
    return (part.list ??= this.newList());
  }

  /** A part with a task; its message is made when its id is known. */
  task(aside: boolean, place: Place | null): Draft {
    if (++this.#tasks > this.#limit) throw tooLarge(place, `${this.#limit} parts`, this.#limit);
    return this.#draft(null, aside);
  }

  /** Lets a list of ends be one end, and a list of values one value. */
  join(outlet: Pick<Outlet, "ports" | "source" | "first">, aside: boolean, place: Place | null): Outlet {
    const draft = this.#draft(JSON.stringify(outlet.source), aside);
    this.connect(outlet.ports, draft, place);
    for (const part of this.#partsIn(outlet.source)) part.takers = null;
    return { ...this.outletOf(draft), first: outlet.first ?? draft.id };
  }

  outletOf(draft: Draft): Outlet {
    const port: Port = { part: draft, list: null, count: 1, kind: "success" };
    return { ports: [port], source: draft.leaf, depth: 0, single: draft, first: draft.id };
  }

  connect(ports: readonly Port[], to: Draft, place: Place | null): void {
    for (const port of ports) {
      this.listOf(port).edges.push({ to: to.id, kind: port.kind });
      to.pending += port.count;
    }
    this.#edges += ports.length;
    const most = this.#limit * MOST_EDGES_A_PART;
    if (this.#edges > most) throw tooLarge(place, `${most} edges`, most);
  }

  /** Says what `draft` takes, and so whose outputs are kept for it. */
  take(draft: Draft, sources: readonly Source[]): void {
    const named = this.#named(sources);
    draft.inputs = named === null ? null : named.map(({ id }) => id);
    if (named === null) {
      for (const source of sources) for (const part of this.#partsIn(source)) part.takers = null;
      return;
    }
    for (const part of named) if (part.takers !== null) part.takers++;
  }

  /** Ports of all parts in [from, to), for whoever is called when one of them fails. */
  failures(from: number, to: number): Port[] {
    const counts = new Map<List, number>();
    const parts = this.drafts.slice(from, to).filter((part) => !part.aside);
    for (const part of parts) {
      if (part.value === null) counts.set((part.list ??= this.newList()), 0);
    }
    // A join that shares a list with them arrives like them.
    for (const { list } of parts) {
      if (list !== null && counts.has(list)) counts.set(list, counts.get(list)! + 1);
    }
    return [...counts].map(([list, count]) => ({ part: null, list, count, kind: "failure" }));
  }

  finish(): { readonly parts: NewPart[]; readonly lists: FollowerList[] } {
    return {
      parts: this.drafts.map(({ id, message, value, list, pending, inputs, takers }) => ({
        id,
        message,
        value,
        list: list?.key ?? null,
        pending,
        inputs,
        takers,
      })),
      // A group of empty groups that nobody follows has a list for nothing.
      lists: this.#lists
        .filter(({ edges }) => edges.length > 0)
        .map(({ key, edges, cancels }) => ({ key, edges, ...(cancels.length > 0 && { cancels }) })),
    };
  }

  #draft(value: string | null, aside: boolean): Draft {
    const number = this.drafts.length;
    const draft: Draft = {
      id: this.names.id(number),
      leaf: this.names.leaf(number),
      message: null,
      value,
      aside,
      list: null,
      pending: 0,
      inputs: value === null ? [] : null,
      takers: value === null ? 0 : null,
    };
    this.drafts.push(draft);
    return draft;
  }

  /** The parts that sources name, each once; null: more than are named one by one, a join, or a group that others may join. */
  #named(sources: readonly Source[]): readonly Draft[] | null {
    const found = new Set<Draft>();
    const look = (source: Source): boolean => {
      if (typeof source === "number" || typeof source === "string") {
        const part = this.#part(source);
        if (part === undefined || part.value !== null) return false;
        return found.add(part).size <= MOST_NAMED_INPUTS;
      }
      if (source[0] === "settled") return look(source[1]);
      const [, key, ...items] = source;
      return key === null && items.every((item) => !isRun(item) && look(item));
    };
    return sources.every(look) ? [...found] : null;
  }

  #part(leaf: number | string): Draft | undefined {
    const number = this.names.numberOf(leaf);
    return number === null ? undefined : this.drafts[number];
  }

  *#partsIn(source: Source): Generator<Draft> {
    if (typeof source === "number" || typeof source === "string") {
      const part = this.#part(source);
      if (part !== undefined) yield part;
    } else if (source[0] === "settled") yield* this.#partsIn(source[1]);
    else {
      const [, , ...items] = source;
      for (const item of items) {
        if (!isRun(item)) yield* this.#partsIn(item);
        else for (let at = item[1]; at <= item[2]; at += item[3]) yield this.drafts[at]!;
      }
    }
  }
}

function tooLarge(place: Place | null, what: string, limit: number): Error {
  return formError(
    "SUNBEAT_GRAPH_TOO_LARGE",
    place,
    `the graph has more than ${what} (graphLimit is ${limit}); make several graphs of it, let parts add the rest while ` +
      "they run, or raise graphLimit",
  );
}
