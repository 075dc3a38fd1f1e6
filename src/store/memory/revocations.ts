/** Ids that were revoked before the store knew them. */
import type { EpochMs } from "../../core/clock.js";
import type { MemoryState } from "./state.js";

export function isRevoked({ revocations, now }: MemoryState, id: string): boolean {
  return (revocations.get(id)?.until ?? 0) > now;
}

export function rememberRevoked(
  { revocations, revocationEnds }: MemoryState,
  id: string,
  until: EpochMs,
): void {
  const before = revocations.get(id);
  if (before && until <= before.until) return;
  if (before) revocationEnds.remove(before);
  const revocation = { id, until, slot: -1 };
  revocations.set(id, revocation);
  revocationEnds.push(revocation, until, 0);
}

/** Drops at most `limit` revocations whose time is over. */
export function sweepRevocations({ revocations, revocationEnds, now }: MemoryState, limit: number): number {
  let dropped = 0;
  for (; dropped < limit; dropped++) {
    const revocation = revocationEnds.peek();
    if (!revocation || revocation.until > now) break;
    revocationEnds.remove(revocation);
    revocations.delete(revocation.id);
  }
  return dropped;
}
