import {
  type AlertPut,
  type AlertRecord,
  type AlertStore,
  OUTBOX_ROWS,
  PAST_ALERTS,
} from "../contracts/alerts.js";
import type { Caller } from "./caller.js";
import { parts } from "./messages.js";
import { CODES, defineScript, isDone } from "./script.js";
import { fromWire, fromWord, numberOrNull, orNull, toWire, toWord, words } from "./text.js";

const putScript = defineScript("alerts-put", isDone);
const listScript = defineScript("alerts-list", (raw: string[]) => raw);
const outboxScript = defineScript("alerts-outbox", (raw: string[]) => raw);
const toldScript = defineScript("alerts-told", isDone);
const muteScript = defineScript("alerts-mute", isDone);
const mutesScript = defineScript("alerts-mutes", (raw: string[]) => raw);

/** Kind and subject, in one field. */
const fieldOf = (kind: string, subject: string): string => `${toWord(kind)} ${toWord(subject)}`;

function placeOf({ raisedAt, clearedAt }: AlertPut): string {
  if (clearedAt === null) return CODES.alert.live;
  return raisedAt === null ? CODES.alert.dropped : CODES.alert.past;
}

export function redisAlerts(caller: Caller): AlertStore {
  return {
    async alerts({ standing, limit, before = "" }) {
      const place = standing === undefined ? "all" : standing ? "live" : "past";
      const texts = await caller.call(listScript, {
        place: CODES.alert[place],
        limit,
        before: toWire(before),
      });
      return texts.flatMap(readAlert);
    },

    async putAlert(alert, expect) {
      const { webhooks, ...record } = alert;
      const args = {
        ...{ id: toWire(alert.id), of: fieldOf(alert.kind, alert.subject), expect: orNull(expect) },
        ...{ place: placeOf(alert), record: toWire(JSON.stringify(record)) },
        ...{ past: PAST_ALERTS, most: OUTBOX_ROWS },
      };
      const calls = webhooks.flatMap(({ id, url, body }) => [toWire(id), `${toWord(url)} ${toWire(body)}`]);
      return (await caller.call(putScript, args, calls)) ? "stored" : "conflict";
    },

    async outbox(limit, leaseMs) {
      const found = parts(await caller.call(outboxScript, { limit, lease: leaseMs }), 2);
      return found.flatMap(([id = "", text = ""]) => {
        const record = words(text, 2);
        if (record === null) return [];
        const { head, rest } = record;
        const [tries, url = ""] = head;
        return [{ id: fromWire(id), url: fromWord(url), body: fromWire(rest), tries: Number(tries) }];
      });
    },

    async told(id, outcome) {
      const again = typeof outcome === "string" ? "+" : String(Math.round(outcome.retryInMs));
      await caller.call(toldScript, { id: toWire(id), again });
    },

    async mute({ kind, subject, by }, forMs) {
      await caller.call(muteScript, { of: fieldOf(kind, subject), by: toWord(by), for: orNull(forMs) });
    },

    async mutes() {
      const found = parts(await caller.call(mutesScript, {}), 2).map(([field = "", text = ""]) => {
        const [kind = "", subject = ""] = field.split(" ");
        const [until = "+", by = ""] = text.split(" ");
        return {
          kind: fromWord(kind),
          subject: fromWord(subject),
          by: fromWord(by),
          until: numberOrNull(until),
        };
      });
      return found.sort((a, b) => (`${a.kind} ${a.subject}` < `${b.kind} ${b.subject}` ? -1 : 1));
    },
  };
}

/** Nothing for what nobody of us wrote. */
function readAlert(text: string): AlertRecord[] {
  const found = words(text, 1);
  if (found === null) return [];
  try {
    const record = JSON.parse(fromWire(found.rest)) as Omit<AlertRecord, "version">;
    return [{ ...record, version: Number(found.head[0]) }];
  } catch {
    return [];
  }
}
