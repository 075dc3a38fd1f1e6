import { type CalendarHead, type CalendarStore, MOST_CALENDARS } from "../contracts/calendars.js";
import { publish } from "./channel.js";
import { enter, type MemoryState } from "./state.js";

export function memoryCalendars(state: MemoryState): CalendarStore {
  const { calendars } = state;
  return {
    async put({ expect, name, owner, version, digest, data }) {
      const at = enter(state);
      const before = calendars.get(name);
      if ((before?.etag ?? null) !== expect) return "conflict";
      if (before === undefined && calendars.size >= MOST_CALENDARS) return "full";
      calendars.set(name, { name, owner, version, digest, data, at, etag: ++state.sequence });
      publish(state, "calendars", name);
      return "stored";
    },

    async get(names) {
      enter(state);
      return names.map((name) => calendars.get(name) ?? null);
    },

    async list() {
      enter(state);
      return [...calendars.values()]
        .map(({ data: _, ...head }): CalendarHead => head)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },

    async remove(name, expect) {
      enter(state);
      const found = calendars.get(name);
      if (found === undefined) return "gone";
      if (found.etag !== expect) return "conflict";
      calendars.delete(name);
      publish(state, "calendars", name);
      return "removed";
    },
  };
}
