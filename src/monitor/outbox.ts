/** Calls the webhooks that tell of alerts, and the outside service that notices when nobody calls it any more. */
import type { Clock } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import type { Logger } from "../core/logger.js";
import type { InTime } from "../core/patience.js";
import type { Random } from "../core/random.js";
import type { OutboxRow } from "../store/contracts/alerts.js";
import type { Store } from "../store/contracts/store.js";
import type { AlertsConfig } from "./options.js";
import { shownUrl } from "./urls.js";

export interface OutboxDeps {
  readonly store: Pick<Store, "alerts">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly inTime: InTime;
  readonly config: AlertsConfig;
  /** Asks one URL. Default: the guarded client of src/http. */
  readonly ask?: Ask | undefined;
}

export interface Asked {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly id: string;
  /** Null: none. */
  readonly body: string | null;
  readonly keys: readonly Uint8Array[];
}

/** Resolves with the status of the answer. */
export type Ask = (asked: Asked, clock: Clock) => Promise<number>;

const CALL_MS = 5_000;
/** A call that takes its whole time must have ended when the row is due again. */
const LEASE_MS = 30_000;
const AT_ONCE = 10;
export const MOST_TRIES = 5;
const FIRST_RETRY_MS = 10_000;
const MOST_ANSWER_BYTES = 65_536;

export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #ask: Ask;
  #running: Promise<void> | null = null;
  #isAsking = false;
  #isAnswered = true;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#ask = deps.ask ?? askGuarded;
  }

  /** Makes the calls that are due, unless that is under way. Never rejects; the looks of the watcher do not wait for slow receivers. */
  flush(): Promise<void> {
    this.#running ??= this.#flush().finally(() => (this.#running = null));
    return this.#running;
  }

  async #flush(): Promise<void> {
    const { store, inTime, logger } = this.#deps;
    try {
      for (let rows = AT_ONCE; rows === AT_ONCE;) {
        const due = await inTime("alerts.outbox", store.alerts.outbox(AT_ONCE, LEASE_MS));
        await Promise.all(due.map((row) => this.#call(row)));
        rows = due.length;
      }
    } catch (error) {
      logger.debug(`alerts: webhooks wait for the store: ${messageOf(error)}`);
    }
  }

  async #call(row: OutboxRow): Promise<void> {
    const { store, inTime, logger, config, clock } = this.#deps;
    const { id, url, body, tries } = row;
    const webhook = config.webhooks.find((one) => one.url === url);
    // Options have changed since: nobody wants it any more, or another process has them.
    const outcome =
      webhook === undefined
        ? "it is not among alerts.webhooks of this process"
        : await refusalOf(this.#ask({ url, method: "POST", id, body, keys: webhook.keys }, clock));
    if (outcome === null) return inTime("alerts.told", store.alerts.told(id, "done"));
    if (tries + 1 >= MOST_TRIES) {
      logger.error(
        `alerts: the webhook at ${shownUrl(url)} was given up after ${tries + 1} tries: ${outcome}`,
      );
      return inTime("alerts.told", store.alerts.told(id, "given-up"));
    }
    const retryInMs = FIRST_RETRY_MS * 3 ** tries;
    logger.warn(
      `alerts: the webhook at ${shownUrl(url)} is called again in ${retryInMs / 1_000} s: ${outcome}`,
    );
    await inTime("alerts.told", store.alerts.told(id, { retryInMs }));
  }

  /** Never rejects; one call at a time. */
  async heartbeat(): Promise<void> {
    const { config, clock, logger } = this.#deps;
    const { heartbeatUrl: url } = config;
    if (url === null || this.#isAsking) return;
    this.#isAsking = true;
    const refusal = await refusalOf(this.#ask({ url, method: "GET", id: "", body: null, keys: [] }, clock));
    this.#isAsking = false;
    if (refusal !== null && this.#isAnswered) {
      logger.warn(`alerts: the heartbeat URL at ${shownUrl(url)} does not answer: ${refusal}`);
    }
    this.#isAnswered = refusal === null;
  }
}

async function refusalOf(call: Promise<number>): Promise<string | null> {
  try {
    const status = await call;
    return status >= 200 && status < 300 ? null : `it answered ${status}`;
  } catch (error) {
    return messageOf(error);
  }
}

/** Loaded with the first call: a process that calls nobody has no client. */
export async function askGuarded({ url, method, id, body, keys }: Asked, clock: Clock): Promise<number> {
  const [{ guardedRequest }, { hostRule }, { webhookHeaders }] = await Promise.all([
    import("../http/request.js"),
    import("../http/hosts.js"),
    import("../http/webhook-signature.js"),
  ]);
  const bytes = body === null ? null : new TextEncoder().encode(body);
  const { protocol, host } = new URL(url);
  const signed = bytes === null ? {} : webhookHeaders({ id, at: clock.now(), body: bytes }, keys);
  // A header without a value is no signature.
  const headers = Object.entries<string>(signed).filter(([, value]) => value !== "");
  const answer = await guardedRequest(
    {
      ...{ url, method, body: bytes, timeoutMs: CALL_MS, redirects: 0, maxBytes: MOST_ANSWER_BYTES },
      headers: new Map<string, string>([
        ["user-agent", "sunbeat"],
        ...(bytes === null ? [] : [["content-type", "application/json"] as const]),
        ...headers,
      ]),
    },
    {
      clock,
      // The URL is of options: whoever may write them may name an inner host.
      guard: {
        allow: [hostRule(host, "alerts")],
        schemes: protocol === "https:" ? ["https"] : ["http"],
        private: true,
      },
    },
  );
  return answer.status;
}

/** Calls each webhook once with an alert of kind "test". */
export async function testWebhooks(
  { webhooks }: Pick<AlertsConfig, "webhooks">,
  clock: Clock,
  random: Random,
  ask: Ask = askGuarded,
): Promise<{ readonly webhook: string; readonly problem: string | null }[]> {
  const at = clock.now();
  const id = `test.${random.uuid()}`;
  const body = JSON.stringify({
    ...{ id, kind: "test", severity: "warning", subject: "", state: "test" },
    text: "test: sunbeat can reach this webhook",
    at: new Date(at).toISOString(),
    detail: {},
  });
  return Promise.all(
    webhooks.map(async ({ url, keys }) => {
      const problem = await refusalOf(ask({ url, method: "POST", id, body, keys }, clock));
      return { webhook: shownUrl(url), problem };
    }),
  );
}
