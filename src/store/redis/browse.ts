/** What an operator sees of messages that have not ended. */
import type {
  BrowsedMessage,
  BrowsePage,
  BrowseQuery,
  MessageState,
  PeekedMessage,
  Queues,
} from "../contracts/queues.js";
import type { Caller } from "./caller.js";
import { deadLetters } from "./dead-letters.js";
import { parts, readRecord } from "./messages.js";
import { CODES, defineScript, isDone, type WireNumber } from "./script.js";
import { fromWire, fromWordOrNull, numberOrNull, toWire, toWord } from "./text.js";

const browseScript = defineScript("queue-browse", (raw: [string[], string]) => raw);
const revokedScript = defineScript("revoked", (raw: [string[], string]) => raw);
const peekScript = defineScript("queue-peek", (raw: [string, string, WireNumber, string]) => raw);

/** Calls for one page: what is looked for may be far between. */
const MOST_CALLS = 10;

const CODE_OF: Readonly<Record<Exclude<MessageState, "dead">, string>> = {
  ready: CODES.state.queued,
  scheduled: CODES.state.scheduled,
  leased: CODES.state.leased,
  blocked: CODES.state.blocked,
};

export function redisBrowse(caller: Caller): Pick<Queues, "browse" | "peek" | "revoked"> {
  return {
    async browse(query) {
      if (query.state === "dead") return browseDead(caller, query);
      const messages: BrowsedMessage[] = [];
      let after = query.after ?? "";
      for (let calls = 0; calls < MOST_CALLS && messages.length < query.limit; calls++) {
        const [flat, next] = await caller.call(browseScript, {
          ...{ state: CODE_OF[query.state], queue: query.queue === null ? "" : toWord(query.queue), after },
          ...{
            task: query.task === undefined ? "" : toWord(query.task),
            limit: query.limit - messages.length,
          },
        });
        for (const [id = "", record = "", changed = ""] of parts(flat, 3)) {
          const message = browsed(id, record, changed, query.state);
          if (message) messages.push(message);
        }
        after = next;
        if (next === "") return { messages, next: null };
      }
      return { messages, next: after };
    },

    async peek(id): Promise<PeekedMessage | null> {
      const [record, changed, waits, lock] = await caller.call(peekScript, { id: toWire(id) });
      const sent = readRecord(record);
      if (!sent) return null;
      const state = isDone(waits) ? "blocked" : stateOf(changed, sent.eta, await caller.call(nowScript, {}));
      const message = browsed(toWire(id), record, changed, state);
      return message && { ...message, body: sent.body, lock: fromWordOrNull(lock) };
    },

    async revoked({ after = "", limit }) {
      const [flat, next] = await caller.call(revokedScript, { after, limit });
      const revoked = parts(flat, 2).map(([id = "", until]) => ({ id: fromWire(id), until: Number(until) }));
      return { revoked, next: next === "" ? null : next };
    },
  };
}

const nowScript = defineScript("now", (now: string) => Number(now));

async function browseDead(caller: Caller, { queue, task, after, limit }: BrowseQuery): Promise<BrowsePage> {
  const { letters, next } = await deadLetters(caller, {
    ...{ limit, ...(queue !== null && { queue }) },
    ...(task !== undefined && { task }),
    ...(after !== undefined && { after }),
  });
  const messages: BrowsedMessage[] = [];
  for (const { id } of letters) {
    const [record, changed] = await caller.call(peekScript, { id: toWire(id) });
    const message = browsed(toWire(id), record, changed, "dead");
    if (message) messages.push(message);
  }
  return { messages, next };
}

function stateOf(changed: string, eta: number | null, now: number): MessageState {
  const [code, , , , , , , , changedEta] = changed.split(" ");
  const until = changedEta === undefined ? eta : numberOrNull(changedEta);
  if (code === CODES.state.leased) return "leased";
  if (code === CODES.state.blocked) return "blocked";
  if (code === CODES.state.dead) return "dead";
  return until !== null && until > now ? "scheduled" : "ready";
}

function browsed(id: string, record: string, changed: string, state: MessageState): BrowsedMessage | null {
  const sent = readRecord(record);
  if (!sent) return null;
  const { task, queue, priority, expires, maxDeliveries, entry } = sent;
  const [, , retries = "0", deliveries = "0", , , , at = String(sent.enqueuedAt), eta] = changed.split(" ");
  return {
    ...{ id: fromWire(id), task, queue, state, priority, expires, enqueuedAt: Number(at) },
    ...{ eta: eta === undefined ? sent.eta : numberOrNull(eta), maxDeliveries, entry },
    ...{ retries: Number(retries), deliveries: Number(deliveries) },
  };
}
