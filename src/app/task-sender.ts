/** Sends tasks by name: one, or many in one call. */
import { taskForm } from "../canvas/index.js";
import { invalidOption } from "../core/options.js";
import type { EnqueueOutcome } from "../store/contracts/sender.js";
import { type Build, oneSend } from "../tasks/message-edits.js";
import type { CreateMessage, MessageRequest } from "../tasks/message-factory.js";
import type { NewMessage, SendOptions } from "../tasks/message.js";
import type { AsyncResult } from "./async-result.js";
import type { AppCanvas } from "./canvas-sender.js";
import type { EagerApp } from "./eager.js";
import { standingFor } from "./not-unique.js";
import type { Publisher } from "./publisher.js";

interface SendingApp extends EagerApp {
  readonly canvas: AppCanvas;
  readonly publisher: Publisher;
  readonly feed: { sends(): void };
  result(id: string, ignored: boolean): AsyncResult<never>;
}

export class TaskSender {
  readonly #app: SendingApp;

  constructor(app: SendingApp) {
    this.#app = app;
  }

  async send(request: MessageRequest): Promise<AsyncResult<never>> {
    const app = this.#app;
    const { task, args, options } = request;
    if (options?.link !== undefined || options?.linkError !== undefined) {
      return app.canvas.send(taskForm(task, args), [], options);
    }
    if (app.config.taskAlwaysEager) {
      const { runMessage } = await import("./eager.js");
      return runMessage(await this.#oneSend(false, (build) => build((create) => create(request))), app);
    }
    return this.#resultOf(await this.sendMessage(request));
  }

  /** The message by which the result is known: another one, where that stands for it. */
  async sendMessage(request: MessageRequest): Promise<NewMessage> {
    return this.#oneSend(false, async (build) => {
      const made = build((create) => create(request));
      // Awaited only where it must be: a plain send costs no turn more.
      const message = made instanceof Promise ? await made : made;
      const outcome = await this.#app.publisher.send(message);
      this.#tellSent(message, outcome);
      return standingFor(message, outcome);
    });
  }

  async sendMany(
    task: string,
    argsList: readonly (readonly unknown[])[],
    options: SendOptions | undefined,
  ): Promise<AsyncResult<never>[]> {
    if (!Array.isArray(argsList))
      throw invalidOption("delayMany", "an array of arrays of arguments", argsList);
    if (options?.taskId !== undefined) {
      throw invalidOption("taskId", "nothing in delayMany: each task has its own id", options.taskId);
    }
    if (this.#app.config.taskAlwaysEager) return this.#sendEach(task, argsList, options);
    // All are checked before any is sent, so that one wrong item does not leave half of them behind.
    const make = (create: CreateMessage): NewMessage[] =>
      argsList.map((args: readonly unknown[]) => create({ task, args, options }));
    const outcomes: EnqueueOutcome[] = [];
    const messages = await this.#oneSend(true, async (build) => {
      const made = await build(make);
      try {
        await this.#app.publisher.sendMany(made, outcomes);
      } finally {
        outcomes.forEach((outcome, index) => this.#tellSent(made[index]!, outcome));
      }
      return made;
    });
    return messages.map((message, index) => this.#resultOf(standingFor(message, outcomes[index]!)));
  }

  async #sendEach(
    task: string,
    argsList: readonly (readonly unknown[])[],
    options: SendOptions | undefined,
  ): Promise<AsyncResult<never>[]> {
    const sent: AsyncResult<never>[] = [];
    for (const args of argsList) sent.push(await this.send({ task, args, options }));
    return sent;
  }

  #oneSend<T>(many: boolean, send: (build: Build) => T | Promise<T>): T | Promise<T> {
    const { createMessage, publishing } = this.#app;
    return oneSend(createMessage, publishing, many, send);
  }

  #tellSent(message: NewMessage, outcome: EnqueueOutcome): void {
    const { events, feed, publishing } = this.#app;
    feed.sends();
    if (outcome === "expired") {
      const { id, task, queue } = message;
      events.emit("task-revoked", { id, task, queue, reason: outcome });
    }
    if (outcome !== "queued") return;
    publishing.sent(message);
  }

  #resultOf({ id, resultTtlMs }: Pick<NewMessage, "id" | "resultTtlMs">): AsyncResult<never> {
    return this.#app.result(id, resultTtlMs === 0);
  }
}
