/** Signatures for tests, without an app: what is compiled of them is looked at, and never sent. */
import { type CanvasTask, type CanvasSender, formOf, taskSignatures } from "../../src/canvas/index.js";
import { compileGraph } from "../../src/canvas/compile/graph.js";
import { seededRandom } from "../../src/core/random.js";
import { messageFactory, type SendDefaults } from "../../src/tasks/message-factory.js";
import type { SendOptions } from "../../src/tasks/message.js";
import type { CompiledGraph } from "../../src/tasks/part.js";

const defaults: SendDefaults = {
  queue: "q",
  priority: 0,
  ignoreResult: false,
  resultTtlMs: 86_400_000,
  maxDeliveries: 3,
  payloadLimit: 1_048_576,
  isFair: () => false,
};

export const createMessage = messageFactory({
  registry: { get: () => undefined },
  random: seededRandom(1),
  defaults,
});

export const sender: CanvasSender = {
  send: () => Promise.reject(new Error("nothing is sent here")),
};

/** Forms of any type: tests of types are in test/types. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Loose = any;

/** A task that takes anything. */
export function anyTask(name: string, queue: string | null = null): CanvasTask<Loose[], Loose> {
  return taskSignatures({ name, queue }, sender) as CanvasTask<Loose[], Loose>;
}

export const NOW = 1_800_000_000_000;

export function compiled(
  signature: unknown,
  { open = [], options, limit = 1_000_000 }: { open?: unknown[]; options?: SendOptions; limit?: number } = {},
): CompiledGraph {
  const form = formOf(signature, "signature");
  return compileGraph({ form, open, options, newId: () => "G", createMessage, now: NOW, limit });
}
