/** The layout of a graph as lines: what stands before each part, and after which parts it begins where that is not seen. */
import { isGrownFrom, type Item, type Layout, type Sequence } from "./graph-layout.js";

export interface TreeLine {
  /** Lines of the tree before the name. */
  readonly indent: string;
  readonly item: Item;
  /** "0-2, 7", "nothing"; null: after the one above, or what holds the group is after. */
  readonly after: string | null;
}

/** Deeper ones are not moved further to the right. */
const DEEPEST = 16;
/** Of more runs of parts that one waits for, the first ones are told. */
const TOLD_RUNS = 3;

/** From the top, a line at a time. */
export function linesOf(graph: string, layout: Layout): Generator<TreeLine, void> {
  return walk({ ...layout, graph }, layout.top, { first: "", rest: "" }, []);
}

/** A part's id without that of its graph; "-" for a message that became a graph of its own id. */
export function shortId(graph: string, id: string): string {
  return id === graph ? "-" : id.slice(graph.length + 1);
}

interface Drawn extends Layout {
  readonly graph: string;
}

interface Indent {
  readonly first: string;
  readonly rest: string;
}

/** `awaited`: what the first one follows, as the lines above show; null: nothing there is told. */
function* walk(
  drawn: Drawn,
  { items }: Sequence,
  indent: Indent,
  awaited: readonly string[] | null,
): Generator<TreeLine, void> {
  for (const [index, item] of items.entries()) {
    const expected = index === 0 ? awaited : items[index - 1]!.exits;
    yield {
      indent: index === 0 ? indent.first : indent.rest,
      item,
      after: afterText(drawn, item, expected),
    };
    const isReplaced = item.part !== null && item.part.task !== null;
    for (const [n, branch] of item.branches.entries()) {
      const isLast = n === item.branches.length - 1;
      yield* walk(drawn, branch, deeper(branch, indent.rest, isLast), isReplaced ? null : expected);
    }
  }
}

function deeper({ depth }: Sequence, rest: string, isLast: boolean): Indent {
  if (depth > DEEPEST) return { first: rest, rest };
  return isLast ? { first: `${rest}└─ `, rest: `${rest}   ` } : { first: `${rest}├─ `, rest: `${rest}│  ` };
}

function afterText(
  { graph, before }: Drawn,
  { part }: Item,
  expected: readonly string[] | null,
): string | null {
  if (part === null || part.task === null) return null;
  const ids = before.get(part.id)!.filter((id) => !isGrownFrom(id, part.id));
  if (ids.length === 0) {
    // One that grew begins when its parent has ended: its id tells.
    return expected === null || expected.length === 0 || shortId(graph, part.id).includes("/")
      ? null
      : "nothing";
  }
  if (expected !== null && ids.length === expected.length) {
    const seen = new Set(expected);
    if (ids.every((id) => seen.has(id))) return null;
  }
  return runsText(ids.map((id) => shortId(graph, id)));
}

/** Numbers that follow one another as "0-2". */
function runsText(ids: readonly string[]): string {
  const runs: { first: string; last: string }[] = [];
  for (const id of ids) {
    const run = runs.at(-1);
    if (run !== undefined && /^\d+$/.test(id) && Number(run.last) + 1 === Number(id)) run.last = id;
    else runs.push({ first: id, last: id });
  }
  const told = runs
    .slice(0, TOLD_RUNS)
    .map(({ first, last }) => (first === last ? first : `${first}-${last}`));
  return [...told, ...(runs.length > TOLD_RUNS ? ["..."] : [])].join(", ");
}
