/**
 * The parts of a graph as people draw them: what follows one another stands one below the other, members of a group below its
 * heading, and what a part has put in its place below that part.
 *
 * A store knows parts and edges and no forms, so the forms are read from the edges. A part that leads to the output stands in
 * the sequence of the part it leads to; where that is a join, or several parts lead to it alone, it ends a branch of a group.
 * Everything else (links, error callbacks, what runs after the output) stands where all that it follows is seen.
 * A graph may have a million parts: no function calls itself once a part.
 */
import { createHash } from "node:crypto";
import { graphOfPart } from "../app/index.js";
import type { PartRecord } from "../store/contracts/index.js";

/** Items that stand one below the other. */
export interface Sequence {
  /** The item whose branch it is; null: of the whole graph. */
  readonly of: Item | null;
  readonly depth: number;
  readonly items: Item[];
}

/** A part, or the heading of a group. */
export interface Item {
  /** Null: the heading of a group that has no join, since one part alone follows its members. */
  readonly part: PartRecord | null;
  readonly sequence: Sequence;
  /** Of a heading the members; of a part that has replaced itself what stands for it. */
  readonly branches: Sequence[];
  /** Parts that lead out of it. */
  readonly exits: string[];
  /** Its place in the order written; of a heading that of its first member. */
  position: number;
}

export interface Layout {
  readonly top: Sequence;
  /** The parts that each one follows. */
  readonly before: ReadonlyMap<string, readonly string[]>;
}

type Neighbours = Map<string, string[]>;

/** `parts`: all of them, in the order of the store. */
export function layOut(parts: readonly PartRecord[], output: string): Layout {
  const before: Neighbours = new Map(parts.map(({ id }) => [id, []]));
  const after: Neighbours = new Map();
  for (const { id, followers } of parts) {
    const known = [...new Set(followers)].filter((follower) => before.has(follower));
    after.set(id, known);
    for (const follower of known) before.get(follower)!.push(id);
  }
  const leading = leadingTo(output, before);
  const drawing = new Drawing(parts, before, after, leading);
  const order = followersFirst(before, after);
  for (const id of order) if (leading.has(id)) drawing.lead(id);
  for (const id of order.reverse()) if (!leading.has(id)) drawing.trail(id);
  return { top: drawing.sorted(), before };
}

/** Whether `id` is a part that grew from the run of `parent`. */
export function isGrownFrom(id: string, parent: string): boolean {
  const slash = id.lastIndexOf("/");
  // Of a message that became a graph of its own id.
  if (slash < 0) return graphOfPart(id) === parent;
  const stem = id.slice(0, slash);
  if (stem === parent) return true;
  const hash = /:~([0-9a-f]{16})$/.exec(stem)?.[1];
  return hash !== undefined && createHash("sha256").update(parent).digest("hex").startsWith(hash);
}

/** The output, and all of which it needs to hear. */
function leadingTo(output: string, before: Neighbours): Set<string> {
  const found = new Set(before.has(output) ? [output] : []);
  for (const id of found) for (const earlier of before.get(id)!) found.add(earlier);
  return found;
}

/** Each part behind all that follow it. */
function followersFirst(before: Neighbours, after: Neighbours): string[] {
  const waitsFor = new Map([...after].map(([id, followers]) => [id, followers.length]));
  const order = [...waitsFor.keys()].filter((id) => waitsFor.get(id) === 0);
  for (const id of order) {
    for (const earlier of before.get(id)!) {
      const left = waitsFor.get(earlier)! - 1;
      waitsFor.set(earlier, left);
      if (left === 0) order.push(earlier);
    }
  }
  return order;
}

class Drawing {
  readonly #parts: ReadonlyMap<string, { readonly part: PartRecord; readonly position: number }>;
  readonly #before: Neighbours;
  /** The followers of a part that leads to the output, of those that do so, too. */
  readonly #ways: Neighbours = new Map();
  /** How many parts lead to one alone. */
  readonly #shared = new Map<string, number>();
  readonly #items = new Map<string, Item>();
  /** Headings without a join, by the part that follows their members. */
  readonly #headings = new Map<string, Item>();
  readonly #made: Item[] = [];
  readonly #top: Sequence = { of: null, depth: 0, items: [] };

  constructor(
    parts: readonly PartRecord[],
    before: Neighbours,
    after: Neighbours,
    leading: ReadonlySet<string>,
  ) {
    this.#parts = new Map(parts.map((part, position) => [part.id, { part, position }]));
    this.#before = before;
    for (const id of leading) {
      const ways = after.get(id)!.filter((follower) => leading.has(follower));
      this.#ways.set(id, ways);
      const [only] = ways;
      if (ways.length === 1 && !isGrownFrom(id, only!)) {
        this.#shared.set(only!, (this.#shared.get(only!) ?? 0) + 1);
      }
    }
  }

  /** Places a part that leads to the output; what it leads to has its place. */
  lead(id: string): void {
    const ways = this.#ways.get(id)!.map((follower) => this.#items.get(follower)!);
    const [first, ...others] = ways;
    let sequence = this.#top;
    if (first !== undefined) {
      sequence = others.length === 0 ? this.#beforeOne(id, first) : this.#meeting(ways);
    }
    this.#place(id, sequence);
  }

  /** Places a part that does not; what it follows has its place. */
  trail(id: string): void {
    const earlier = this.#before.get(id)!.map((each) => this.#items.get(each)!);
    this.#place(id, earlier.length === 0 ? this.#top : this.#meeting(earlier));
  }

  sorted(): Sequence {
    // Members were made after their headings.
    for (const item of this.#made.toReversed()) {
      for (const { items } of item.branches) items.sort(byPosition);
      if (item.part !== null && item.part.task !== null) continue;
      for (const { items } of item.branches) item.position = Math.min(item.position, items[0]!.position);
    }
    for (const { branches } of this.#made) {
      branches.sort((a, b) => byPosition(a.items[0]!, b.items[0]!));
    }
    this.#top.items.sort(byPosition);
    return this.#top;
  }

  #beforeOne(id: string, follower: Item): Sequence {
    const part = follower.part!;
    if (part.task === null || isGrownFrom(id, part.id)) return branchOf(follower);
    if (this.#shared.get(part.id) === 1) return follower.sequence;
    let heading = this.#headings.get(part.id);
    if (heading === undefined) {
      heading = this.#make(null, follower.sequence, Infinity);
      this.#headings.set(part.id, heading);
    }
    heading.exits.push(id);
    return branchOf(heading);
  }

  /** The innermost sequence in which all of them are seen. */
  #meeting(items: readonly Item[]): Sequence {
    return items.map(({ sequence }) => sequence).reduce(meet);
  }

  #place(id: string, sequence: Sequence): void {
    const { part, position } = this.#parts.get(id)!;
    const item = this.#make(part, sequence, position);
    item.exits.push(id);
    this.#items.set(id, item);
  }

  #make(part: PartRecord | null, sequence: Sequence, position: number): Item {
    const item = { part, sequence, branches: [], exits: [], position };
    sequence.items.push(item);
    this.#made.push(item);
    return item;
  }
}

function branchOf(of: Item): Sequence {
  const branch = { of, depth: of.sequence.depth + 1, items: [] };
  of.branches.push(branch);
  return branch;
}

function meet(a: Sequence, b: Sequence): Sequence {
  while (a !== b) {
    if (a.depth >= b.depth) a = a.of!.sequence;
    else b = b.of!.sequence;
  }
  return a;
}

function byPosition(a: Item, b: Item): number {
  return a.position - b.position;
}
