import { type Election, type LeaderInfo, LEASE_TOPICS, type Leases } from "../contracts/leases.js";
import { CALL_LIMIT_MS, type Caller } from "./caller.js";
import { CODES, defineScript, isDone } from "./script.js";
import { fromWord, toWord } from "./text.js";

const RESIGN_LIMIT_MS = 1_000;

const electScript = defineScript(
  "elect",
  ([now, letter, term = "", until, id = "", host = "", version = ""]: string[]): Election => {
    const leader = { ...named(id, host, version), term: fromWord(term), until: Number(until) };
    return letter === CODES.lead.leading
      ? { outcome: "leading", term: leader.term, until: leader.until, now: Number(now) }
      : { outcome: "following", leader, now: Number(now) };
  },
);
const resignScript = defineScript("resign", isDone);
const leaderScript = defineScript(
  "leader",
  ([id, host, version, term, until]: string[]): LeaderInfo | null => {
    if (id === undefined) return null;
    return { ...named(id, host ?? "", version ?? ""), term: fromWord(term ?? ""), until: Number(until) };
  },
);

function named(id: string, host: string, version: string) {
  return { id: fromWord(id), host: fromWord(host), version: fromWord(version) };
}

/** `caller` is the leader's own: an attempt must not wait behind a batch of messages. */
export function redisLeases(caller: Caller): Leases {
  return {
    async elect({ id, nonce, host, version }, leaseMs, name = "beat") {
      const args = {
        ...{ id: toWord(id), nonce: toWord(nonce), host: toWord(host), version: toWord(version) },
        lease: leaseMs,
        name: CODES.lease[name],
      };
      // An attempt that takes longer than this is worth less than a new one.
      const limitMs = Math.min(CALL_LIMIT_MS, Math.max(100, leaseMs / 3));
      return caller.call(electScript, args, [], { limitMs });
    },
    async resign({ id, nonce }, name = "beat") {
      // A lead that cannot be given up ends by itself, and nobody who ends waits for more.
      const asked = {
        id: toWord(id),
        nonce: toWord(nonce),
        name: CODES.lease[name],
        topic: LEASE_TOPICS[name],
      };
      return caller.call(resignScript, asked, [], {
        limitMs: RESIGN_LIMIT_MS,
      });
    },
    async leader(name = "beat") {
      return caller.call(leaderScript, { name: CODES.lease[name] });
    },
  };
}
