import type { EpochMs } from "../../core/clock.js";
import { CUSTOM_COST, SUN_COST } from "../compose/work.js";
import { maskOfTree } from "../days/days-tree.js";
import type { DaysDefaults } from "../days/tree.js";
import type { Schedule } from "../schedule.js";
import type { Zone } from "../zone.js";
import { cellsOf } from "./cells.js";
import { stretchesOf } from "./edges.js";
import { CellPiece, StretchPiece, type Piece } from "./piece.js";
import type { WindowSpec } from "./spec.js";
import { sunOf } from "./sun.js";

/** A window as instants, in a zone. Throws SUNBEAT_CALENDAR_UNKNOWN. */
export function pieceOf(spec: WindowSpec, zone: Zone, defaults: DaysDefaults): Piece {
  const cells = cellsOf(spec, defaults);
  if (cells !== undefined) return new CellPiece(cells, zone);
  const not = spec.not === true;
  if ("instants" in spec) return instantsPiece(spec.instants, not);
  const { from, to, days } = spec as WindowSpec & {
    from: NonNullable<WindowSpec["from"]>;
    to: NonNullable<WindowSpec["from"]>;
  };
  const mask = days === undefined ? undefined : maskOfTree(days, defaults);
  const cost = sunOf(from) !== undefined || sunOf(to) !== undefined ? SUN_COST : CUSTOM_COST;
  return new StretchPiece(stretchesOf(from, to, { zone, days: mask }), { cost, not });
}

/** Exactly the instants of a schedule, or all others. */
function instantsPiece(schedule: Schedule, not: boolean): Piece {
  return {
    cost: CUSTOM_COST,
    has: (at: EpochMs) => (schedule.next(at - 1) === at) !== not,
    skip: (at) => (not ? at + 1 : (schedule.next(at) ?? Infinity)),
    skipBack: (at) => (not ? at - 1 : (schedule.previous?.(at) ?? -Infinity)),
  };
}
