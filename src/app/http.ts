/** The task `sunbeat.http`: registered with the apps that say whom it may ask, and signatures of it that belong to no app. */
import {
  type CanvasSender,
  type Form,
  type GraphResult,
  type Immutable,
  type Signature,
  taskSignatures,
} from "../canvas/index.js";
import type { Clock } from "../core/clock.js";
import { ConfigurationError, isSunbeatError } from "../core/errors.js";
import { checkCall, hostKey, type HttpCall, type HttpResult } from "../http/call.js";
import type { HttpConfig } from "../http/options.js";
import { HTTP_TASK } from "../tasks/built-in.js";
import type { TaskContext, TaskDefinition } from "../tasks/definition.js";
import type { SendOptions } from "../tasks/message.js";
import { resolveTask, type TaskDefaults } from "../tasks/task-options.js";

/** So many tokens that only a cooldown, or an operator's `rateLimit`, ever holds a host back. */
const UNLIMITED = { limit: 100_000, per: "1s", burst: 10_000 } as const;

/** A host that is down for a quarter of an hour is met again: 5, 10, 20, ... s, together 21 minutes, spread. */
const RETRY = { max: 8, delay: "5s", backoff: true, maxDelay: "1h" } as const;

export function httpTask(config: HttpConfig, clock: Clock, defaults: TaskDefaults): TaskDefinition {
  return resolveTask(
    HTTP_TASK,
    {
      bind: true,
      retry: { ...RETRY, on: (error) => isSunbeatError(error) && error.details.retryable === true },
      rateLimit: { ...UNLIMITED, key: hostKey },
    },
    async (self: TaskContext, ...args: unknown[]) => {
      const { runHttp } = await import("../http/task.js");
      return runHttp(self, args, { config, clock });
    },
    defaults,
  );
}

/** Sends what belongs to no app by the one app that has the option `http`. */
class HttpSender implements CanvasSender {
  readonly isUnbound = true;
  readonly #apps = new Set<CanvasSender>();

  /** The function that takes the app out again: when it closes. */
  join(app: CanvasSender): () => void {
    this.#apps.add(app);
    return () => void this.#apps.delete(app);
  }

  async send(form: Form, open: readonly unknown[], options?: SendOptions): Promise<GraphResult<never>> {
    const [only, ...others] = this.#apps;
    if (only !== undefined && others.length === 0) return only.send(form, open, options);
    const found = only === undefined ? "no app in this process has" : "several apps in this process have";
    throw new ConfigurationError(
      "SUNBEAT_TASK_UNBOUND",
      `http: a call belongs to no app, and ${found} the option http, so nobody knows who is to send it; begin the chain with a ` +
        `task of an app, send app.signature(${JSON.stringify(HTTP_TASK)}, [{ url, ... }])` +
        (only === undefined ? ", or give the app http: { allow: [...] }" : ""),
    );
  }
}

export const httpSender = new HttpSender();

const signatures = taskSignatures({ name: HTTP_TASK, queue: null }, httpSender);

type PlainCall = HttpCall & { readonly respond?: undefined };

interface HttpSignatures {
  /** To begin a chain, for a group, or alone. */
  s(this: void, call: PlainCall): Signature<[], HttpResult>;
  /** With `respond: "celery"` it gives whatever the other side returned. */
  s(this: void, call: HttpCall): Signature<[], unknown>;
  /** The same behind another task: it takes nothing of its result. */
  si(this: void, call: PlainCall): Immutable<HttpResult>;
  si(this: void, call: HttpCall): Immutable<unknown>;
}

/**
 * Calls of URLs, as signatures of the task `sunbeat.http` (docs/http.md). They belong to no app: in a form they are sent by the app of
 * the other parts, alone by the one app in the process that has the option `http`; with none or several of these sending
 * rejects with SUNBEAT_TASK_UNBOUND. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID.
 */
export const http: HttpSignatures = Object.freeze({
  s(call: HttpCall) {
    checkCall(call);
    return signatures.s(call) as unknown as Signature<[], HttpResult>;
  },
  si(call: HttpCall) {
    checkCall(call);
    return signatures.si(call) as unknown as Immutable<HttpResult>;
  },
});
