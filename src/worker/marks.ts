/** Marks of headers: what carries them does not begin. */
import type { HeaderMark } from "../store/contracts/presence.js";
import type { Assignment } from "./assignment.js";

/** Those that hold, as the store told last. */
export interface Marks {
  current: readonly HeaderMark[];
}

export function isMarked({ reservation, body }: Assignment, marks: readonly HeaderMark[]): boolean {
  if (marks.length === 0) return false;
  const now = reservation.storeNow;
  return marks.some(
    ({ headers, until }) =>
      until > now &&
      Object.entries(headers).every(([name, value]) => ownHeader(body.headers, name) === value),
  );
}

function ownHeader(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(headers, name) ? headers[name] : undefined;
}
