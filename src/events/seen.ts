/** What those who put events together have in common: they take what comes from outside, and keep so much of it. */

/** As a watch gives it. */
export interface ToldEvent {
  readonly type: string;
  readonly hostname: string;
  readonly [field: string]: unknown;
}

/** At the end of the map, whose oldest goes where it is full. */
export function put<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

export function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
