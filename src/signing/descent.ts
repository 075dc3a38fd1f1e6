/**
 * A run that replaces itself ends as another one does, with a copy of that one's record. Which runs a record stands for is
 * signed with it: the first of them, and those behind which ids begin anew as they had grown too long.
 */
import { graphOfPart } from "../tasks/part.js";
import { grownPrefix, LONGEST_PARENT_ID } from "../tasks/part-ids.js";

/** Of what comes in the place of the run `id`, which stands for `standsFor` itself. */
export function heirOf(id: string, standsFor: readonly string[]): readonly string[] {
  const isKept = standsFor.length === 0 || id.length > LONGEST_PARENT_ID;
  return isKept ? [...standsFor, id] : standsFor;
}

/** Whether the record of `own` tells the end of `id`. */
export function isTold(id: string, own: string, standsFor: readonly string[]): boolean {
  if (id === own) return true;
  const path = [...standsFor, own];
  return standsFor.some((from, index) => from === id || isBetween(from, id, path[index + 1]!));
}

/** Between two of one line: what has grown from the one, and become the other. */
function isBetween(from: string, id: string, to: string): boolean {
  return isGrown(from, id) && (to.startsWith(`${id}/`) || to.startsWith(`${id}:`));
}

function isGrown(from: string, id: string): boolean {
  return id.startsWith(`${from}:`) || id.startsWith(grownPrefix(graphOfPart(from) ?? from, from));
}
