import type { CreateMessage } from "./message-factory.js";
import type { NewMessage } from "./message.js";
import { inTrace, type Tracing } from "./tracing.js";

/** What a program does to messages around their making: signals of publishing, and functions of `app.usePublish`. */
export interface MessageEdits {
  /** Whether there is anything to be asked before a message is made. */
  readonly active: boolean;
  /** Null: nobody traces what is sent. */
  readonly tracing: Tracing | null;
  /**
   * What `build` gives with the `CreateMessage` it is handed, once all that is hung into sends was asked about each message.
   * It is called twice, and must ask for the same messages in the same order: `createMessage` makes those of the second call. Rejects
   * with what `build` throws, and with what a function of `app.usePublish` throws.
   */
  made<T>(build: (createMessage: CreateMessage) => T, createMessage: CreateMessage): Promise<T>;
  /** The store has it. */
  sent(message: NewMessage): void;
}

/** What `build` gives, by way of `edits` where there is anything to be asked; else at once. */
export function buildMessages<T>(
  build: (createMessage: CreateMessage) => T,
  createMessage: CreateMessage,
  edits: MessageEdits | undefined,
): T | Promise<T> {
  return edits?.active === true ? edits.made(build, createMessage) : build(createMessage);
}

/** Makes the messages of one call that sends. */
export type Build = <T>(ask: (createMessage: CreateMessage) => T) => T | Promise<T>;

/**
 * One call that sends: what `send` gives, which makes messages by `build` and hands them to the store. They carry the trace of the call
 * where somebody traces; else nothing comes between. `many`: it sends a number of messages.
 */
export function oneSend<T>(
  createMessage: CreateMessage,
  edits: MessageEdits | undefined,
  many: boolean,
  send: (build: Build) => T | Promise<T>,
): T | Promise<T> {
  const trace = edits?.tracing?.send(many) ?? null;
  const create: CreateMessage = trace === null ? createMessage : (request) => createMessage(request, trace);
  const build: Build = (ask) => buildMessages(ask, create, edits);
  return trace === null ? send(build) : inTrace(trace, () => send(build));
}
