/** Units of work that one search may spend: the same on every machine, some 0.1 s on most. */
export const BUDGET = 250_000;
/** What each member of a union may spend at least. */
const LEAST_SHARE = 25_000;
/** Units of a look at a custom schedule, and at the Sun; of anything else 1. */
export const CUSTOM_COST = 10;
export const SUN_COST = 100;

let isSearching = false;
let left = 0;

/**
 * Begins a search of so many units. False within another one, from whose units it spends then, so that searches in
 * searches cost no more than one. Whoever is told true calls `endSearch`, also after an error.
 */
export function beginSearch(units: number): boolean {
  if (isSearching) return false;
  isSearching = true;
  left = units;
  return true;
}

export function endSearch(): void {
  isSearching = false;
  left = 0;
}

/** Whether the search has spent more than it may: then "nothing found" proves nothing. */
export function spend(units: number): boolean {
  left -= units;
  return left < 0;
}

/** Whether the present search has spent more than it may. */
export function isSpent(): boolean {
  return left < 0;
}

/** What each of so many members may spend. */
export function shareOf(members: number): number {
  return Math.max(LEAST_SHARE, Math.floor(BUDGET / members));
}
