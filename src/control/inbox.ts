/**
 * What others ask of this node. Whatever comes, the loop of nobody ends by it: what is wrong, late or too long is told once and dropped.
 * A request that comes again is answered again, and not done again.
 */
import type { Clock } from "../core/clock.js";
import { isSunbeatError, messageOf } from "../core/errors.js";
import { failureEntry } from "../core/log-entry.js";
import type { Logger } from "../core/logger.js";
import { bounded } from "../core/patience.js";
import { quote } from "../core/quote.js";
import type { LamportClock } from "../events/index.js";
import type { Store } from "../store/contracts/store.js";
import type { NodePresence } from "./presence.js";
import { MOST_TIMEOUT_MS } from "./request.js";
import { Subscription } from "./subscription.js";
import { refusalOf, type Trust } from "./trust.js";
import { verbInfo } from "./verb-list.js";
import {
  CONTROL_TOPIC,
  type ControlRequest,
  isMeant,
  MOST_PARTS,
  MOST_REQUEST,
  PART_SIZE,
  partsOf,
  readRequest,
  type ReplyPart,
  replyTopic,
  verbOf,
} from "./wire.js";

/** Requests that are remembered, and for how long at least. */
const MOST_TICKETS = 1_000;
const TICKET_MS = 60_000;
/** A longer answer is made anew where it is asked for again: only what reads gives one. */
const MOST_KEPT = 4_096;
const PUBLISH_LIMIT_MS = 5_000;

/** Does what a verb says, and gives its answer. `later`: called once the answer is on its way. */
export type VerbHandler = (
  args: Readonly<Record<string, unknown>>,
  later: (act: () => void) => void,
) => unknown;

export interface InboxDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: Pick<Store, "channel">;
  readonly presence: NodePresence;
  readonly lamport: LamportClock;
  readonly trust: () => Promise<Trust>;
  /** Loaded when somebody asks. Undefined: this node has no such verb. */
  readonly handler: (verb: string) => Promise<VerbHandler | undefined>;
}

interface Ticket {
  /** Monotonic. */
  readonly until: number;
  /** Null: it is being done. Undefined: it is not kept. */
  answer: readonly string[] | null | undefined;
}

export class Inbox {
  readonly #deps: InboxDeps;
  readonly #tickets = new Map<string, Ticket>();
  readonly #told = new Set<string>();
  readonly #subscription: Subscription;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
    this.#subscription = new Subscription(deps, CONTROL_TOPIC, (payload) => void this.#heard(payload));
  }

  /** Listens; a store that is away is asked again with the next answer to a presence call. Never rejects. */
  listen(): Promise<void> {
    return this.#subscription.listen();
  }

  close(): void {
    this.#subscription.close();
    this.#tickets.clear();
  }

  async #heard(payload: string): Promise<void> {
    try {
      const request = this.#read(payload);
      if (request !== null) await this.#answer(request);
    } catch (error) {
      this.#deps.logger.error(failureEntry("Remote control failed", error), { err: error });
    }
  }

  /** Null: it is not for this node, or not to be looked at. */
  #read(payload: string): ControlRequest | null {
    if (payload.length > MOST_REQUEST) return this.#drop("long", `of ${payload.length} characters`);
    const request = readRequest(payload);
    if (request === null) return this.#drop("unreadable", "that cannot be read");
    const { presence, lamport } = this.#deps;
    if (!isMeant(request.to, { node: presence.name, kind: presence.kind })) return null;
    const now = presence.storeNow();
    if (now === null) return null; // it cannot tell whether it is late
    lamport.see(request.clock);
    const { expires, verb } = request;
    if (expires <= now)
      return this.#drop("late", `of ${quote(verb)} that was over ${Math.ceil(now - expires)} ms ago`);
    if (expires > now + 2 * MOST_TIMEOUT_MS + TICKET_MS) {
      return this.#drop("early", `of ${quote(verb)} that would hold for longer than one may`);
    }
    return request;
  }

  #drop(kind: string, what: string): null {
    this.#tellOnce(kind, `Remote control: a request ${what} was left aside; others like it are not told of`);
    return null;
  }

  #tellOnce(kind: string, text: string): void {
    if (this.#told.has(kind)) return;
    this.#told.add(kind);
    this.#deps.logger.warn(text);
  }

  async #answer(request: ControlRequest): Promise<void> {
    const { clock, trust } = this.#deps;
    const verb = verbOf(request.verb);
    const info = verbInfo(verb);
    const changes = info?.keeps != null;
    const refusal = refusalOf(request, await trust(), changes);
    if (refusal !== null) {
      this.#tellOnce(
        refusal.code,
        `Remote control: ${quote(request.verb)} of ${quote(request.by)} was refused: ${refusal.message}`,
      );
      return this.#send(request, this.#parts(request, { error: refusal }));
    }
    const known = this.#tickets.get(request.ticket);
    if (known?.answer === null) return;
    if (known?.answer !== undefined) return this.#send(request, known.answer);
    // What changes something is not done again, whatever has become of its answer.
    if (known !== undefined && changes) return;
    if (!this.#makeRoom()) {
      const message = `expected at most ${MOST_TICKETS} requests in a minute, got more; ask again later`;
      return this.#send(
        request,
        this.#parts(request, { error: { code: "SUNBEAT_CONTROL_REFUSED", message } }),
      );
    }
    const leftMs = request.expires - (this.#deps.presence.storeNow() ?? request.expires);
    const ticket: Ticket = { until: clock.monotonicMs() + Math.max(TICKET_MS, leftMs), answer: null };
    this.#tickets.set(request.ticket, ticket);
    const afterwards: (() => void)[] = [];
    const parts = this.#parts(request, await this.#run(verb, request, (act) => afterwards.push(act)));
    const isShort = parts.length === 1 && parts[0]!.length <= MOST_KEPT;
    ticket.answer = isShort ? parts : undefined;
    await this.#send(request, parts);
    for (const act of afterwards) act();
  }

  async #run(
    verb: string,
    { args }: ControlRequest,
    later: (act: () => void) => void,
  ): Promise<
    { readonly ok: unknown } | { readonly error: { readonly code: string; readonly message: string } }
  > {
    try {
      const handler = await this.#deps.handler(verb);
      if (handler === undefined) {
        const message = `expected a verb that this node answers, got ${quote(verb)}`;
        return { error: { code: "SUNBEAT_CONTROL_REFUSED", message } };
      }
      const named = typeof args === "object" && args !== null && !Array.isArray(args) ? args : {};
      return { ok: (await handler(named as Record<string, unknown>, later)) ?? null };
    } catch (error) {
      return {
        error: {
          code: isSunbeatError(error) ? error.code : "error",
          message: messageOf(error).slice(0, 1_000),
        },
      };
    }
  }

  /** What is over goes; false: all that is remembered still holds. */
  #makeRoom(): boolean {
    const now = this.#deps.clock.monotonicMs();
    if (this.#tickets.size < MOST_TICKETS) return true;
    for (const [ticket, { until }] of this.#tickets) if (until <= now) this.#tickets.delete(ticket);
    return this.#tickets.size < MOST_TICKETS;
  }

  #parts({ ticket }: ControlRequest, answer: object): string[] {
    const { presence, lamport } = this.#deps;
    const { text: all, isCut } = fitting(answer);
    const { texts, truncated } = partsOf(all);
    const clock = lamport.tick();
    return texts.map((text, part) => {
      const reply: ReplyPart = {
        ...{ v: 1, ticket, node: presence.name, boot: presence.boot, part, parts: texts.length, clock, text },
        ...((truncated || isCut) && { truncated: true as const }),
      };
      return JSON.stringify(reply);
    });
  }

  /** A reply that is lost is asked for again. */
  async #send({ from }: ControlRequest, parts: readonly string[]): Promise<void> {
    const { clock, store, logger } = this.#deps;
    try {
      for (const part of parts) {
        const work = store.channel.publish(replyTopic(from), part);
        await bounded(clock, PUBLISH_LIMIT_MS, "publish", work);
      }
    } catch (error) {
      logger.debug(`A reply of remote control was not sent: ${messageOf(error)}`);
    }
  }
}

const MOST_TEXT = PART_SIZE * MOST_PARTS;

/** The answer as JSON; of a list that is too long, as much of its beginning as fits. */
function fitting(answer: object): { readonly text: string; readonly isCut: boolean } {
  const text = JSON.stringify(answer);
  const { ok } = answer as { readonly ok?: unknown };
  if (text.length <= MOST_TEXT || !Array.isArray(ok)) return { text, isCut: false };
  let fits: unknown[] = ok;
  let shorter = text;
  while (shorter.length > MOST_TEXT && fits.length > 0) {
    fits = fits.slice(0, Math.floor((fits.length * MOST_TEXT) / shorter.length / 1.05));
    shorter = JSON.stringify({ ok: fits });
  }
  return { text: shorter, isCut: true };
}
