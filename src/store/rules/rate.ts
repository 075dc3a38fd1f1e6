/**
 * Rate limits at work: a claim lets out what waits, takes tokens for what it delivers, and tells its claimant when to come again.
 *
 * Of each backlog as many messages come back into their queue as there are tokens and free slots. No token is taken for that: one
 * that is not delivered after all meets the bucket again.
 */
import type { EpochMs } from "../../core/clock.js";
import type { Rate } from "../../tasks/rate-limit.js";
import type { ChargeOutcome, ChargeRequest, ClaimRequest } from "../contracts/consumer.js";
import { rateInForce } from "../contracts/limits.js";
import { type Bucket, bucketAt, freeAt, intervalOf, isReckonedBy, shut, without } from "./bucket.js";
import { endOfWaiting } from "./ends.js";
import { dropUnrun } from "./messages.js";
import { reservePermit } from "./permits.js";
import { release } from "./release.js";
import type { Backlog } from "./rate-records.js";
import type { Known, Records } from "./records.js";
import { arriveInQueue } from "./send.js";

/** Backlogs that one claim looks at in each queue. */
const LOOKED_AT = 100;
/** A token that lay unused for longer was told to somebody who did not come. */
const LATE_MS = 100;
/** A backlog that is due so much later than its bucket gives tokens has its instants from a clock that has gone back. */
const AHEAD_MS = 1_000;

/** What stands between a message and its run. */
interface Toll {
  readonly bucket: string;
  readonly rate: Rate | null;
  readonly tokens: number;
}

/** Of messages without a key, the bucket has the name of their task. */
function bucketName(task: string, key: string | null): string {
  return key === null ? task : `${task}\n${key}`;
}

function tollOf({ rates }: Records, { id, task }: Pick<Known, "id"> & { readonly task: string }): Toll {
  const limit = rates.limitOf(task);
  const rate = limit && rateInForce(limit);
  if (!limit?.byMessage) return { bucket: task, rate, tokens: 1 };
  const carried = rates.rateOf({ id });
  if (carried) return { bucket: bucketName(task, carried.key), rate, tokens: carried.weight };
  // Its worker knows what it takes, and asks.
  return { bucket: task, rate: null, tokens: rate === null ? 1 : 0 };
}

/** The bucket as of now. */
export function stateOf(
  { rates, now }: Records,
  { bucket: name, rate }: Pick<Toll, "bucket" | "rate">,
): Bucket {
  const before = rates.bucket(name);
  const bucket = bucketAt(before, rate, now);
  // From here on a clock that has gone back goes on, and another limit holds.
  if (before && (before.at > now || (rate !== null && !isReckonedBy(before, rate))))
    rates.writeBucket(name, bucket);
  return bucket;
}

/** Whether a claim may deliver the message, which takes its tokens; if not, it is blocked. */
export function takeToken(
  records: Records,
  message: Known & { readonly task: string },
  isForSlot: boolean,
): boolean {
  const { rates, now } = records;
  const toll = tollOf(records, message);
  if (toll.rate === null && toll.tokens > 0 && !rates.bucket(toll.bucket)) return true;
  const bucket = stateOf(records, toll);
  const at = freeAt(bucket);
  if (!isForSlot || at > now) {
    blockByRate(records, message, toll, at);
    return false;
  }
  if (toll.rate !== null) rates.writeBucket(toll.bucket, without(bucket, toll.tokens));
  return true;
}

function blockByRate(
  records: Records,
  message: Known & { readonly task: string },
  { bucket }: Toll,
  at: number,
): void {
  const { messages, rates, now } = records;
  const { queue, task } = message;
  const dueAt = Math.max(now, at);
  messages.block(message, "rate");
  // All who take from the queue are told: each is to have a turn.
  if (!rates.enter(message, { bucket, queue, task, dueAt, turnAt: dueAt })) records.notify(queue);
}

/** Brings what tokens are there for from the backlogs into the queues that are claimed from. */
export function letOut(
  records: Records,
  { queues, slots }: Pick<ClaimRequest, "queues"> & { slots: number },
): void {
  if (slots <= 0) return;
  for (const queue of queues) {
    mendInstants(records, queue);
    for (const backlog of records.rates.dueBacklogs(queue, LOOKED_AT)) letOutOf(records, backlog, slots);
  }
}

function mendInstants(records: Records, queue: string): void {
  const { rates, now } = records;
  for (let looked = 0; looked < LOOKED_AT; looked++) {
    const last = rates.lastBacklog(queue);
    if (!last || last.dueAt <= now + AHEAD_MS) return;
    const limit = rates.limitOf(last.task);
    const rate = limit && rateInForce(limit);
    const at = freeAt(stateOf(records, { bucket: last.bucket, rate }));
    if (last.dueAt <= at + AHEAD_MS) return;
    rates.writeBacklog({ ...last, dueAt: at, turnAt: at });
  }
}

function letOutOf(records: Records, backlog: Backlog, slots: number): void {
  const { messages, rates, now } = records;
  const limit = rates.limitOf(backlog.task);
  const rate = limit && rateInForce(limit);
  const intervalMs = intervalOf(rate);
  let at = freeAt(stateOf(records, { bucket: backlog.bucket, rate }));
  let left = slots;
  while (left > 0 && at <= now) {
    const [id] = rates.waiting(backlog, 1);
    const message = id === undefined ? null : messages.find(id);
    if (!message) return;
    const reason = endOfWaiting(message, now) ?? (messages.isRevokedId(message.id) ? "revoked" : null);
    if (reason) {
      dropUnrun(records, message, reason);
      continue;
    }
    messages.unblock(message.id, "rate");
    if (records.locks.ofMessage(message)?.status === "absent") arriveInQueue(records, message);
    at += tollOf(records, message).tokens * intervalMs;
    left--;
  }
  const isLate = now - backlog.dueAt > Math.max(intervalMs, LATE_MS);
  rates.writeBacklog({ ...backlog, dueAt: at, turnAt: isLate ? at : Math.max(at, backlog.turnAt) });
}

/** When a claimant with free slots comes again for a token: at an instant of its own. Null: nothing waits for one. */
export function nextTurn(records: Records, { queues, turn = 0 }: ClaimRequest): EpochMs | null {
  const { rates, now } = records;
  let first: Backlog | null = null;
  for (const queue of queues) {
    const found = rates.firstTurn(queue);
    if (found && (first === null || found.turnAt < first.turnAt)) first = found;
  }
  if (first === null) return null;
  if (turn > now && turn <= first.turnAt) return turn;
  const limit = rates.limitOf(first.task);
  const at = Math.max(now, first.turnAt);
  rates.writeBacklog({ ...first, turnAt: at + intervalOf(limit && rateInForce(limit)) });
  return Math.ceil(at);
}

/** Tokens for a delivery whose message does not carry its rate. */
export function chargeDelivery(records: Records, { rate, ...ref }: ChargeRequest): ChargeOutcome {
  const { messages, rates } = records;
  const message = messages.delivered(ref);
  if (!message) return "lost";
  // What it carries was charged: by the claim, or when this was asked before.
  if (rates.rateOf(message)) return "charged";
  rates.setRate(message, rate);
  if (takeToken(records, message, true)) return "charged";
  reservePermit(records, message);
  release(records);
  return "blocked";
}

/** Shuts the bucket of a message for everybody. The message waits there, as if it had not been delivered. */
export function coolDown(
  records: Records,
  message: Known & { readonly task: string },
  delayMs: number,
): void {
  const { rates, now } = records;
  const toll = tollOf(records, message);
  const bucket = shut(stateOf(records, toll), now + delayMs);
  rates.writeBucket(toll.bucket, bucket);
  reservePermit(records, message);
  blockByRate(records, message, toll, freeAt(bucket));
}
