import type { EpochMs } from "../../core/clock.js";
import type { Logger } from "../../core/logger.js";
import type { LeaderInfo, Leases } from "../contracts/leases.js";
import type { Connection } from "./connection.js";
import type { Step } from "./step.js";

interface LeaderRow {
  readonly id: string;
  readonly nonce: string;
  readonly host: string;
  readonly version: string;
  readonly epoch: number;
  readonly until: EpochMs;
  readonly lastSeen: EpochMs;
}

/** The machine's clock may be set back by a little without a word. */
const NOTABLE_JUMP_MS = 5_000;

function row(step: Step): LeaderRow | undefined {
  return step.get("SELECT id, nonce, host, version, epoch, until, last_seen AS lastSeen FROM leader");
}

function current(step: Step): LeaderRow | null {
  const leader = row(step);
  return leader && leader.until > step.now ? leader : null;
}

function termOf({ epoch, nonce }: Pick<LeaderRow, "epoch" | "nonce">): string {
  return `${epoch}:${nonce}`;
}

function info(leader: LeaderRow): LeaderInfo {
  const { id, host, version, until } = leader;
  return { id, host, version, term: termOf(leader), until };
}

/** Whether the term is that of the leader, and its lease has not ended. */
export function isCurrentTerm(step: Step, term: string): boolean {
  const leader = current(step);
  return leader !== null && termOf(leader) === term;
}

export function sqliteLeases(connection: Connection, logger: Logger): Leases {
  return {
    elect: (candidate, leaseMs) =>
      connection.write((step) => {
        const { now } = step;
        const last = row(step);
        if (last && now < last.lastSeen - NOTABLE_JUMP_MS) {
          logger.warn(
            `sqlite store: the clock went back by ${last.lastSeen - now} ms; what is due waits until it has caught up`,
          );
        }
        const until = now + leaseMs;
        const leader = current(step);
        if (leader) {
          if (leader.id !== candidate.id || leader.nonce !== candidate.nonce) {
            return { outcome: "following", leader: info(leader), now };
          }
          step.run("UPDATE leader SET until = ?, last_seen = ?", until, now);
          return { outcome: "leading", term: termOf(leader), until, now };
        }
        // Microseconds of the clock: the epoch also grows when an older copy of the file was restored.
        const epoch = Math.max((last?.epoch ?? 0) + 1, Math.floor(now * 1_000));
        const { id, nonce, host, version } = candidate;
        step.run(
          "INSERT OR REPLACE INTO leader (one, id, nonce, host, version, epoch, until, last_seen) VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
          ...[id, nonce, host, version, epoch, until, now],
        );
        return { outcome: "leading", term: termOf({ epoch, nonce }), until, now };
      }),

    resign: ({ id, nonce }) =>
      connection.write((step) => {
        const leader = current(step);
        if (leader?.id !== id || leader.nonce !== nonce) return false;
        step.run("UPDATE leader SET until = 0");
        step.publish("leader", id);
        return true;
      }),

    leader: () =>
      connection.read((step) => {
        const leader = current(step);
        return leader && info(leader);
      }),
  };
}
