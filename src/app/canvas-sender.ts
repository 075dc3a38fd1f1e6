/** Sends forms: what is one task as a message, everything else as a graph. */
import {
  type CanvasSender,
  type Form,
  formToJSON,
  soleTask,
  taskForm,
  type TaskForm,
  withOptions,
} from "../canvas/index.js";
import type { EpochMs } from "../core/clock.js";
import type { Duration } from "../core/duration.js";
import { durationOption, invalidOption } from "../core/options.js";
import { CANVAS_TASK } from "../tasks/built-in.js";
import { type Build, buildMessages, oneSend } from "../tasks/message-edits.js";
import type { MessageRequest } from "../tasks/message-factory.js";
import type { NewMessage, SendOptions } from "../tasks/message.js";
import type { CompiledGraph } from "../tasks/part.js";
import type { EagerApp } from "./eager.js";
import type { GraphPublisher } from "./graph-publisher.js";
import type { GraphHandle, SentGraph } from "./graph-result.js";

/** What an app has for the forms that it sends. */
export interface CanvasApp extends EagerApp {
  readonly feed: { sends(): void };
  readonly graphPublisher: GraphPublisher;
  readonly sender: { sendMessage(request: MessageRequest): Promise<NewMessage> };
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
    if (task !== null) return this.#sendTask(task, open);
    return whole.options.unique === undefined ? this.#sendGraph(whole, open) : this.#sendUnique(whole, open);
  }

  /** The graph of a form, as it would be sent. */
  async compile(
    form: Form,
    open: readonly unknown[],
    build: Build = (ask) => buildMessages(ask, this.#app.createMessage, this.#app.publishing),
  ): Promise<CompiledGraph> {
    const { compileGraph } = await import("../canvas/compile/graph.js");
    const { clock, random, config } = this.#app;
    const id = random.uuid();
    const request = { form, open, newId: () => id, now: clock.now(), limit: config.graphLimit };
    return build((createMessage) => compileGraph({ ...request, createMessage }));
  }

  /** The same, run here and now. Resolves when it has ended. */
  async apply(form: Form, open: readonly unknown[], options?: SendOptions): Promise<GraphHandle<never>> {
    const whole = withOptions(form, options);
    const task = soleTask(whole);
    const { runGraph, runMessage } = await import("./eager.js");
    if (task !== null) {
      const request = requestOf(task, open);
      const message = await this.#oneSend(false, (build) => build((create) => create(request)));
      return runMessage(message, this.#app);
    }
    const graph = await this.#oneSend(true, (build) => this.compile(whole, open, build));
    return runGraph(graph, sentOf(graph), this.#app);
  }

  async #sendTask(form: TaskForm, open: readonly unknown[]): Promise<GraphHandle<never>> {
    const { id, task, resultTtlMs } = await this.#app.sender.sendMessage(requestOf(form, open));
    return this.#app.graph({ graphId: id, output: id, task, ignored: resultTtlMs === 0 });
  }

  /**
   * A message that replaces itself by the form: it has the key until the graph has ended, for it ends with it. `queue` and the like are
   * defaults of all parts, as ever; what says when it begins is said of the message.
   */
  async #sendUnique(form: Form, open: readonly unknown[]): Promise<GraphHandle<never>> {
    if (open.length > 0)
      throw invalidOption("unique", "no open arguments beside it: give them with s()", open);
    const { unique: _, taskId: __, countdown: ___, eta: ____, expires, ...defaults } = form.options;
    const now = this.#app.clock.now();
    const inside: Form = {
      ...form,
      options: { ...defaults, ...(expires !== undefined && { expires: expiryDate(expires, now) }) },
    };
    // For its checks: what is wrong with a form is told to whoever sends it.
    await this.compile(inside, []);
    return this.#sendTask(taskForm(CANVAS_TASK, [formToJSON(inside)], { options: form.options }), []);
  }

  async #sendGraph(form: Form, open: readonly unknown[]): Promise<GraphHandle<never>> {
    const app = this.#app;
    const { config, events } = app;
    const [graph, outcome] = await this.#oneSend(true, async (build) => {
      const compiled = await this.compile(form, open, build);
      return [compiled, await app.graphPublisher.open(compiled, config.resultTtlMs)] as const;
    });
    const { id, name } = graph;
    if (outcome === "sealed") {
      app.feed.sends();
      const messages = graph.parts.flatMap(({ message }) => message ?? []);
      events.emit("graph-started", { graph: id, name, parts: messages.length });
      for (const message of messages) app.publishing.sent(message);
    }
    return app.graph(sentOf(graph));
  }

  #oneSend<T>(many: boolean, send: (build: Build) => T | Promise<T>): T | Promise<T> {
    const { createMessage, publishing } = this.#app;
    return oneSend(createMessage, publishing, many, send);
  }
}

function expiryDate(expires: Duration | Date, now: EpochMs): Date {
  return expires instanceof Date ? expires : new Date(now + durationOption(expires, "expires", 1));
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
