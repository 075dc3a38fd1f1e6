/**
 * The names of OpenTelemetry's semantic conventions for messaging, as of 1.45, and ours beside them. The conventions are in development:
 * what they rename is renamed here, and nowhere else.
 */
import type { Attributes } from "@opentelemetry/api";
import type { TracedMessage, TracedRun } from "../tasks/tracing.js";

const SYSTEM = "sunbeat";
export const ERROR_TYPE = "error.type";
export const MESSAGE_COUNT = "messaging.batch.message_count";

/** Names of operations; the type of each is the same word. */
export type Operation = "send" | "process";

// The system has two names: 1.45 calls it `messaging.system.name`, and what reads spans today knows `messaging.system`.
// Each is one literal with fixed keys: objects that are put together of parts cost ten times a span's own time.

/** Of all that is told of an operation. */
export function operationAttributes(operation: Operation, queue: string): Attributes {
  return {
    "messaging.system": SYSTEM,
    "messaging.system.name": SYSTEM,
    "messaging.operation.name": operation,
    "messaging.operation.type": operation,
    "messaging.destination.name": queue,
  };
}

/** `many`: the call sends a number of messages, so it names none. */
export function sendAttributes(message: TracedMessage, many: boolean): Attributes {
  const attributes: Attributes = {
    "messaging.system": SYSTEM,
    "messaging.system.name": SYSTEM,
    "messaging.operation.name": "send",
    "messaging.operation.type": "send",
    "messaging.destination.name": message.queue,
    "messaging.message.conversation_id": message.rootId,
    "sunbeat.task": message.task,
  };
  if (!many) attributes["messaging.message.id"] = message.id;
  return withOccurrence(attributes, message);
}

export function runAttributes(run: TracedRun): Attributes {
  const attributes: Attributes = {
    "messaging.system": SYSTEM,
    "messaging.system.name": SYSTEM,
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": run.queue,
    "messaging.message.id": run.id,
    "messaging.message.conversation_id": run.rootId,
    "sunbeat.task": run.task,
    "sunbeat.retries": run.retries,
    "sunbeat.deliveries": run.deliveries,
    "sunbeat.wait_ms": run.waitMs,
  };
  if (run.lock !== null) attributes["sunbeat.lock"] = run.lock;
  return withOccurrence(attributes, run);
}

export function tickAttributes(message: TracedMessage): Attributes {
  return withOccurrence({ "sunbeat.task": message.task }, message);
}

function withOccurrence(attributes: Attributes, { entry, due }: TracedMessage): Attributes {
  if (entry !== null) attributes["sunbeat.entry"] = entry;
  if (due !== null) attributes["sunbeat.due"] = new Date(due).toISOString();
  return attributes;
}

export const spanNames = {
  send: (queue: string) => `send ${queue}`,
  process: (queue: string) => `process ${queue}`,
  tick: (entry: string) => `tick ${entry}`,
};

/** Seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const seconds = (description: string) => ({
  description,
  unit: "s",
  advice: { explicitBucketBoundaries: BUCKETS },
});

export const METRICS = {
  sent: {
    name: "messaging.client.sent.messages",
    options: { description: "Messages that were sent, or tried to be.", unit: "{message}" },
  },
  consumed: {
    name: "messaging.client.consumed.messages",
    options: { description: "Messages that a function was called for.", unit: "{message}" },
  },
  operation: {
    name: "messaging.client.operation.duration",
    options: seconds("How long calls took that send."),
  },
  process: {
    name: "messaging.process.duration",
    options: seconds("How long runs took."),
  },
} as const;
