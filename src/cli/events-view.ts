/** What `sunbeat events` shows: a model that takes events and keys, and the lines that a terminal of some size shows of it. */
import { formatDuration } from "../core/duration.js";
import { printableLine } from "../core/printable.js";
import { EventState, type SeenTask, type SeenWorker, type WatchedEvent } from "../index.js";

/** How a part of a line is shown. */
export type Style = "bold" | "dim" | "red" | "yellow" | "green" | "inverse";
export interface Span {
  readonly text: string;
  readonly style?: Style | undefined;
}
export type ScreenLine = readonly Span[];

type Mode = "tasks" | "errors" | "schedules";

/** Events of which the rate is told. */
const RATE_MS = 5_000;
const MOST_SCHEDULE_LINES = 500;
const MOST_WORKERS = 6;
const ERRORS: ReadonlySet<string> = new Set(["FAILURE", "RETRY", "REJECTED", "REVOKED"]);
const STYLES: Readonly<Record<string, Style>> = {
  ...{ FAILURE: "red", REJECTED: "red", RETRY: "yellow", REVOKED: "yellow", SUCCESS: "green" },
};

export class EventsView {
  readonly state = new EventState();
  readonly #title: string;
  readonly #scheduleLines: { readonly at: number; readonly text: string; readonly isBad: boolean }[] = [];
  /** When the latest events came. */
  readonly #arrivals: number[] = [];
  #mode: Mode = "tasks";
  #filter = "";
  /** Text of the filter while it is typed; null: it is not. */
  #typing: string | null = null;
  #isPaused = false;
  /** While it is paused: the tasks that were there. */
  #frozen: readonly SeenTask[] | null = null;
  #selected = 0;
  #hasDetail = false;
  isOver = false;

  constructor(title: string) {
    this.#title = title;
  }

  take(event: WatchedEvent, now: number): void {
    this.state.event(event);
    this.#arrivals.push(now);
    if (this.#arrivals.length > 100_000) this.#arrivals.splice(0, 50_000);
    if (!/^(schedule|beat|clock)-/.test(event.type)) return;
    const isBad = /failed|missed|missing|stalled|jump/.test(event.type);
    this.#scheduleLines.unshift({ at: now, text: eventText(event), isBad });
    if (this.#scheduleLines.length > MOST_SCHEDULE_LINES) this.#scheduleLines.pop();
  }

  /** A key as the terminal sends it. */
  key(key: string): void {
    if (key === "\x03") this.isOver = true;
    else if (this.#typing !== null) this.#type(key, this.#typing);
    else if (key === "q") this.isOver = true;
    else if (key === "/") this.#typing = this.#filter;
    else if (key === "p") this.#pause();
    else if (key === "e") this.#turn("errors");
    else if (key === "s") this.#turn("schedules");
    else if (key === "\r" || key === "\n") this.#hasDetail = !this.#hasDetail;
    else if (key === "\x1b") this.#hasDetail = false;
    else if (key === "j" || key === "\x1b[B") this.#selected++;
    else if (key === "k" || key === "\x1b[A") this.#selected = Math.max(0, this.#selected - 1);
  }

  /** As many lines as there are rows, none wider than the screen. */
  lines(size: { readonly columns: number; readonly rows: number }, now: number): ScreenLine[] {
    const { columns, rows } = size;
    const head = [this.#header(now), ...this.#workers(now)];
    const foot: ScreenLine[] = [this.#footer()];
    const room = Math.max(0, rows - head.length - foot.length);
    const body = this.#mode === "schedules" ? this.#schedules(room) : this.#tasks(room, columns);
    const blank = Array.from({ length: Math.max(0, room - body.length) }, (): ScreenLine => []);
    return [...head, ...body.slice(0, room), ...blank, ...foot]
      .slice(0, rows)
      .map((line) => clipped(line, columns));
  }

  #type(key: string, text: string): void {
    if (key === "\r" || key === "\n") [this.#filter, this.#typing] = [text, null];
    else if (key === "\x1b") this.#typing = null;
    else if (key === "\x7f" || key === "\b") this.#typing = text.slice(0, -1);
    else if (key.length === 1 && key >= " " && text.length < 100) this.#typing = text + key;
  }

  #turn(mode: Mode): void {
    this.#mode = this.#mode === mode ? "tasks" : mode;
    this.#selected = 0;
    this.#hasDetail = false;
  }

  #pause(): void {
    this.#isPaused = !this.#isPaused;
    this.#frozen = this.#isPaused ? this.#newest() : null;
  }

  #newest(): SeenTask[] {
    return [...this.state.tasks.values()].reverse().map((task) => ({ ...task }));
  }

  #header(now: number): ScreenLine {
    while (this.#arrivals.length > 0 && this.#arrivals[0]! <= now - RATE_MS) this.#arrivals.shift();
    const rate = (this.#arrivals.length / RATE_MS) * 1_000;
    const total = [...this.state.counts.values()].reduce((sum, count) => sum + count, 0);
    const { lost } = this.state;
    return [
      { text: this.#title, style: "bold" },
      { text: `  ${rate.toFixed(1)} events/s  ${total} in all` },
      { text: lost > 0 ? `  ${lost} lost` : "", style: "yellow" },
      { text: this.#isPaused ? "  paused" : "", style: "inverse" },
      { text: this.#filter === "" ? "" : `  /${printableLine(this.#filter)}`, style: "yellow" },
    ];
  }

  #workers(now: number): ScreenLine[] {
    const alive = new Set(this.state.aliveWorkers(now).map(({ hostname }) => hostname));
    const all = [...this.state.workers.values()].sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
    const lines = all
      .slice(0, MOST_WORKERS)
      .map((worker) => workerLine(worker, alive.has(worker.hostname), now));
    if (all.length > MOST_WORKERS)
      lines.push([{ text: `  and ${all.length - MOST_WORKERS} more workers`, style: "dim" }]);
    return lines.length === 0 ? [[{ text: "no worker has told anything yet", style: "dim" }]] : lines;
  }

  #tasks(room: number, columns: number): ScreenLine[] {
    const needle = this.#filter.toLowerCase();
    const tasks = (this.#frozen ?? this.#newest()).filter((task) => {
      if (this.#mode === "errors" && !ERRORS.has(task.state)) return false;
      const text = `${task.id} ${task.task} ${task.worker} ${task.queue} ${task.state} ${task.error?.message ?? ""}`;
      return needle === "" || text.toLowerCase().includes(needle);
    });
    this.#selected = Math.min(this.#selected, Math.max(0, tasks.length - 1));
    const chosen = tasks[this.#selected];
    if (this.#hasDetail && chosen !== undefined) return detailLines(chosen);
    const first = Math.max(0, this.#selected - Math.max(0, room - 2));
    const shown = tasks.slice(first, first + Math.max(0, room - 1));
    const widths = {
      task: widest(
        shown.map(({ task }) => task),
        4,
        columns / 3,
      ),
      worker: widest(
        shown.map(({ worker }) => worker),
        6,
        columns / 4,
      ),
    };
    const head = `TIME UTC  STATE     ${"TASK".padEnd(widths.task)}  ${"WORKER".padEnd(widths.worker)}  RUN      ID`;
    return [
      [{ text: head, style: "dim" }],
      ...shown.map((task, index) => taskLine(task, widths, first + index === this.#selected)),
    ];
  }

  #schedules(room: number): ScreenLine[] {
    if (this.#scheduleLines.length === 0) return [[{ text: "no tick was told of yet", style: "dim" }]];
    return this.#scheduleLines
      .slice(0, room)
      .map(({ at, text, isBad }) => [
        { text: `${clockText(at)}  ` },
        { text, style: isBad ? "red" : undefined },
      ]);
  }

  #footer(): ScreenLine {
    if (this.#typing !== null) return [{ text: `/${printableLine(this.#typing)}_`, style: "inverse" }];
    const on = (key: string, word: string, isOn: boolean): Span => ({
      text: `${key} ${word}  `,
      style: isOn ? "inverse" : "dim",
    });
    return [
      on("/", "filter", this.#filter !== ""),
      on("p", "pause", this.#isPaused),
      on("e", "errors", this.#mode === "errors"),
      on("s", "schedules", this.#mode === "schedules"),
      on("enter", "detail", this.#hasDetail),
      on("q", "quit", false),
    ];
  }
}

/** Fields that are instants. */
const INSTANTS: ReadonlySet<string> = new Set(["due", "from", "to", "eta", "expires"]);

/** One event as a line: who, what, and its fields. */
export function eventText(event: WatchedEvent): string {
  const { type, hostname, ...rest } = event as unknown as Record<string, unknown>;
  const { id, task, pid: _pid, timestamp: _at, clock: _clock, boot: _boot, seq: _seq, ...fields } = rest;
  const what = typeof id === "string" && typeof task === "string" ? ` ${task}[${id}]` : "";
  const more = Object.entries(fields).map(
    ([name, value]) =>
      ` ${name}=${INSTANTS.has(name) && typeof value === "number" ? new Date(value).toISOString() : fieldText(value)}`,
  );
  return printableLine(`${String(hostname)} ${String(type)}${what}${more.join("")}`);
}

function fieldText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  if (typeof value === "object" && value !== null && "message" in value && "name" in value) {
    return `${String(value.name)}: ${String(value.message)}`;
  }
  return JSON.stringify(value) ?? "";
}

/** "12:00:01", UTC. */
export function clockText(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

function workerLine(
  { hostname, active, slots, processed, loadavg, lastAt }: SeenWorker,
  isAlive: boolean,
  now: number,
): ScreenLine {
  const load = loadavg[0] === undefined ? "" : `  load ${loadavg[0].toFixed(2)}`;
  const seen = formatDuration(Math.max(0, Math.round((now - lastAt) / 1_000) * 1_000));
  const work = slots === null ? "" : `  ${active}/${slots} slots  ${processed} done`;
  return [
    { text: isAlive ? "+ " : "- ", style: isAlive ? "green" : "red" },
    { text: printableLine(hostname), style: "bold" },
    { text: `${work}${load}  seen ${seen} ago` },
  ];
}

function taskLine(
  task: SeenTask,
  widths: { readonly task: number; readonly worker: number },
  isSelected: boolean,
): ScreenLine {
  const run = task.runtimeMs === null ? progressText(task) : formatDuration(Math.round(task.runtimeMs));
  const cells = [
    { text: `${clockText(task.timestamp)}  ` },
    { text: task.state.padEnd(10), style: STYLES[task.state] },
    {
      text: `${fit(task.task, widths.task)}  ${fit(task.worker, widths.worker)}  ${run.padEnd(8)} ${printableLine(task.id)}`,
    },
  ];
  return isSelected ? [{ text: cells.map(({ text }) => text).join(""), style: "inverse" }] : cells;
}

function progressText({ progress }: SeenTask): string {
  return progress === null ? "" : `${progress.done}/${progress.total}`;
}

function detailLines(task: SeenTask): ScreenLine[] {
  const time = (at: number | null): string => (at === null ? "-" : new Date(at).toISOString());
  const rows: [string, string][] = [
    ["task", task.task],
    ["id", task.id],
    ["state", `${task.state} (${task.last})`],
    ["error", task.error === null ? "-" : `${task.error.name}: ${task.error.message}`],
    ["reason", task.reason ?? "-"],
    ["worker", `${task.worker}, queue ${task.queue}`],
    ["sent", time(task.sentAt)],
    ["received", time(task.receivedAt)],
    ["started", time(task.startedAt)],
    ["ended", time(task.endedAt)],
    ["run", task.runtimeMs === null ? "-" : formatDuration(Math.round(task.runtimeMs))],
    ["retries", String(task.retries)],
    ["progress", progressText(task) || "-"],
  ];
  return rows.map(([name, value]) => [
    { text: `${name.padEnd(10)}`, style: "dim" },
    { text: printableLine(value) },
  ]);
}

function widest(texts: readonly string[], least: number, most: number): number {
  return Math.max(
    least,
    Math.min(Math.floor(most), ...[Math.max(least, ...texts.map((text) => printableLine(text).length))]),
  );
}

function fit(text: string, width: number): string {
  const shown = printableLine(text);
  return shown.length <= width ? shown.padEnd(width) : `${shown.slice(0, Math.max(0, width - 1))}…`;
}

function clipped(line: ScreenLine, columns: number): ScreenLine {
  const spans: Span[] = [];
  let left = columns;
  for (const span of line) {
    if (left <= 0) break;
    const text = span.text.slice(0, left);
    left -= text.length;
    if (text !== "") spans.push({ ...span, text });
  }
  return spans;
}
