import type { Logger } from "../../core/logger.js";
import { type LeaderInfo, LEASE_TOPICS, type Leases } from "../contracts/leases.js";
import type { Connection } from "./connection.js";
import { currentLeader, LEASE_TABLES, leaderRow, type LeaderRow, termOf } from "./leader-row.js";

/** The machine's clock may be set back by a little without a word. */
const NOTABLE_JUMP_MS = 5_000;

function info(leader: LeaderRow): LeaderInfo {
  const { id, host, version, until } = leader;
  return { id, host, version, term: termOf(leader), until };
}

export function sqliteLeases(connection: Connection, logger: Logger): Leases {
  return {
    elect: (candidate, leaseMs, name = "beat") =>
      connection.write((step) => {
        const { now } = step;
        const last = leaderRow(step, name);
        if (last && now < last.lastSeen - NOTABLE_JUMP_MS) {
          logger.warn(
            `sqlite store: the clock went back by ${last.lastSeen - now} ms; what is due waits until it has caught up`,
          );
        }
        const until = now + leaseMs;
        const leader = currentLeader(step, name);
        if (leader) {
          if (leader.id !== candidate.id || leader.nonce !== candidate.nonce) {
            return { outcome: "following", leader: info(leader), now };
          }
          step.run(`UPDATE ${LEASE_TABLES[name]} SET until = ?, last_seen = ?`, until, now);
          return { outcome: "leading", term: termOf(leader), until, now };
        }
        // Microseconds of the clock: the epoch also grows when an older copy of the file was restored.
        const epoch = Math.max((last?.epoch ?? 0) + 1, Math.floor(now * 1_000));
        const { id, nonce, host, version } = candidate;
        step.run(
          `INSERT OR REPLACE INTO ${LEASE_TABLES[name]} (one, id, nonce, host, version, epoch, until, last_seen) VALUES (1, ?, ?, ?, ?, ?, ?, ?)`,
          ...[id, nonce, host, version, epoch, until, now],
        );
        return { outcome: "leading", term: termOf({ epoch, nonce }), until, now };
      }),

    resign: ({ id, nonce }, name = "beat") =>
      connection.write((step) => {
        const leader = currentLeader(step, name);
        if (leader?.id !== id || leader.nonce !== nonce) return false;
        step.run(`UPDATE ${LEASE_TABLES[name]} SET until = 0`);
        step.publish(LEASE_TOPICS[name], id);
        return true;
      }),

    leader: (name = "beat") =>
      connection.read((step) => {
        const leader = currentLeader(step, name);
        return leader && info(leader);
      }),
  };
}
