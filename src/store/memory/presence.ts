/** Nodes, watches and marks: a few of each, so that all of them are looked at. */
import type { EpochMs } from "../../core/clock.js";
import {
  LOST_LISTED_MS,
  LOST_NODES,
  MARKS,
  type PresenceStore,
  type SeenNode,
} from "../contracts/presence.js";
import { headersText } from "../rules/header-marks.js";
import { publish } from "./channel.js";
import { enter, type KeptNode, type MemoryState } from "./state.js";

export function memoryPresence(state: MemoryState): PresenceStore {
  return {
    async appear(node, ttlMs, takeOver = false) {
      const now = enter(state);
      const before = state.nodes.get(node.node);
      const isOthers = before !== undefined && before.boot !== node.boot && before.until > now;
      if (!isOthers || takeOver) {
        state.nodes.set(node.node, { ...node, seenAt: now, until: now + ttlMs });
      }
      dropOld(state, now);
      return {
        now,
        holder: isOthers && !takeOver ? before.boot : node.boot,
        watching: watched(state, now),
        marks: state.marks.filter(({ until }) => until > now),
      };
    },

    async leave(node, boot) {
      enter(state);
      if (state.nodes.get(node)?.boot === boot) state.nodes.delete(node);
    },

    async nodes() {
      const now = enter(state);
      dropOld(state, now);
      return [...state.nodes.values()]
        .sort((a, b) => (a.node < b.node ? -1 : 1))
        .map(({ until, ...node }): SeenNode => ({ ...node, status: until > now ? "alive" : "lost" }));
    },

    async watch(id, types, ttlMs) {
      const now = enter(state);
      if (ttlMs > 0) state.watches.set(id, { types, until: now + ttlMs });
      else state.watches.delete(id);
      publish(state, "watch", JSON.stringify(watched(state, now)));
    },

    async mark(headers, ttlMs) {
      const now = enter(state);
      const text = headersText(headers);
      const others = state.marks.filter((mark) => mark.until > now && headersText(mark.headers) !== text);
      if (ttlMs > 0) others.push({ headers, until: now + ttlMs });
      state.marks.splice(0, Infinity, ...others.slice(-MARKS));
      publish(state, "marks", "");
    },
  };
}

/** Types that somebody watches. */
export function watched(state: MemoryState, now: EpochMs): string[] {
  const types = new Set<string>();
  for (const [id, watch] of state.watches) {
    if (watch.until <= now) state.watches.delete(id);
    else for (const type of watch.types) types.add(type);
  }
  return [...types].sort();
}

function dropOld({ nodes }: MemoryState, now: EpochMs): void {
  const lost: KeptNode[] = [];
  for (const kept of nodes.values()) {
    if (kept.until <= now - LOST_LISTED_MS) nodes.delete(kept.node);
    else if (kept.until <= now) lost.push(kept);
  }
  if (lost.length <= LOST_NODES) return;
  lost.sort((a, b) => b.until - a.until);
  for (const { node } of lost.slice(LOST_NODES)) nodes.delete(node);
}
