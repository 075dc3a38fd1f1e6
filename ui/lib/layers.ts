/** Parts of a graph in steps: each stands behind all that it waits for. */

export interface LayerPart {
  readonly id: string;
  readonly followers: readonly string[];
}

/** Step of each part, from 0. What waits for parts that are not among these begins where the others of these say. */
export function stepsOf(parts: readonly LayerPart[]): Map<string, number> {
  const waitsFor = new Map(parts.map(({ id }) => [id, 0]));
  const known = (followers: readonly string[]): string[] => followers.filter((id) => waitsFor.has(id));
  const edges = new Map(parts.map(({ id, followers }) => [id, known(followers)]));
  for (const followers of edges.values()) for (const id of followers) waitsFor.set(id, waitsFor.get(id)! + 1);
  const steps = new Map<string, number>();
  const free = parts.filter(({ id }) => waitsFor.get(id) === 0).map(({ id }) => id);
  for (const id of free) steps.set(id, 0);
  for (let at = 0; at < free.length; at++) {
    const id = free[at]!;
    for (const follower of edges.get(id)!) {
      steps.set(follower, Math.max(steps.get(follower) ?? 0, steps.get(id)! + 1));
      const left = waitsFor.get(follower)! - 1;
      waitsFor.set(follower, left);
      if (left === 0) free.push(follower);
    }
  }
  return steps;
}
