/** What is hung into sends, asked about each message before it is made. */
import type { Clock } from "../core/clock.js";
import { TaskError } from "../core/errors.js";
import { invalidOption } from "../core/options.js";
import { quote } from "../core/quote.js";
import type { Random } from "../core/random.js";
import { type Events, taskSent } from "../events/index.js";
import { callAround, type Extensions, type PublishedMessage } from "../signals/index.js";
import type { MessageEdits } from "../tasks/message-edits.js";
import { type CreateMessage, type MessageRequest, resolveSendOptions } from "../tasks/message-factory.js";
import type { NewMessage } from "../tasks/message.js";
import type { Tracing } from "../tasks/tracing.js";

export interface PublishingParts {
  readonly extensions: Extensions;
  readonly events: Events;
  readonly clock: Clock;
  readonly createMessage: CreateMessage;
  readonly random: Random;
}

export class Publishing implements MessageEdits {
  readonly #parts: PublishingParts;

  constructor(parts: PublishingParts) {
    this.#parts = parts;
  }

  get active(): boolean {
    return this.#parts.extensions.touchesSends;
  }

  get tracing(): Tracing | null {
    return this.#parts.extensions.tracing;
  }

  /** The first build says which messages there are, the second makes them anew as they came to be. */
  async made<T>(build: (createMessage: CreateMessage) => T, createMessage: CreateMessage): Promise<T> {
    const requests: MessageRequest[] = [];
    const first = build((request) => {
      requests.push(request);
      return this.#parts.createMessage(request);
    });
    if (requests.length === 0) return first;
    const edited: MessageRequest[] = [];
    // One after the other: handlers run in order, and those of one message before those of the next.
    for (const request of requests) edited.push(await this.#edited(request));
    let made = 0;
    return build((request) => createMessage(edited[made++] ?? request));
  }

  sent(message: NewMessage): void {
    const { extensions, events, clock } = this.#parts;
    if (events.hears("task-sent")) events.emit("task-sent", taskSent(message, clock.now()));
    if (!extensions.tellsMessages) return;
    const { id, task, queue } = message;
    extensions.tell("afterTaskPublish", () => ({ id, task, queue }));
  }

  async #edited(request: MessageRequest): Promise<MessageRequest> {
    const { extensions, random } = this.#parts;
    const { signals, publishMiddleware } = extensions;
    const draft = new Draft(request, random);
    await signals.beforeTaskPublish.askInTurn(
      () => draft.shown(),
      (changed) => draft.take(changed),
    );
    if (publishMiddleware.length === 0) return draft.request;
    let isEncoded = false;
    const message = draft.shown();
    await callAround(publishMiddleware, message, `app.usePublish for ${draft.label}`, () => {
      draft.take(message);
      isEncoded = true;
    });
    if (isEncoded) return draft.request;
    throw new TaskError(
      "SUNBEAT_USAGE",
      `app.usePublish: a function ended without calling next() for ${draft.label}, so nothing was sent; call next(), or throw ` +
        "to refuse the message",
    );
  }
}

/** A request that is being changed. */
class Draft {
  request: MessageRequest;
  /** Of a message whose sender chose none. */
  readonly #id: string;

  constructor(request: MessageRequest, random: Random) {
    this.request = request;
    this.#id = request.id ?? request.options?.taskId ?? random.uuid();
    if (request.options?.taskId === undefined) this.request = { ...request, id: this.#id };
  }

  get label(): string {
    return `${quote(this.request.task)}[${this.#id}]`;
  }

  /** What handlers see: a copy. */
  shown(): PublishedMessage {
    const { task, args, options = {}, entry } = this.request;
    const { headers = {}, link: _, linkError: __, ...rest } = options;
    return {
      ...{ task, id: this.#id, args, entry: entry ?? null },
      headers: { ...headers },
      options: { ...rest },
    };
  }

  /** Codes: those of `resolveSendOptions`; then nothing has changed. */
  take({ headers, options }: PublishedMessage): void {
    const { taskId: chosen, ...rest } = options;
    const { taskId } = this.request.options ?? {};
    // The id stays: handlers, results and events know the message by it.
    if (chosen !== taskId) throw invalidOption("taskId", `to stay as it is in ${this.label}`, chosen);
    const changed = { ...rest, headers, ...(taskId !== undefined && { taskId }) };
    resolveSendOptions(changed, `a handler of publishing, for ${this.label}`);
    this.request = { ...this.request, options: changed };
  }
}
