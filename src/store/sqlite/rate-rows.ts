/** What rate limits keep of a message, beside its row. */
import type { MessageRate } from "../../tasks/message.js";
import type { Transaction } from "./transaction.js";

/** What a message carries. */
export function keepRate(at: Transaction, id: string, { key, weight }: MessageRate): void {
  at.run(
    `INSERT INTO rate_message (id, key, weight) VALUES (?, ?, ?) ON CONFLICT (id)
       DO UPDATE SET key = excluded.key, weight = excluded.weight`,
    ...[id, key, weight],
  );
  at.isRated = true;
}

/** A message waits for a token no more. A backlog without messages is gone. */
export function leaveBacklog(at: Transaction, id: string): void {
  if (!at.isRated) return;
  const left = at.get<{ bucket: string | null; queue: string; weight: number | null }>(
    "SELECT bucket, queue, weight FROM rate_message WHERE id = ? AND bucket IS NOT NULL",
    id,
  );
  if (!left) return;
  if (left.weight === null) at.run("DELETE FROM rate_message WHERE id = ?", id);
  else at.run("UPDATE rate_message SET bucket = NULL WHERE id = ?", id);
  at.run(
    `DELETE FROM rate_backlog WHERE bucket = ? AND queue = ?
       AND NOT EXISTS (SELECT 1 FROM rate_message AS left WHERE left.bucket = rate_backlog.bucket AND left.queue = rate_backlog.queue)`,
    ...[left.bucket, left.queue],
  );
}

/** The message is gone. */
export function forgetRate(at: Transaction, id: string): void {
  if (!at.isRated) return;
  leaveBacklog(at, id);
  at.run("DELETE FROM rate_message WHERE id = ?", id);
}
