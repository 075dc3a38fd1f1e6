import type { CalendarHead, CalendarStore, StoredCalendar } from "../contracts/calendars.js";
import type { Caller } from "./caller.js";
import { parts } from "./messages.js";
import { CODES, defineScript, meanings, outcomes } from "./script.js";
import { fromWire, fromWord, orNull, toWire, toWord, words } from "./text.js";

/** A calendar may be a megabyte. */
const STEP = 4;

const texts = (raw: string[]): string[] => raw;
const letter = (raw: string): string => raw;
const putScript = defineScript("calendar-put", letter);
const getScript = defineScript("calendar-get", texts);
const listScript = defineScript("calendar-list", texts);
const removeScript = defineScript("calendar-remove", letter);

const PUT = meanings({ ...CODES.put, ...CODES.calendar });
const REMOVED = meanings(CODES.removal);

export function redisCalendars(caller: Caller): CalendarStore {
  return {
    async put({ expect, name, owner, version, digest, data }) {
      const head = `${toWord(owner)} ${version} ${toWord(digest)}`;
      const args = { name: toWord(name), expect: orNull(expect), head, data: toWire(data) };
      const [outcome] = outcomes(await caller.call(putScript, args), PUT);
      return outcome ?? "conflict";
    },

    async get(names) {
      caller.assertOpen();
      const found: (StoredCalendar | null)[] = [];
      while (found.length < names.length) {
        const step = names.slice(found.length, found.length + STEP);
        const raw = await caller.call(getScript, {}, step.map(toWord));
        for (const [index, [head = "", data = ""]] of [...parts(raw, 2)].entries()) {
          const read = readHead(step[index]!, head);
          found.push(read && { ...read, data: fromWire(data) });
        }
      }
      return found;
    },

    async list() {
      const raw = await caller.call(listScript, {});
      return [...parts(raw, 2)]
        .flatMap(([name = "", head = ""]) => readHead(fromWord(name), head) ?? [])
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },

    async remove(name, expect) {
      const [outcome] = outcomes(await caller.call(removeScript, { name: toWord(name), expect }), REMOVED);
      return outcome ?? "gone";
    },
  };
}

/** "<etag> <at> <owner> <version> <digest>"; null for what none of us wrote. */
function readHead(name: string, text: string): CalendarHead | null {
  const [etag, at, owner = "", version, digest = ""] = words(`${text} `, 5)?.head ?? [];
  if (etag === undefined) return null;
  return {
    ...{ name, owner: fromWord(owner), version: Number(version), digest: fromWord(digest) },
    ...{ etag: Number(etag), at: Number(at) },
  };
}
