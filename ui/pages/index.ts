/** All pages: their places, names and keys. */
import type { FunctionComponent } from "preact";
import { later } from "../parts/later.js";
import { Overview } from "./overview.js";

export interface PageEntry {
  /** First part of the path. */
  readonly at: string;
  readonly name: string;
  /** After "g". */
  readonly letter: string;
  readonly List: FunctionComponent;
  /** Of one thing: its id is the second part of the path. */
  readonly One?: FunctionComponent<{ readonly id: string }>;
}

export const PAGES: readonly PageEntry[] = [
  { at: "", name: "Overview", letter: "o", List: Overview },
  {
    ...{ at: "schedules", name: "Schedules", letter: "s" },
    List: later(async () => (await import("./schedules.js")).Schedules),
    One: later(async () => (await import("./schedule-one.js")).ScheduleOne),
  },
  {
    at: "calendars",
    name: "Calendars",
    letter: "i",
    List: later(async () => (await import("./schedule-one.js")).Calendars),
    One: later(async () => (await import("./schedule-one.js")).Calendar),
  },
  {
    ...{ at: "forecast", name: "Forecast", letter: "f" },
    List: later(async () => (await import("./forecast.js")).Forecast),
  },
  {
    at: "tasks",
    name: "Tasks",
    letter: "t",
    List: later(async () => (await import("./work.js")).Tasks),
    One: later(async () => (await import("./work.js")).Task),
  },
  {
    at: "queues",
    name: "Queues",
    letter: "q",
    List: later(async () => (await import("./work.js")).Queues),
    One: later(async () => (await import("./work.js")).Queue),
  },
  {
    at: "workers",
    name: "Workers",
    letter: "w",
    List: later(async () => (await import("./ops.js")).Workers),
    One: later(async () => (await import("./ops.js")).Worker),
  },
  {
    at: "dead",
    name: "Dead letters",
    letter: "d",
    List: later(async () => (await import("./work.js")).Dead),
  },
  {
    at: "graphs",
    name: "Graphs",
    letter: "h",
    List: later(async () => (await import("./ops.js")).Graphs),
    One: later(async () => (await import("./ops.js")).Graph),
  },
  {
    at: "locks",
    name: "Locks",
    letter: "l",
    List: later(async () => (await import("./ops.js")).Locks),
    One: later(async () => (await import("./ops.js")).Lock),
  },
  { at: "beat", name: "Beat", letter: "b", List: later(async () => (await import("./ops.js")).Beat) },
  {
    at: "events",
    name: "Events",
    letter: "e",
    List: later(async () => (await import("./work.js")).Events),
  },
  {
    at: "alerts",
    name: "Alerts",
    letter: "a",
    List: later(async () => (await import("./ops.js")).Alerts),
  },
  { at: "audit", name: "Audit", letter: "u", List: later(async () => (await import("./ops.js")).Audit) },
  {
    at: "doctor",
    name: "Doctor",
    letter: "c",
    List: later(async () => (await import("./ops.js")).Doctor),
  },
];
