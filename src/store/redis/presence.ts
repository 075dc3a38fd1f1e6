import {
  type HeaderMark,
  LOST_LISTED_MS,
  LOST_NODES,
  MARKS,
  type NodeRecord,
  type PresenceReply,
  type PresenceStore,
  type SeenNode,
} from "../contracts/presence.js";
import { headersText } from "../rules/header-marks.js";
import type { Caller } from "./caller.js";
import { defineScript } from "./script.js";
import { fromWire, fromWord, toWire, toWord, words } from "./text.js";

const appearScript = defineScript(
  "presence-appear",
  ([now, holder, types, marks]: [string, string, string[], string[]]): PresenceReply => ({
    now: Number(now),
    holder: fromWord(holder),
    watching: types.map(fromWord).sort(),
    marks: marks.flatMap(readMark),
  }),
);
const leaveScript = defineScript("presence-leave", () => undefined);
const nodesScript = defineScript("presence-nodes", (raw: [string, string, string[]]) => raw);
const watchScript = defineScript("presence-watch", () => undefined);
const markScript = defineScript("presence-mark", () => undefined);

export function redisPresence(caller: Caller): PresenceStore {
  return {
    appear: (node, ttlMs, takeOver = false) =>
      caller.call(appearScript, {
        ...{ node: toWord(node.node), boot: toWord(node.boot), record: toWire(JSON.stringify(node)) },
        ...{ ttl: ttlMs, takeover: takeOver ? 1 : 0, listed: LOST_LISTED_MS, lost: LOST_NODES },
      }),

    async leave(node, boot) {
      await caller.call(leaveScript, { node: toWord(node), boot: toWord(boot) });
    },

    async nodes() {
      // One may be seen twice while their number changes.
      const found = new Map<string, SeenNode>();
      let from = "0";
      do {
        const [now, scan, records] = await caller.call(nodesScript, { scan: from });
        for (const text of records) {
          for (const node of readNode(text, Number(now))) found.set(node.node, node);
        }
        from = scan;
      } while (from !== "0");
      return [...found.values()].sort((a, b) => (a.node < b.node ? -1 : 1));
    },

    async watch(id, types, ttlMs) {
      await caller.call(watchScript, { id: toWord(id), ttl: ttlMs }, [...new Set(types)].map(toWord));
    },

    async mark(headers, ttlMs) {
      await caller.call(markScript, { headers: toWire(headersText(headers)), ttl: ttlMs, most: MARKS });
    },
  };
}

/** None for what nobody of us wrote, or was lost too long ago. */
function readNode(text: string, now: number): SeenNode[] {
  const { head = [], rest = "" } = words(text, 3) ?? {};
  const [, seenAt, until] = head.map(Number);
  if (seenAt === undefined || until === undefined || until <= now - LOST_LISTED_MS) return [];
  try {
    const node = JSON.parse(fromWire(rest)) as NodeRecord;
    return [{ ...node, seenAt, status: until > now ? "alive" : "lost" }];
  } catch {
    return [];
  }
}

function readMark(text: string): HeaderMark[] {
  const { head = [], rest = "" } = words(text, 1) ?? {};
  try {
    const headers = Object.fromEntries(JSON.parse(fromWire(rest)) as [string, string][]);
    return [{ headers, until: Number(head[0]) }];
  } catch {
    return [];
  }
}
