import type { Random } from "../../core/random.js";
import type {
  Broker,
  DeadLetter,
  HeartbeatOutcome,
  QueueCounts,
  Settlement,
  SettleOutcome,
} from "../broker.js";
import { claim, type Claimant } from "./claim.js";
import { type Connection, STEP_LIMIT } from "./connection.js";
import { endOf, PERISHABLE, type Perishable } from "./ends.js";
import { followUp } from "./follow-up.js";
import type { Hub } from "./hub.js";
import {
  deadLetter,
  defer,
  dropRevoked,
  end,
  fixInstants,
  KNOWN,
  type Known,
  putBack,
  retry,
  redrive,
} from "./messages.js";
import { extendPermit, reservePermit } from "./permits.js";
import { dropResult, keepResult, remember } from "./results.js";
import { dropBufferedRun, heldRunOfId } from "./runs.js";
import { DEAD, SCHEDULED, LEASED, BLOCKED, READY, TO_DROP, TO_STOP } from "./schema.js";
import { send } from "./send.js";
import { LIMIT, type Step } from "./step.js";

export const HELD_BY = `SELECT ${KNOWN}, revoked FROM message WHERE id = ? AND token = ?`;

export function sqliteBroker(connection: Connection, hub: Hub, random: Random): Broker {
  const claimant: Claimant = { token: tokens(random), turns: new Map(), turn: 0 };

  return {
    enqueue: (messages) =>
      connection.writeEach(messages, (step, message) => send(step, fixInstants(message, step.now))),

    claim: (request) => connection.write((step) => claim(step, request, claimant)),

    heartbeat: (refs, leaseMs) =>
      connection.write((step) =>
        refs.map((ref): HeartbeatOutcome => {
          const message = step.get<Known & { revoked: number }>(HELD_BY, ref.id, ref.token);
          if (!message) return "lost";
          step.run("UPDATE message SET lease_until = ? WHERE seq = ?", step.now + leaseMs, message.seq);
          const locked = extendPermit(step, message, step.now + leaseMs);
          if (message.revoked === TO_STOP) return "revoked";
          if (!locked) return "unlocked";
          return message.revoked === TO_DROP ? "cancelled" : "extended";
        }),
      ),

    settle: (settlements, request) =>
      connection.write((step) => {
        const outcomes = settlements.map((settlement) => settleOne(step, settlement));
        followUp(step);
        return { outcomes, claimed: request && claim(step, request, claimant) };
      }),

    giveBack: (refs) =>
      connection.write((step) => {
        const outcomes = refs.map((ref): SettleOutcome => {
          const message = step.get<Known>(HELD_BY, ref.id, ref.token);
          if (!message) return "lost";
          reservePermit(step, message);
          putBack(step, message, 1);
          step.queues.add(message.queue);
          return "settled";
        });
        followUp(step);
        return outcomes;
      }),

    async revoke(ids, { terminate, keepMs }) {
      await connection.writeEach(
        ids,
        (step, id) => revokeOne(step, id, terminate, keepMs),
        (step, part) => {
          followUp(step);
          step.publish(terminate ? "revoke" : "cancel", JSON.stringify(part));
        },
      );
    },

    async purge(queues) {
      let dropped = 0;
      for (const queue of new Set(queues)) {
        for (let found = STEP_LIMIT; found === STEP_LIMIT; dropped += found) {
          found = await connection.write((step) => purgeSome(step, queue));
        }
      }
      return dropped;
    },

    counts: () => connection.read(counts),

    deadLetters: ({ limit, queue }) =>
      connection.read((step) => {
        const rows =
          queue === undefined
            ? step.all<DeadLetter>(`${DEAD_LETTER} ORDER BY seq DESC ${LIMIT}`, limit)
            : step.all<DeadLetter>(`${DEAD_LETTER} AND queue = ? ORDER BY seq DESC ${LIMIT}`, queue, limit);
        return rows.map((row) => ({ ...row }));
      }),

    redrive: (ids) => eachDead(connection, ids, redrive),
    deleteDead: (ids) => eachDead(connection, ids, end),

    async listen(queues) {
      connection.now();
      return hub.listen(queues);
    },
  };
}

/** Unique over processes by the prefix, within this one by the number. */
function tokens(random: Random): () => string {
  const prefix = random.uuid();
  let given = 0;
  return () => `${prefix}:${(given++).toString(36)}`;
}

function settleOne(step: Step, settlement: Settlement): SettleOutcome {
  const message = step.get<Known>(HELD_BY, settlement.id, settlement.token);
  if (!message) return "lost";
  if (settlement.result) keepResult(step, message.id, settlement.result, settlement.resultTtlMs);
  switch (settlement.kind) {
    case "done":
      end(step, message);
      if (!settlement.result) remember(step, message.id, settlement.idTtlMs ?? 0);
      break;
    case "retry":
      retry(step, message, settlement.delayMs);
      break;
    case "defer":
      defer(step, message, settlement.delayMs);
      break;
    case "dead":
      deadLetter(step, message, settlement.reason);
      break;
  }
  return "settled";
}

function revokeOne(step: Step, id: string, terminate: boolean, keepMs: number): void {
  const run = heldRunOfId(step, id);
  if (run) return dropBufferedRun(step, run, "revoked");
  const message = step.get<Known & Perishable>(
    `SELECT ${KNOWN}, ${PERISHABLE} FROM message WHERE id = ?`,
    id,
  );
  if (!message) return rememberRevoked(step, id, keepMs);
  if (message.place === LEASED) {
    step.run(
      "UPDATE message SET revoked = max(revoked, ?) WHERE seq = ?",
      ...[terminate ? TO_STOP : TO_DROP, message.seq],
    );
  } else if (message.place !== DEAD) {
    dropRevoked(step, message, endOf(message, step.now) ?? "revoked");
  }
}

function rememberRevoked(step: Step, id: string, keepMs: number): void {
  if (keepMs <= 0) return;
  step.run(
    `INSERT INTO revocation (id, until) VALUES (?, ?)
       ON CONFLICT (id) DO UPDATE SET until = max(until, excluded.until)`,
    ...[id, step.now + keepMs],
  );
}

/** Drops at most `limit` revocations whose time is over. */
export function sweepRevocations(step: Step, limit: number): number {
  return step.run(
    `DELETE FROM revocation WHERE id IN (SELECT id FROM revocation WHERE until <= ? ORDER BY until ${LIMIT})`,
    ...[step.now, limit],
  );
}

function purgeSome(step: Step, queue: string): number {
  const waiting: Known[] = [];
  // Looks through all that is scheduled: an operator's step, not a worker's.
  for (const place of [READY, BLOCKED, SCHEDULED]) {
    const found = step.all<Known>(
      `SELECT ${KNOWN} FROM message WHERE place = ${place} AND queue = ? ${LIMIT}`,
      ...[queue, STEP_LIMIT - waiting.length],
    );
    waiting.push(...found);
  }
  for (const message of waiting) {
    end(step, message);
    dropResult(step, message.id);
  }
  followUp(step);
  return waiting.length;
}

/** Each counts in an index alone, bodies are not read. */
function counts(step: Step): QueueCounts[] {
  const found = new Map<string, Omit<QueueCounts, "queue">>();
  const indexes = {
    ready: "ready",
    scheduled: "delayed",
    leased: "held",
    dead: "dead_queue",
    blocked: "parked",
  };
  const places = { ready: READY, scheduled: SCHEDULED, leased: LEASED, dead: DEAD, blocked: BLOCKED };
  for (const name of ["ready", "scheduled", "leased", "dead", "blocked"] as const) {
    const rows = step.all<{ queue: string; count: number }>(
      `SELECT queue, count(*) AS count FROM message INDEXED BY message_${indexes[name]}
         WHERE place = ${places[name]} GROUP BY queue`,
    );
    for (const { queue, count } of rows) {
      const counted = found.get(queue) ?? { ready: 0, scheduled: 0, leased: 0, dead: 0 };
      found.set(queue, { ...counted, [name]: count });
    }
  }
  return [...found].map(([queue, counted]) => ({ queue, ...counted })).sort(byQueue);
}

function byQueue(a: { readonly queue: string }, b: { readonly queue: string }): number {
  return a.queue < b.queue ? -1 : 1;
}

const DEAD_LETTER = `SELECT id, task, queue, dead_reason AS reason, dead_at AS at, body
  FROM message WHERE place = ${DEAD}`;

async function eachDead(
  connection: Connection,
  ids: readonly string[],
  act: (step: Step, message: Known) => void,
): Promise<number> {
  const found = await connection.writeEach(ids, (step, id): number => {
    const message = step.get<Known>(`SELECT ${KNOWN} FROM message WHERE id = ? AND place = ${DEAD}`, id);
    if (!message) return 0;
    act(step, message);
    return 1;
  });
  return found.reduce((sum, each) => sum + each, 0);
}
