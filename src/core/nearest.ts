/** Edit distance with adjacent swaps (optimal string alignment), for "did you mean". */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, beforeLast[j - 2]! + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

/**
 * The known name closest to `name`, or undefined when none is close enough to be a misspelling of it: not more than
 * `most` slips away, default a third of the name. Where two names that are alike mean different things, give 1 or 2.
 */
export function nearest(
  name: string,
  known: Iterable<string>,
  most = Math.max(2, Math.floor(name.length / 3)),
): string | undefined {
  if (name.length > 64) return undefined; // a hostile key must not cost quadratic time
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = most + 1;
  for (const candidate of known) {
    const d = distance(wanted, candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** " (did you mean x?)" or nothing: the tail of a message about an unknown name. */
export function didYouMean(name: string, known: Iterable<string>, most?: number): string {
  const found = nearest(name, known, most);
  return found === undefined ? "" : ` (did you mean ${JSON.stringify(found)}?)`;
}
