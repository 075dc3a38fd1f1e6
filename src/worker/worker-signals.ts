/** Signals that are told where the worker is, and not where the functions run. */
import type { Extensions, SignalMap } from "../signals/index.js";
import type { Delivery } from "../store/contracts/delivery.js";
import type { Outcome } from "./outcome.js";

/** Of the life of a worker; nobody waits for them. */
type LifeSignal = "workerInit" | "workerReady" | "workerShuttingDown" | "heartbeatSent";

export class WorkerSignals {
  readonly #hostname: string;
  readonly #extensions: Extensions | null;

  /** `extensions` null: nobody hears of anything. */
  constructor(hostname: string, extensions: Extensions | null) {
    this.#hostname = hostname;
    this.#extensions = extensions;
  }

  life<Name extends LifeSignal>(name: Name, more: Omit<SignalMap[Name], "hostname">): void {
    this.#extensions?.tell(name, () => ({ hostname: this.#hostname, ...more }) as SignalMap[Name]);
  }

  /** The last one, which is waited for. Never rejects. */
  async shutdown(limitMs: number): Promise<void> {
    await this.#extensions?.signals.workerShutdown.ask({ hostname: this.#hostname }, limitMs);
  }

  received({ id, task, queue, retries, deliveries }: Delivery): void {
    if (this.#extensions?.tellsMessages !== true) return;
    const hostname = this.#hostname;
    this.#extensions.tell("taskReceived", () => ({ id, task, queue, hostname, retries, deliveries }));
  }

  ended({ id, task, queue }: Delivery, outcome: Outcome): void {
    const extensions = this.#extensions;
    if (extensions?.tellsMessages !== true) return;
    const fields = { id, task, queue, hostname: this.#hostname };
    const { kind } = outcome;
    if (kind === "succeeded" || kind === "replaced") {
      for (const { message } of outcome.grow?.parts ?? []) {
        if (message === null) continue;
        const sent = { id: message.id, task: message.task, queue: message.queue };
        extensions.tell("afterTaskPublish", () => sent);
      }
    } else if (kind === "revoked" || kind === "expired") {
      extensions.tell("taskRevoked", () => ({ ...fields, expired: kind === "expired" }));
    } else if (kind === "unknown") {
      extensions.tell("taskUnknown", () => ({ ...fields, reason: outcome.reason }));
    } else if (kind === "dead" || kind === "requeued") {
      const { reason } = outcome;
      if (kind === "dead" && outcome.error.code === "SUNBEAT_TASK_UNKNOWN")
        extensions.tell("taskUnknown", () => ({ ...fields, reason }));
      extensions.tell("taskRejected", () => ({ ...fields, reason, requeued: kind === "requeued" }));
    }
  }
}
