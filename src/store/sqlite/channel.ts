import type { Channel } from "../contracts/channel.js";
import type { Connection } from "./connection.js";
import type { Hub } from "./hub.js";
import type { Step } from "./step.js";
import { LIMIT, type Signal, SIGNAL_AGE_MS } from "./transaction.js";

export function sqliteChannel(connection: Connection, hub: Hub): Channel {
  return {
    publish: (topic, payload) => connection.write((step) => step.publish(topic, payload)),

    async subscribe(topic, handler) {
      connection.now();
      return hub.subscribe(topic, handler);
    },
  };
}

export function lastSignal(step: Step): number {
  return step.get<{ seq: number | null }>("SELECT max(seq) AS seq FROM signal")?.seq ?? 0;
}

/** The last signal that is too old to be of use. */
export function lastStaleSignal(step: Step): number {
  const sql = "SELECT max(seq) AS seq FROM signal WHERE at <= ?";
  return step.get<{ seq: number | null }>(sql, step.now - SIGNAL_AGE_MS)?.seq ?? 0;
}

export interface SignalsFound {
  readonly signals: readonly Signal[];
  /** Number of the last one read. */
  readonly seq: number;
  readonly isComplete: boolean;
}

/** What others than `origin` published after the signal numbered `seq`. */
export function signalsAfter(step: Step, seq: number, origin: string, limit: number): SignalsFound {
  const rows = step.all<Signal & { readonly seq: number; readonly origin: string }>(
    `SELECT seq, origin, topic, payload FROM signal WHERE seq > ? ORDER BY seq ${LIMIT}`,
    ...[seq, limit],
  );
  const foreign = rows.filter((row) => row.origin !== origin);
  return {
    signals: foreign.map((row) => ({ topic: row.topic, payload: row.payload })),
    seq: rows.at(-1)?.seq ?? seq,
    isComplete: rows.length < limit,
  };
}
