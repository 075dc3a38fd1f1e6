/**
 * Where values of lists come from: the sender says it of a join, a run of what it adds to its group. Signed, in the place of the
 * source: ["signed", "<key>.<base64url>", <source>].
 */
import { TaskError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import type { StoredResult } from "../store/contracts/results.js";
import { type Flaw, isFlaw, UNSIGNED } from "./flaw.js";
import type { KeyRing, Purpose } from "./key-ring.js";

const OPENING = '["signed","';
/** The store puts the source of a join into its record. */
const JOIN = '{"$source":';

export function closeSource(
  ring: KeyRing,
  purpose: Purpose,
  place: readonly string[],
  source: string,
): string {
  if (!ring.signs) return source;
  return `${OPENING}${ring.sign(purpose, placed(place, source))}",${source}]`;
}

function openSource(ring: KeyRing, purpose: Purpose, place: readonly string[], text: string): string | Flaw {
  if (!text.startsWith(OPENING)) return ring.requires ? UNSIGNED : text;
  const end = text.indexOf('"', OPENING.length);
  const source = text.slice(end + 2, -1);
  return ring.flawOf(purpose, placed(place, source), text.slice(OPENING.length, Math.max(end, 0))) ?? source;
}

function placed(place: readonly string[], source: string): string {
  return `${JSON.stringify(place)}\n${source}`;
}

/** Records of runs name their worker, those of joins do not. */
export function isJoin(record: StoredResult): record is StoredResult & { readonly payload: string } {
  const { state, payload, worker } = record;
  return state === "SUCCESS" && worker === undefined && payload !== null && payload.startsWith(JOIN);
}

export function openJoin(ring: KeyRing, id: string, payload: string): string | Flaw {
  const text = payload.slice(JOIN.length, -1);
  const source = openSource(ring, "join", [id], text);
  return isFlaw(source) ? source : `${JOIN}${source}}`;
}

/** Throws SUNBEAT_SIGNATURE_INVALID, SUNBEAT_KEY_UNKNOWN. */
export function openAdded(ring: KeyRing, graph: string, list: string, text: string): string {
  const source = openSource(ring, "added", [graph, list], text);
  if (!isFlaw(source)) return source;
  const what = `a member that was added to list ${quote(list)} of graph ${quote(graph)}`;
  throw new TaskError(source.code, `${what}: ${source.message}`, { details: { graph, list } });
}
