import { Command } from "commander";
import { maskCredentials } from "../../core/credentials.js";
import { isSunbeatError } from "../../core/errors.js";
import { RemoteTaskError } from "../../index.js";
import type { EpochMs } from "../../core/clock.js";
import type { GraphRecord, PartRecord, PartState, Store } from "../../store/contracts/index.js";
import { partPages } from "../../app/index.js";
import { type OpenApp, withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { layOut } from "../graph-layout.js";
import { linesOf, shortId, type TreeLine } from "../graph-tree.js";
import { findGraph, graphJson, paintedState, unknownGraph } from "../graphs.js";
import { formatLocal } from "../local-time.js";
import { durationText } from "../run-text.js";
import { type Cell, table, wrap } from "../table.js";
import type { Terminal } from "../terminal.js";

/** Drawn one by one; of the rest it is told how many there are of each task and state. */
const DRAWN = 500;
/** Of those that failed, or were revoked, the first ones are told with the reason. */
const TOLD_REASONS = 50;
const TOLD_OF_REST = 5;
const MAX_REASON = 200;
/** What became of a part that others needed. */
const ENDED: Readonly<Partial<Record<PartState, string>>> = { failed: "failed", revoked: "was revoked" };

export function graphShowCommand(action: Action): Command {
  return new Command("show")
    .description("its parts as a tree, with their states, what failed, and why others did not run")
    .argument("<id>", "id of the graph, as list and call --form show it")
    .action(action<[string]>((cli, id) => show(cli, id)));
}

function show(cli: Cli, id: string): Promise<void> {
  return withSharedStore(cli, async (open) => {
    const { terminal } = cli;
    const store = await open.core.store.get();
    const graph = await findGraph(store, id);
    const parts = await partsOf(store, id);
    if (terminal.json) return terminal.value({ ...graphJson(graph), parts });
    const timezone = cli.options.timezone ?? open.core.config.timezone;
    terminal.line(terminal.paint("bold", graph.name));
    const rows = facts(graph, parts, { timezone, now: await store.now() });
    for (const line of table(
      terminal,
      rows.map(([label, value]) => [`  ${label}`, value]),
    )) {
      terminal.line(line);
    }
    terminal.line();
    await draw(terminal, open, graph, parts);
  });
}

/** All parts, in the order of the store. A graph that goes meanwhile is unknown. */
async function partsOf(store: Store, id: string): Promise<readonly PartRecord[]> {
  const parts: PartRecord[] = [];
  for await (const page of partPages(store.graphs, id)) {
    if (page === null) throw await unknownGraph(store, id);
    parts.push(...page);
  }
  return parts;
}

function facts(
  graph: GraphRecord,
  parts: readonly PartRecord[],
  { timezone, now }: { readonly timezone: string; readonly now: EpochMs },
): [label: string, value: Cell][] {
  const { size, succeeded, failed, unrun, open, createdAt, until } = graph;
  const counts = [
    ...[`${succeeded} succeeded`, failed > 0 && `${failed} failed`, unrun > 0 && `${unrun} not run`],
    open > 0 && `${open} open`,
  ].filter((text) => text !== false);
  const instant = (at: EpochMs): string => formatLocal(at, timezone, "seconds");
  const output = parts.find(({ id }) => id === graph.output);
  return [
    ["id", graph.id],
    ["state", paintedState(graph.state)],
    ["parts", `${size}: ${counts.join(", ")}`],
    ["sent", `${instant(createdAt)}, ${durationText(Math.max(0, now - createdAt))} ago`],
    ...(until === null ? [] : [["kept until", instant(until)] as [string, string]]),
    ["result of", `${shortId(graph.id, graph.output)} (${output?.task ?? "the list of a group"})`],
  ];
}

async function draw(terminal: Terminal, open: OpenApp, graph: GraphRecord, parts: readonly PartRecord[]) {
  const drawn: TreeLine[] = [];
  const shown = new Set<string>();
  for (const line of linesOf(graph.id, layOut(parts, graph.output))) {
    const { part } = line.item;
    if (part !== null && part.task !== null) {
      if (shown.size === DRAWN) break;
      shown.add(part.id);
    }
    drawn.push(line);
  }
  const states = new Map(parts.map(({ id, state }) => [id, state]));
  const reasons = await reasonsOf(
    open,
    parts.filter(({ id }) => shown.has(id)),
    TOLD_REASONS,
  );
  const head = ["TASK", "PART", "STATE", ""].map((text): Cell => ({ text, format: "dim" }));
  const rows = drawn.map((line) => rowOf(graph.id, line, reasons, states));
  for (const line of table(terminal, [head, ...rows])) terminal.line(line);
  const rest = parts.filter(({ id, task }) => task !== null && !shown.has(id));
  if (rest.length > 0) await tell(terminal, open, graph.id, rest);
}

function rowOf(
  graph: string,
  { indent, item, after }: TreeLine,
  reasons: ReadonlyMap<string, string>,
  states: ReadonlyMap<string, PartState>,
): Cell[] {
  const { part, branches } = item;
  if (part === null) return [`${indent}group of ${branches.length}`];
  const { id, task, state, culprit } = part;
  const remarks = [
    after !== null && `after ${after}`,
    culprit !== null &&
      `because ${shortId(graph, culprit)} ${ENDED[states.get(culprit) ?? "failed"] ?? "failed"}`,
    // Failure edges that no failure has come along.
    state === "unrun" && culprit === null && "not needed",
    reasons.get(id),
  ].filter((text) => typeof text === "string");
  return [
    indent + (task ?? `group of ${branches.length}`),
    shortId(graph, id),
    paintedState(state),
    wrap(remarks.join("; ")),
  ];
}

/** Parts that are not drawn: how many of each task and state, and the first ones that failed. */
async function tell(
  terminal: Terminal,
  open: OpenApp,
  graph: string,
  rest: readonly PartRecord[],
): Promise<void> {
  terminal.line();
  terminal.line(`and ${rest.length} more:`);
  const counts = new Map<string, { readonly part: PartRecord; count: number }>();
  for (const part of rest) {
    const kind = JSON.stringify([part.task, part.state]);
    const found = counts.get(kind);
    if (found === undefined) counts.set(kind, { part, count: 1 });
    else found.count += 1;
  }
  const rows = [...counts.values()].map(({ part: { task, state }, count }): Cell[] => [
    ...[`  ${task}`, String(count)],
    paintedState(state),
  ]);
  for (const line of table(terminal, rows)) terminal.line(line);
  const reasons = await reasonsOf(open, rest, TOLD_OF_REST);
  const told = rest
    .filter(({ id }) => reasons.has(id))
    .map(({ id, task, state }): Cell[] => [
      `  ${task}`,
      shortId(graph, id),
      paintedState(state),
      reasons.get(id) ?? "",
    ]);
  if (told.length === 0) return;
  terminal.line();
  for (const line of table(terminal, told)) terminal.line(line);
}

/** Why the first `most` of those that failed or were revoked did so, as far as their results tell. */
async function reasonsOf(
  { app }: OpenApp,
  parts: readonly PartRecord[],
  most: number,
): Promise<ReadonlyMap<string, string>> {
  const ended = parts.filter(
    ({ task, state }) => task !== null && (state === "failed" || state === "revoked"),
  );
  const infos = await Promise.all(ended.slice(0, most).map(({ id }) => app.result(id).info()));
  const texts = infos.map((info, n): [string, string | null] => [ended[n]!.id, reasonText(info)]);
  return new Map(texts.filter((text): text is [string, string] => text[1] !== null));
}

/** Null: the state says all. */
function reasonText(info: unknown): string | null {
  if (!(info instanceof Error)) return null;
  if (isSunbeatError(info) && info.code === "SUNBEAT_TASK_REVOKED") return null;
  const { name, message } =
    info instanceof RemoteTaskError ? { name: info.remoteName, message: info.remoteMessage } : info;
  const text = info instanceof RemoteTaskError && message !== "" ? `${name}: ${message}` : message || name;
  const [line = ""] = maskCredentials(text).split("\n");
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}...` : line;
}
