import { Command } from "commander";
import { maskCredentials } from "../../core/credentials.js";
import type { TaskView } from "../../monitor/index.js";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { formatLocal } from "../local-time.js";
import { cellsOf, whyOf } from "../record-cells.js";
import { type Cell, table, whole, wrap } from "../table.js";
import type { Terminal } from "../terminal.js";
import { shortTerm } from "./status.js";

/** Characters of a result, or of a failure. */
const MOST_SHOWN = 2_000;
/** Of its tree, or graph. */
const RELATED_SHOWN = 20;

type Fact = readonly string[];

interface Page {
  readonly terminal: Terminal;
  readonly view: TaskView;
  readonly local: (at: Date | number) => string;
}

export function tasksShowCommand(action: Action): Command {
  return new Command("show")
    .description("all that is known of one task: where it is, its attempts, entry, lock, and its tree")
    .argument("<id>", "its id")
    .action(action<[string]>((cli, id) => show(cli, id)));
}

function show(cli: Cli, id: string): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal, options } = cli;
    const view = await core.tasks.show(id);
    if (view === null) {
      terminal.problem(`nothing is known of ${id}: it was not sent, or what was kept of it has expired`);
      return 1;
    }
    if (terminal.json) {
      terminal.value(view);
      return 0;
    }
    const timezone = options.timezone ?? core.config.timezone;
    const local = (at: Date | number): string => formatLocal(Number(at), timezone, "seconds");
    const page = { terminal, view, local };
    const rows = facts(page).map(([label = "", value = ""]): Cell[] => [label, wrap(value)]);
    for (const line of table(terminal, rows)) terminal.line(line);
    attempts(page, timezone);
    related(page);
    return 0;
  });
}

function facts({ view, local }: Page): Fact[] {
  const { message, result, attempts, isKept, parentId, rootId, graph } = view;
  const last = attempts.at(-1);
  return [
    ["task", view.task ?? "-"],
    ["id", view.id],
    ["queue", view.queue ?? "-"],
    ["state", result?.state ?? message?.state ?? last?.state ?? "-"],
    ...(message ? [["message", `${message.state}, sent ${local(message.enqueuedAt)}`]] : []),
    ...(message?.eta != null ? [["not before", local(message.eta)]] : []),
    ...(message ? [["deliveries", `${message.deliveries} of ${message.maxDeliveries}`]] : []),
    ...tickRows(view, local),
    ...lockRows(view, local),
    ...(parentId === null ? [] : [["parent", parentId]]),
    ...(rootId === null || rootId === graph ? [] : [["root", rootId]]),
    ...(graph === null ? [] : [["graph", `${graph}: sunbeat graph show ${graph}`]]),
    ...(last?.args ? [["arguments", last.args]] : []),
    ...endRows(view),
    ...(isKept ? [["kept", `since it failed: sunbeat tasks retry ${view.id}`]] : []),
  ];
}

function tickRows({ tick }: TaskView, local: Page["local"]): Fact[] {
  if (tick === null) return [];
  const { entry, due, at, reason, term } = tick;
  const leader = term === null ? "" : ` by ${shortTerm(term)}`;
  return [
    ["entry", reason === "triggered" ? `${entry}, triggered by hand` : entry],
    ...(due === null ? [] : [["due", local(due)]]),
    ["dispatched", at === null ? "the ledger has no row of it any more" : `${local(at)}${leader}`],
  ];
}

function lockRows({ lock }: TaskView, local: Page["local"]): Fact[] {
  if (lock === null) return [];
  const { name, status, since, position, fence } = lock;
  const beginning = since === null ? "" : ` since ${local(since)}`;
  const how = {
    held: `held${beginning}${fence === null ? "" : `, fence ${fence}`}`,
    waiting: `waits for it${beginning}, number ${position} in line`,
    none: "not held",
  }[status];
  return [["lock", `${name}: ${how}`]];
}

function endRows({ result, id }: TaskView): Fact[] {
  if (!result?.payload) return [];
  if (result.state !== "FAILURE") return [["result", cut(result.payload)]];
  return [
    ["failure", failureText(result.payload)],
    ["", `sunbeat result ${id} --traceback tells where`],
  ];
}

/** Name and message; all of it where it is sealed. */
function failureText(payload: string): string {
  try {
    const { name, message } = JSON.parse(payload) as { readonly name?: unknown; readonly message?: unknown };
    if (typeof name === "string" && typeof message === "string") {
      return cut(maskCredentials(`${name}: ${message}`));
    }
  } catch {
    // Not ours to read.
  }
  return cut(payload);
}

function cut(text: string): string {
  return text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}... (${text.length} characters)`;
}

function attempts({ terminal, view }: Page, timezone: string): void {
  if (view.attempts.length === 0) return;
  const head = [`ENDED (${timezone})`, "STATE", "RUN", "WAITED", "WORKER", "WHY"];
  const cells = view.attempts.map((row): Cell[] => {
    const [at = "", state = "", run = "", waited = ""] = cellsOf(row, timezone);
    return [at, state, run, waited, row.worker ?? "-", wrap(whyOf(row))];
  });
  terminal.line();
  for (const line of table(terminal, [head, ...cells])) terminal.line(line);
}

function related({ terminal, view }: Page): void {
  const { related: others, graph, hasMoreRelated } = view;
  if (others.length === 0) return;
  const head = [graph === null ? "OF ITS TREE" : "OF ITS GRAPH", "STATE", "ID"];
  const rows = others
    .slice(0, RELATED_SHOWN)
    .map(({ task, state, id }) => [task ?? "(list)", state, whole(id)]);
  terminal.line();
  for (const line of table(terminal, [head, ...rows])) terminal.line(line);
  const rest = others.length - rows.length;
  if (rest > 0 || hasMoreRelated) {
    const number = hasMoreRelated ? `${rest > 0 ? `${rest} or ` : ""}more` : `${rest} more`;
    const where = graph ?? `root:${view.rootId ?? view.id}`;
    terminal.note(`and ${number}: sunbeat ${graph === null ? `tasks ${where}` : `graph show ${where}`}`);
  }
}
