/** What is told to workers: each asks first where it cannot be undone, and says what came of it. */
import type { JSX } from "preact";
import type { Replies } from "../../src/control/index.js";
import { send } from "../lib/api.js";
import type { Json } from "../lib/json.js";
import { part } from "../lib/router.js";
import { count, relative } from "../lib/time.js";
import { attempt, confirm, type Question } from "../parts/dialogs.js";

/** Gives what the node has said. Rejects with why it has not done it. */
export async function tellNode(node: string, verb: string, args: object = {}): Promise<string> {
  const { replies, missing } = await send<Json<Replies>>("POST", `/nodes/${part(node)}/control`, {
    ...{ verb, args },
  });
  const [gone] = missing;
  if (gone !== undefined) {
    const seen = gone.lastSeen === null ? "" : `: it was seen ${relative(gone.lastSeen)}`;
    throw new Error(`${node} does not answer${seen}`);
  }
  const [reply] = replies;
  if (reply === undefined) throw new Error(`${node} is not there, or has no part that does this`);
  if (reply.error !== undefined) throw new Error(reply.error.message);
  return (reply.ok as { readonly keeps?: string } | null)?.keeps === "until restart"
    ? ", until it restarts"
    : "";
}

/** Of each in turn: what failed is told, and the others are done. */
async function tellMany(nodes: readonly string[], verb: string, done: string): Promise<string> {
  const failures: string[] = [];
  for (const node of nodes) {
    try {
      await tellNode(node, verb);
    } catch (error) {
      failures.push((error as Error).message);
    }
  }
  if (failures.length > 0) {
    throw new Error(`${nodes.length - failures.length} of ${nodes.length} ${done}; ${failures.join("; ")}`);
  }
  return `${workers(nodes.length)} ${done}`;
}

const workers = (number: number): string => (number === 1 ? "1 worker" : `${count(number)} workers`);

export function DrainMany({
  nodes,
  reload,
}: {
  readonly nodes: readonly string[];
  readonly reload: () => void;
}): JSX.Element {
  const ask = (verb: "drain" | "undrain", action: string, text: string, done: string): void =>
    confirm({
      title: `${action} ${workers(nodes.length)}?`,
      text: `${text} ${listOf(nodes)}`,
      action: `${action} ${workers(nodes.length)}`,
      run: async () => {
        const said = await tellMany(nodes, verb, done);
        reload();
        return said;
      },
    });
  return (
    <>
      <button
        type="button"
        disabled={nodes.length === 0}
        onClick={() => ask("drain", "Drain", "They take nothing more; what runs goes on.", "are draining")}
      >
        Drain
      </button>
      <button
        type="button"
        disabled={nodes.length === 0}
        onClick={() => ask("undrain", "Undrain", "They take tasks again.", "take tasks again")}
      >
        Undrain
      </button>
    </>
  );
}

export function ShutDownMany({
  nodes,
  reload,
}: {
  readonly nodes: readonly { readonly node: string; readonly worker: { readonly running: number } | null }[];
  readonly reload: () => void;
}): JSX.Element {
  const names = nodes.map(({ node }) => node);
  const running = nodes.reduce((sum, { worker }) => sum + (worker?.running ?? 0), 0);
  const ask = (): void =>
    confirm({
      ...shutDown(names, running),
      run: async () => {
        const said = await tellMany(names, "shutdown", "are ending");
        reload();
        return said;
      },
    });
  return (
    <button type="button" class="danger" disabled={nodes.length === 0} onClick={ask}>
      Shut down
    </button>
  );
}

function shutDown(names: readonly string[], running: number): Omit<Question, "run"> {
  const what = names.length === 1 ? names[0]! : workers(names.length);
  return {
    title: `Shut down ${what}?`,
    text:
      `${names.length === 1 ? "It ends" : "They end"} as by SIGTERM: ${count(running)} running tasks get their grace, ` +
      `and go back to their queues after it. Nobody here can start ${names.length === 1 ? "it" : "them"} again. ` +
      (names.length === 1 ? "" : listOf(names)),
    action: `Shut down ${what}`,
    isDangerous: true,
  };
}

function listOf(names: readonly string[]): string {
  const some = names.slice(0, 10).join(", ");
  return names.length > 10 ? `${some} and ${names.length - 10} more.` : `${some}.`;
}

/** Buttons of one worker. */
export function NodeActions({
  node,
  state,
  verbs,
  running,
  reload,
}: {
  readonly node: string;
  readonly state: string;
  readonly verbs: readonly string[];
  readonly running: number;
  readonly reload: () => void;
}): JSX.Element {
  const doing = async (verb: string, done: string, args?: object): Promise<string> => {
    const keeps = await tellNode(node, verb, args);
    reload();
    return `${node} ${done}${keeps}`;
  };
  const isDraining = state === "draining";
  return (
    <div class="row-actions">
      {verbs.includes("drain") && (
        <button
          type="button"
          onClick={() =>
            void attempt(() =>
              isDraining ? doing("undrain", "takes tasks again") : doing("drain", "takes no more tasks"),
            )
          }
        >
          {isDraining ? "Undrain" : "Drain"}
        </button>
      )}
      <button
        type="button"
        onClick={() =>
          confirm({
            title: `Change the log level of ${node}?`,
            text: "debug, info, warning or error.",
            action: "Change level",
            field: { label: "Level", value: "debug", isRequired: true },
            run: (level) => doing("logLevel", `logs ${level}`, { level: level.trim() }),
          })
        }
      >
        Log level
      </button>
      <button
        type="button"
        class="danger"
        onClick={() => confirm({ ...shutDown([node], running), run: () => doing("shutdown", "is ending") })}
      >
        Shut down
      </button>
    </div>
  );
}
