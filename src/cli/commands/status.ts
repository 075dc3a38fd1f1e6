import { Command } from "commander";
import { largestUnits } from "../../core/units.js";
import { type AgedCounts, readQueues } from "../../monitor/queue-facts.js";
import type { SeenNode } from "../../store/contracts/presence.js";
import { type OpenApp, withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { type Cell, table, whole } from "../table.js";

/** Entries looked through for the one that is due next. */
const MOST_ENTRIES = 1_000;
/** Queues named in the last line. */
const MOST_QUEUES = 5;
/** Entries read in one call. */
const STEP = 200;

export function statusCommand(action: Action): Command {
  return new Command("status")
    .description("who is there, and how they do; exit code 1 when no worker is")
    .action(action<[]>((cli) => status(cli)));
}

function status(cli: Cli): Promise<number> {
  return withSharedStore(cli, async (open) => {
    const { terminal } = cli;
    const { nodes: here, store } = open.core;
    const opened = await store.get();
    const [nodes, queues, now, next] = await Promise.all([
      here.list(),
      readQueues(opened.queues),
      opened.now(),
      nextDue(open),
    ]);
    const hasWorker = nodes.some((node) => node.status === "alive" && node.worker !== null);
    if (terminal.json) {
      terminal.value({ nodes, queues, next, now });
      return hasWorker ? 0 : 1;
    }
    const rows = nodes.map((node) => (node.status === "alive" ? living(node, now) : lost(node, now)));
    for (const line of table(terminal, rows)) terminal.line(line);
    terminal.line(summary(nodes, queues, next, now));
    return hasWorker ? 0 : 1;
  });
}

function living(node: SeenNode, now: number): Cell[] {
  const { worker, kind, lagMs, seenAt } = node;
  return [
    whole(`-> ${node.node}:`),
    { text: "OK", format: "green" },
    kind,
    stateText(node),
    ...(worker === null
      ? ["", "", "", ""]
      : [
          `${worker.running}/${worker.concurrency} slots`,
          worker.queues.map(({ name, paused }) => (paused ? `${name} (paused)` : name)).join(",") ||
            "no queue",
          `${count(worker.processed)} done`,
          { text: `${count(worker.failed)} failed`, format: worker.failed > 0 ? "yellow" : "dim" } as const,
        ]),
    `lag ${formatLag(lagMs)}`,
    `seen ${ago(seenAt, now)}`,
  ];
}

function stateText({ state, beat, worker }: SeenNode): Cell {
  const role = beat === null ? "" : beat.role === "leading" ? `leading ${shortTerm(beat.term)}` : "following";
  if (worker?.outage != null) return { text: "no store", format: "red" };
  if (state === "running") return role;
  const text = role === "" ? state : `${state}, ${role}`;
  return { text, format: "yellow" };
}

/** "1789000000000000:ab12cd34-..." is long: how its second half begins tells terms apart. */
export function shortTerm(term: string | null): string {
  const [, nonce = ""] = (term ?? "").split(":");
  return nonce.slice(0, 8);
}

function lost({ node, kind, seenAt, worker }: SeenNode, now: number): Cell[] {
  const had = (worker?.running ?? 0) + (worker?.prefetched ?? 0);
  return [
    whole(`-> ${node}:`),
    { text: "LOST", format: "red" },
    kind,
    `${ago(seenAt, now)} ago${had > 0 ? `, had ${had} task${had === 1 ? "" : "s"}` : ""}`,
  ];
}

function summary(
  nodes: readonly SeenNode[],
  queues: readonly AgedCounts[],
  next: Next | null,
  now: number,
): string {
  const online = nodes.filter(({ status }) => status === "alive").length;
  const gone = nodes.length - online;
  const shown = queues.filter(({ ready, paused }) => ready > 0 || paused !== undefined);
  const texts = shown.slice(0, MOST_QUEUES).map((queue) => queueText(queue, now));
  const more = shown.length > MOST_QUEUES ? `; ${shown.length - MOST_QUEUES} more` : "";
  const queueLine = shown.length === 0 ? "" : ` Queues: ${texts.join("; ")}${more}.`;
  const nextLine =
    next === null
      ? ""
      : ` Next: ${next.entry} ${next.due <= now ? "now" : `in ${largestUnits(next.due - now)}`}.`;
  const head = online === 0 ? "no node is alive" : `${online} node${online === 1 ? "" : "s"} online`;
  return `${head}${gone > 0 ? `, ${gone} lost` : ""}.${queueLine}${nextLine}`;
}

function queueText(counts: AgedCounts, now: number): string {
  const { queue, ready, paused, oldestReadyAt } = counts;
  const oldest = oldestReadyAt === null ? "" : `, oldest ${largestUnits(now - oldestReadyAt)}`;
  const waiting = ready > 0 || paused === undefined ? ` ${count(ready)} ready${oldest}` : "";
  if (paused === undefined) return `${queue}${waiting}`;
  const { since, by, reason } = paused;
  return `${queue}${waiting} paused ${largestUnits(now - since)} by ${by}${reason === null ? "" : ` (${reason})`}`;
}

interface Next {
  readonly entry: string;
  readonly due: number;
}

async function nextDue({ core }: OpenApp): Promise<Next | null> {
  const { entries } = await core.store.get();
  let next: Next | null = null;
  let after: string | undefined;
  for (let seen = 0; seen < MOST_ENTRIES; seen += STEP) {
    const page = await entries.list({ limit: STEP, ...(after !== undefined && { after }) });
    for (const { name, cursor, pausedAt, disabled } of page) {
      if (cursor === null || pausedAt !== null || disabled !== null) continue;
      if (next === null || cursor.due < next.due) next = { entry: name, due: cursor.due };
    }
    if (page.length < STEP) return next;
    after = page.at(-1)!.name;
  }
  return next;
}

const count = (value: number): string => value.toLocaleString("en-US");
const ago = (at: number, now: number): string => largestUnits(Math.max(0, now - at));
const formatLag = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)}ms` : largestUnits(ms));
