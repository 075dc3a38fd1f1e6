/** Where values come from, as parts name it. */
import type { Source, Take } from "../../tasks/part.js";

type Item = Source | readonly ["run", number, number, number];

export function isRun(item: Item): item is readonly ["run", number, number, number] {
  return typeof item === "object" && item[0] === "run";
}

/** Numbers in even steps are worth a run from so many on. */
const LEAST_RUN = 3;

/** A list of sources, with numbers in even steps as runs. */
export function listSource(key: string | null, sources: readonly Source[]): Source {
  const items: Item[] = [];
  for (let at = 0; at < sources.length;) {
    const run = runAt(sources, at);
    if (run === null) items.push(sources[at++]!);
    else {
      items.push(run);
      at += (run[2] - run[1]) / run[3] + 1;
    }
  }
  return ["list", key, ...items];
}

function runAt(sources: readonly Source[], at: number): readonly ["run", number, number, number] | null {
  const [first, second] = [sources[at], sources[at + 1]];
  if (typeof first !== "number" || typeof second !== "number" || second <= first) return null;
  const step = second - first;
  let last = second;
  let count = 2;
  while (sources[at + count] === last + step) {
    last += step;
    count++;
  }
  return count < LEAST_RUN ? null : ["run", first, last, step];
}

export function isEmptyList(source: Source): boolean {
  return Array.isArray(source) && source[0] === "list" && source[1] === null && source.length === 2;
}

/** The source that a part takes, or reads as a stream; none of a failure. */
export function sourceOf(what: Take[1]): Source[] {
  if (typeof what === "number" || typeof what === "string") return [what];
  if (what[0] === "failure") return [];
  return [what[0] === "stream" ? what[1] : what];
}
