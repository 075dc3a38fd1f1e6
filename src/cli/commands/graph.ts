import { Command } from "commander";
import { resumeGraph, revokeGraph } from "../../app/index.js";
import type { GraphRecord } from "../../store/contracts/index.js";
import { withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { findGraph, graphJson, paintedState, unknownGraph } from "../graphs.js";
import { durationText } from "../run-text.js";
import { type Cell, table, whole } from "../table.js";
import { wholeNumber } from "../usage.js";
import { graphShowCommand } from "./graph-show.js";

/** Graphs of one page. */
const PAGE = 500;

export function graphCommand(action: Action): Command {
  const command = new Command("graph").description(
    "look at graphs of tasks, stop them, run what failed again",
  );
  command.addCommand(
    new Command("list")
      .description("the newest first, and how far they are; with --json an object a line")
      .option("--limit <n>", "the newest n", wholeNumber("--limit", 1, 10_000), 50)
      .option("--after <id>", "only those that are older than this one")
      .action(
        action<[{ readonly limit: number; readonly after?: string }]>((cli, options) => list(cli, options)),
      ),
  );
  command.addCommand(graphShowCommand(action));
  command.addCommand(
    identified(
      new Command("revoke").description("no part of it begins any more; those that run end as they like"),
    )
      .option("--terminate", "tell those that run to stop")
      .action(
        action<[string, { readonly terminate?: true }]>((cli, id, { terminate }) =>
          revoke(cli, id, terminate === true),
        ),
      ),
  );
  command.addCommand(
    identified(
      new Command("resume").description("of one that failed: run again what failed, and what did not run"),
    ).action(action<[string]>((cli, id) => resume(cli, id))),
  );
  return command;
}

function identified(command: Command): Command {
  return command.argument("<id>", "id of the graph, as list and call --form show it");
}

function list(cli: Cli, { limit, after }: { readonly limit: number; readonly after?: string }) {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const store = await core.store.get();
    const graphs: GraphRecord[] = [];
    for (let from = after; ;) {
      const size = Math.min(PAGE, limit - graphs.length);
      const page = await store.graphs.list({ limit: size, ...(from !== undefined && { after: from }) });
      graphs.push(...page);
      if (page.length < size || graphs.length >= limit) break;
      from = page.at(-1)!.id;
    }
    if (terminal.json) for (const graph of graphs) terminal.row(graphJson(graph));
    else if (graphs.length === 0) terminal.line("there are no graphs");
    else {
      const now = await store.now();
      const rows = graphs.map((graph): Cell[] => [
        ...[graph.name, whole(graph.id), paintedState(graph.state)],
        ...[graph.size, graph.succeeded, graph.failed, graph.unrun, graph.open].map(String),
        durationText(Math.max(0, now - graph.createdAt)),
      ]);
      const head = ["NAME", "ID", "STATE", "PARTS", "SUCCEEDED", "FAILED", "UNRUN", "OPEN", "AGE"];
      for (const line of table(terminal, [head, ...rows])) terminal.line(line);
    }
    if (graphs.length === limit) terminal.note(`there may be more: --after ${graphs.at(-1)!.id}`);
    return 0;
  });
}

function revoke(cli: Cli, id: string, terminate: boolean): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const store = await core.store.get();
    const outcome = await revokeGraph(core, id, terminate);
    if (outcome === "unknown") throw await unknownGraph(store, id);
    if (terminal.json) terminal.value({ id, revoked: outcome === "cancelled" });
    else if (outcome === "cancelled") {
      const running = terminate ? "those that run are told to stop" : "those that run go on to their end";
      terminal.line(`revoked ${id}: no part of it begins any more, ${running}`);
    }
    if (outcome === "over") {
      const { state } = await findGraph(store, id);
      terminal.problem(
        `graph ${id} ${state === "revoked" ? "was" : "has"} ${state}: there is nothing left to revoke`,
      );
    }
    return outcome === "over" ? 1 : 0;
  });
}

function resume(cli: Cli, id: string): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    await findGraph(await core.store.get(), id);
    await resumeGraph(core, id);
    if (cli.terminal.json) cli.terminal.value({ id, resumed: true });
    else cli.terminal.line(`resumed ${id}: what failed runs again, and then what waited for it`);
    return 0;
  });
}
