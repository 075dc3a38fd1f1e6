import { allOf } from "../days/day-mask.js";
import type { DaysDefaults } from "../days/tree.js";
import type { Cell } from "../local/block-times.js";
import type { Schedule } from "../schedule.js";
import { cellsOf } from "../windows/cells.js";
import { pieceOf } from "../windows/compile.js";
import { anyPiece, CellPiece, type Piece } from "../windows/piece.js";
import type { WindowSpec } from "../windows/spec.js";
import { isSun } from "../windows/sun.js";
import type { Zone } from "../zone.js";
import type { Source } from "./filter-search.js";
import { isNeverIn } from "./interval-residues.js";
import { previousOf } from "./rule.js";
import { CUSTOM_COST, SUN_COST } from "./work.js";

/** Cells are joined while there are no more than this. */
const MOST_CELLS = 64;

interface Judge {
  readonly zoneOf: (spec: WindowSpec) => Zone;
  readonly defaults: DaysDefaults;
}

/** Windows that are judged on instants, and whether nothing of `of` can lie in them, proved. */
export function piecesOf(
  of: Schedule,
  groups: readonly (readonly WindowSpec[])[],
  { zoneOf, defaults }: Judge,
): { readonly pieces: readonly Piece[]; readonly isNever: boolean } {
  const pieces: Piece[] = [];
  const byZone = new Map<Zone, readonly Cell[]>();
  let isNever = false;
  const add = (cells: readonly Cell[], zone: Zone): void => {
    pieces.push(new CellPiece(cells, zone));
    isNever ||= isNeverIn(cells, zone, of);
  };
  for (const group of groups) {
    const zones = new Set(group.map(zoneOf));
    const [zone] = zones;
    const cells = group.map((spec) => cellsOf(spec, defaults));
    if (zones.size > 1 || !cells.every((each) => each !== undefined)) {
      pieces.push(anyPiece(group.map((spec) => pieceOf(spec, zoneOf(spec), defaults))));
      continue;
    }
    const known = byZone.get(zone!);
    const joined = known === undefined ? cells.flat() : common(known, cells.flat());
    if (joined.length <= MOST_CELLS) byZone.set(zone!, joined);
    else add(cells.flat(), zone!);
  }
  for (const [zone, cells] of byZone) add(cells, zone);
  return { pieces, isNever };
}

/** What lies in a cell of either list. */
function common(these: readonly Cell[], those: readonly Cell[]): Cell[] {
  return these.flatMap((a) =>
    those
      .map((b) => ({
        days: allOf([a.days, b.days]),
        from: Math.max(a.from, b.from),
        to: Math.min(a.to, b.to),
      }))
      .filter(({ from, to }) => from < to),
  );
}

/** A schedule as what names candidates. */
export function sourceOf(of: Schedule): Source {
  return {
    cost: isSun(of) ? SUN_COST : "withDefaults" in of ? 1 : CUSTOM_COST,
    next: (after) => of.next(after),
    previous: (before) => previousOf(of, before),
  };
}
