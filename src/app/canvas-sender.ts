/** Sends forms: what is one task as a message, everything else as a graph. */
import { soleTask, type CanvasSender, type Form, type TaskForm, withOptions } from "../canvas/index.js";
import type { MessageRequest } from "../tasks/message-factory.js";
import type { NewMessage, SendOptions } from "../tasks/message.js";
import type { CompiledGraph } from "../tasks/part.js";
import type { EagerApp } from "./eager.js";
import type { GraphPublisher } from "./graph-publisher.js";
import type { GraphHandle, SentGraph } from "./graph-result.js";

/** What an app has for the forms that it sends. */
export interface CanvasApp extends EagerApp {
  readonly graphPublisher: GraphPublisher;
  sendMessage(request: MessageRequest): Promise<NewMessage>;
  graph(sent: SentGraph): GraphHandle<never>;
}

export class AppCanvas implements CanvasSender {
  readonly #app: CanvasApp;

  constructor(app: CanvasApp) {
    this.#app = app;
  }

  /** Loads the compiler before it is needed: on virtual time a load would take no time, and the clock would not wait for it. */
  async load(): Promise<void> {
    await Promise.all([import("../canvas/compile/graph.js"), import("../canvas/compile/growth.js")]);
  }

  async send(form: Form, open: readonly unknown[], options?: SendOptions): Promise<GraphHandle<never>> {
    const whole = withOptions(form, options);
    if (this.#app.config.taskAlwaysEager) return this.apply(whole, open);
    const task = soleTask(whole);
    return task === null ? this.#sendGraph(whole, open) : this.#sendTask(task, open);
  }

  /** The graph of a form, as it would be sent. */
  async compile(form: Form, open: readonly unknown[], options?: SendOptions): Promise<CompiledGraph> {
    const { compileGraph } = await import("../canvas/compile/graph.js");
    const { clock, random, createMessage, config } = this.#app;
    return compileGraph({
      ...{ form, open, options, createMessage },
      newId: () => random.uuid(),
      now: clock.now(),
      limit: config.graphLimit,
    });
  }

  /** The same, run here and now. Resolves when it has ended. */
  async apply(form: Form, open: readonly unknown[], options?: SendOptions): Promise<GraphHandle<never>> {
    const whole = withOptions(form, options);
    const task = soleTask(whole);
    const { runGraph, runMessage } = await import("./eager.js");
    if (task !== null) return runMessage(this.#app.createMessage(requestOf(task, open)), this.#app);
    const graph = await this.compile(whole, open);
    return runGraph(graph, sentOf(graph), this.#app);
  }

  async #sendTask(form: TaskForm, open: readonly unknown[]): Promise<GraphHandle<never>> {
    const { id, task, resultTtlMs } = await this.#app.sendMessage(requestOf(form, open));
    return this.#app.graph({ graphId: id, output: id, task, ignored: resultTtlMs === 0 });
  }

  async #sendGraph(form: Form, open: readonly unknown[]): Promise<GraphHandle<never>> {
    const app = this.#app;
    const graph = await this.compile(form, open);
    const { config, events } = app;
    const outcome = await app.graphPublisher.open(graph, config.resultTtlMs);
    const { id, name } = graph;
    if (outcome === "sealed") events.emit("graph-started", { graph: id, name });
    return app.graph(sentOf(graph));
  }
}

function requestOf(form: TaskForm, open: readonly unknown[]): MessageRequest {
  const { task, args, immutable, stamps, options } = form;
  const headers = { ...options.headers, ...stamps };
  return {
    task,
    args: immutable || open.length === 0 ? args : [...open, ...args],
    options: Object.keys(headers).length === 0 ? options : { ...options, headers },
  };
}

function sentOf(graph: CompiledGraph): SentGraph {
  return { graphId: graph.id, output: graph.output, ancestors: ancestorsOf(graph) };
}

/** Of the output: the first part that it follows, the first that this one follows, and so on. */
export function ancestorsOf({ parts, lists, output }: CompiledGraph): string[] {
  const leaders = new Map<string, string>();
  for (const { id, list } of parts) if (list !== null && !leaders.has(list)) leaders.set(list, id);
  const before = new Map<string, string>();
  for (const { key, edges } of lists) {
    const leader = leaders.get(key);
    for (const { to } of edges) if (leader !== undefined && !before.has(to)) before.set(to, leader);
  }
  const ancestors: string[] = [];
  for (let id = before.get(output); id !== undefined; id = before.get(id)) ancestors.push(id);
  return ancestors;
}
