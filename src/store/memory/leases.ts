import type { EpochMs } from "../../core/clock.js";
import type { LeaderInfo, Leases } from "../contracts/leases.js";
import { publish } from "./channel.js";
import { enter, type Leader, type MemoryState } from "./state.js";

/** The leader whose lease has not ended. */
export function currentLeader(state: MemoryState, now: EpochMs): Leader | null {
  return state.leader && state.leader.until > now ? state.leader : null;
}

function info({ id, host, version, term, until }: Leader): LeaderInfo {
  return { id, host, version, term, until };
}

export function memoryLeases(state: MemoryState): Leases {
  return {
    async elect(candidate, leaseMs) {
      const now = enter(state);
      const until = now + leaseMs;
      const current = currentLeader(state, now);
      if (current) {
        if (current.id !== candidate.id || current.nonce !== candidate.nonce) {
          return { outcome: "following", leader: info(current), now };
        }
        current.until = until;
        return { outcome: "leading", term: current.term, until, now };
      }
      // Microseconds of the clock, as other stores do: an epoch also grows past those of an earlier process.
      state.epoch = Math.max(state.epoch + 1, now * 1_000);
      const term = `${state.epoch}:${candidate.nonce}`;
      const { id, nonce, host, version } = candidate;
      state.leader = { id, nonce, host, version, term, until };
      return { outcome: "leading", term, until, now };
    },

    async resign({ id, nonce }) {
      const current = currentLeader(state, enter(state));
      if (!current || current.id !== id || current.nonce !== nonce) return false;
      state.leader = null;
      publish(state, "leader", id);
      return true;
    },

    async leader() {
      const current = currentLeader(state, enter(state));
      return current && info(current);
    },
  };
}
