/**
 * Unique keys: a message lets go of its own in the step in which it begins or ends, whichever it has said. Whoever ends one calls
 * `endUnique`; `release` makes ready before the step is over what has waited for the key (rules/send.ts).
 */
import type { EpochMs } from "../../core/clock.js";
import type { MessageUnique } from "../../tasks/message.js";
import type { Known, Records } from "./records.js";
import type { UniqueKey } from "./unique-records.js";

/** The record of a key that a message gets now. */
export function ownedBy(id: string, { ttlMs, until }: MessageUnique, now: EpochMs): UniqueKey {
  return { owner: id, endsAt: ttlMs === null ? null : now + ttlMs, isTimed: until === null, waiting: null };
}

/** A worker gets the message: for the first time, or it has let go of its key before. */
export function startUnique({ uniques, freed }: Records, { id }: Pick<Known, "id">): void {
  const unique = uniques.hasAny ? uniques.ofMessage(id) : null;
  if (!unique || unique.until === "finished") return;
  uniques.forget(id);
  const record = uniques.find(unique.key);
  if (record?.owner !== id) return;
  if (record.waiting !== null) freed.unique.add(unique.key);
  else if (!record.isTimed) uniques.remove(unique.key);
}

/** The message has ended, is a dead letter, or is buffered no more. */
export function endUnique({ uniques, freed }: Records, { id }: Pick<Known, "id">): void {
  const unique = uniques.hasAny ? uniques.ofMessage(id) : null;
  if (!unique) return;
  uniques.forget(id);
  const record = uniques.find(unique.key);
  if (record?.waiting === id) uniques.put(unique.key, { ...record, waiting: null });
  if (record?.owner !== id) return;
  if (record.waiting !== null) freed.unique.add(unique.key);
  else uniques.remove(unique.key);
}
