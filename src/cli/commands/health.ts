import { Command } from "commander";
import { healthOption } from "../../config/health.js";
import { messageOf } from "../../core/errors.js";
import { withApp, withSharedStore } from "../app.js";
import type { Action, Cli } from "../cli.js";
import { fromCommandLine, usageError } from "../usage.js";

interface Flags {
  readonly node?: string;
  readonly live?: true;
  readonly ready?: true;
  readonly port?: string;
}

export function healthCommand(action: Action): Command {
  return new Command("health")
    .description(
      "ask one worker or beat, for probes of the kind exec: exit code 0 when it is well, 1 when not",
    )
    .option("--node <name>", "as the store knows it, without a health port")
    .option("--port <[host:]port>", "at its health port (default: the app's option health)")
    .option("--live", "whether it turns; a store that is away is no reason to restart it")
    .option("--ready", "whether it can work (default)")
    .action(action<[Flags]>((cli, flags) => health(cli, flags)));
}

async function health(cli: Cli, flags: Flags): Promise<number> {
  if (flags.live === true && flags.ready === true)
    throw usageError("health: give --live or --ready, not both");
  if (flags.node !== undefined && flags.port !== undefined) {
    throw usageError("health: give --node or --port, not both");
  }
  return flags.node === undefined ? atPort(cli, flags) : ofNode(cli, flags.node, flags.live === true);
}

const ANSWER_MS = 5_000;

function atPort(cli: Cli, { live, port }: Flags): Promise<number> {
  return withApp(cli, async ({ core }) => {
    const at = port === undefined ? core.config.health : fromCommandLine(() => healthOption(port, "--port"));
    if (at === null) throw usageError("health: name a node with --node, or the port with --port");
    const host = at.host.includes(":") ? `[${at.host}]` : at.host === "0.0.0.0" ? "127.0.0.1" : at.host;
    const body = await ask(`http://${host}:${at.port}/${live === true ? "livez" : "readyz"}`);
    const isGood = body.status === "ok";
    if (cli.terminal.json) cli.terminal.value(body);
    else {
      const parts = Object.entries(body.checks).filter(([, problem]) => isGood || problem !== null);
      const texts = parts.map(([part, problem]) => (problem === null ? part : `${part}: ${problem}`));
      cli.terminal.line(`${host}:${at.port}: ${isGood ? `OK (${texts.join(", ")})` : texts.join("; ")}`);
    }
    return isGood ? 0 : 1;
  });
}

interface Probe {
  readonly status: "ok" | "failing";
  /** What is wrong with each part, or null. */
  readonly checks: Readonly<Record<string, string | null>>;
}

async function ask(url: string): Promise<Probe> {
  const failing = (problem: string): Probe => ({ status: "failing", checks: { port: problem } });
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS), redirect: "error" });
    const { checks } = (await response.json()) as { readonly checks?: Probe["checks"] };
    if (checks === undefined) return failing(`${url} is no health port of sunbeat`);
    return { status: response.status === 200 ? "ok" : "failing", checks };
  } catch (error) {
    return failing(`${url} does not answer: ${messageOf(error)}`);
  }
}

/** By its presence: it tells each 10 s that it turns. */
function ofNode(cli: Cli, name: string, live: boolean): Promise<number> {
  return withSharedStore(cli, async ({ core }) => {
    const { terminal } = cli;
    const node = (await core.nodes.list()).find((one) => one.node === name);
    const isAlive = node?.status === "alive";
    const isReady = isAlive && node.state === "running" && (node.worker?.outage ?? null) === null;
    const problem =
      node === undefined ? "no node of this name" : isAlive ? `it is ${node.state}` : "it is lost";
    const isGood = live ? isAlive : isReady;
    if (terminal.json)
      terminal.value({ node: name, status: isGood ? "ok" : "failing", problem: isGood ? null : problem });
    else terminal.line(`${name}: ${isGood ? "OK" : problem}`);
    return isGood ? 0 : 1;
  });
}
