/** Whether data that came from anywhere has the form of `Take`. Total, and bounded in depth. */

/** Levels of lists in a source. A list that is nested deeper is made of joins, which are told by their number. */
export const MOST_SOURCE_DEPTH = 40;

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

export function isTakeList(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  let last = -1;
  for (const take of value as readonly unknown[]) {
    if (!Array.isArray(take) || take.length !== 2) return false;
    const [position, source] = take as readonly unknown[];
    if (!isNumber(position) || position <= last || !isTaken(source)) return false;
    last = position;
  }
  return true;
}

function isTaken(value: unknown): boolean {
  if (!Array.isArray(value)) return isSource(value, 0);
  if (value[0] === "failure") return value.length === 1;
  if (value[0] === "stream") return value.length === 2 && isSource(value[1], 0);
  return isSource(value, 0);
}

/** Whether it is a `Source`: of a part's take, or the value of a join. */
export function isSource(value: unknown, depth: number): boolean {
  if (typeof value === "string") return value !== "";
  if (!Array.isArray(value)) return isNumber(value);
  if (depth >= MOST_SOURCE_DEPTH) return false;
  const [kind, ...rest] = value as readonly unknown[];
  if (kind === "settled") return rest.length === 1 && isSource(rest[0], depth + 1);
  if (kind !== "list") return false;
  const [key, ...items] = rest;
  return (
    (key === null || typeof key === "string") &&
    items.every((item) => isRun(item) || isSource(item, depth + 1))
  );
}

function isRun(value: unknown): boolean {
  if (!Array.isArray(value) || value[0] !== "run" || value.length !== 4) return false;
  const [, from, to, step] = value as readonly unknown[];
  return isNumber(from) && isNumber(to) && isNumber(step) && step > 0 && to >= from;
}
