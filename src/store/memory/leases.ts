import type { EpochMs } from "../../core/clock.js";
import { type LeaderInfo, LEASE_TOPICS, type LeaseName, type Leases } from "../contracts/leases.js";
import { publish } from "./channel.js";
import { enter, type Leader, type MemoryState } from "./state.js";

/** The leader whose lease has not ended. */
export function currentLeader(state: MemoryState, now: EpochMs, name: LeaseName = "beat"): Leader | null {
  const { leader } = state.leases[name];
  return leader && leader.until > now ? leader : null;
}

function info({ id, host, version, term, until }: Leader): LeaderInfo {
  return { id, host, version, term, until };
}

export function memoryLeases(state: MemoryState): Leases {
  return {
    async elect(candidate, leaseMs, name = "beat") {
      const now = enter(state);
      const until = now + leaseMs;
      const current = currentLeader(state, now, name);
      if (current) {
        if (current.id !== candidate.id || current.nonce !== candidate.nonce) {
          return { outcome: "following", leader: info(current), now };
        }
        current.until = until;
        return { outcome: "leading", term: current.term, until, now };
      }
      const lease = state.leases[name];
      // Microseconds of the clock, as other stores do: an epoch also grows past those of an earlier process.
      lease.epoch = Math.max(lease.epoch + 1, now * 1_000);
      const term = `${lease.epoch}:${candidate.nonce}`;
      const { id, nonce, host, version } = candidate;
      lease.leader = { id, nonce, host, version, term, until };
      return { outcome: "leading", term, until, now };
    },

    async resign({ id, nonce }, name = "beat") {
      const current = currentLeader(state, enter(state), name);
      if (!current || current.id !== id || current.nonce !== nonce) return false;
      state.leases[name].leader = null;
      publish(state, LEASE_TOPICS[name], id);
      return true;
    },

    async leader(name = "beat") {
      const current = currentLeader(state, enter(state), name);
      return current && info(current);
    },
  };
}
