import type { Conjunction, Names, Run } from "../schedules/index.js";

/** Runs, each as one value or as the way from one to another, in a list. */
export function listRuns(
  { list }: Names,
  runs: readonly Run[],
  word: Conjunction,
  {
    one,
    way,
  }: { readonly one: (value: number) => string; readonly way: (from: number, to: number) => string },
): string {
  return list(
    runs.map(([from, to]) => (to === undefined ? one(from) : way(from, to))),
    word,
  );
}

/** The one value that runs hold; undefined: they hold more. */
export function single(runs: readonly Run[]): number | undefined {
  const [first, ...more] = runs;
  return first?.length === 1 && more.length === 0 ? first[0] : undefined;
}

/** Whether no run has more than one value. */
export function isPlain(runs: readonly Run[]): boolean {
  return runs.every(([, to]) => to === undefined);
}
