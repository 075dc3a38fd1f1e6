/** What has to hold of unique keys, by the log that victims keep outside the store. */
import type { LogLine, UniqueLine } from "./fault-log.js";

const KINDS: readonly LogLine["kind"][] = ["asking", "asked", "began", "finished"];

export interface UniqueFigures {
  readonly asked: number;
  readonly runs: number;
  readonly broken: readonly string[];
}

/**
 * At most one at a time: from the first run of a message to the first that has done all, which no end of it comes before, no run of another
 * one begins. The latest is not lost: under "replace" and "queue-one" a run begins after each that was asked for. Whatever was
 * answered has run.
 */
export function judgeUnique(log: readonly LogLine[], policy: string): UniqueFigures {
  const lines = log.filter(
    (line): line is UniqueLine => KINDS.includes(line.kind) && (line as UniqueLine).policy === policy,
  );
  const at = (kind: UniqueLine["kind"]): (readonly [index: number, line: UniqueLine])[] =>
    lines.flatMap((line, index) => (line.kind === kind ? [[index, line] as const] : []));
  const [asked, began, finished] = [at("asked"), at("began"), at("finished")];
  const first = (list: typeof began, id: string): number =>
    list.find(([, line]) => line.id === id)?.[0] ?? Infinity;
  const broken: string[] = [];

  const spans = [...new Set(began.map(([, { id }]) => id))].map((id) => ({
    id,
    from: first(began, id),
    to: first(finished, id),
  }));
  spans.sort((a, b) => a.from - b.from);
  spans.forEach(({ id, from, to }, index) => {
    const next = spans[index + 1];
    if (to === Infinity) broken.push(`${policy}: ${id} began at line ${from} and never ended`);
    else if (next && next.from < to)
      broken.push(`${policy}: ${next.id} began while ${id} ran, at line ${next.from}`);
  });

  const ran = new Set(began.map(([, { id }]) => id));
  for (const [, { id, asked: what }] of asked) {
    if (!ran.has(id)) broken.push(`${policy}: ${what} was answered with ${id}, which never ran`);
  }
  if (policy === "replace" || policy === "queue-one") {
    const lastBegan = began.at(-1)?.[0] ?? -1;
    const answered = new Set(asked.map(([, line]) => line.asked));
    for (const [index, line] of at("asking")) {
      if (answered.has(line.asked) && index > lastBegan)
        broken.push(`${policy}: nothing ran after ${line.asked}`);
    }
  }
  return { asked: asked.length, runs: began.length, broken };
}
