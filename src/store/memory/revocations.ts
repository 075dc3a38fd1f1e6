/** Ids that were revoked before the store knew them. */
import type { EpochMs } from "../../core/clock.js";
import type { RevokedPage } from "../contracts/queues.js";
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

/** Those that are remembered still, by until and id, from behind the text of one that an earlier page ended with. */
export function revokedIds(
  { revocations, now }: MemoryState,
  { after, limit }: { readonly after?: string; readonly limit: number },
): RevokedPage {
  const [, from = "0", last = ""] = /^(\d+) (.*)$/s.exec(after ?? "") ?? [];
  const rest = [...revocations.values()]
    .filter(({ id, until }) => until > now && (until > Number(from) || (until === Number(from) && id > last)))
    .sort((a, b) => a.until - b.until || (a.id < b.id ? -1 : 1))
    .map(({ id, until }) => ({ id, until }));
  const revoked = rest.slice(0, limit);
  const end = revoked.at(-1);
  return { revoked, next: end && rest.length > limit ? `${end.until} ${end.id}` : null };
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
