/**
 * Asks nodes, and waits for as many replies as there are nodes: who must answer follows from who is there. Half the time after the request
 * those that have not answered are asked once more; they repeat their answer and act once. What is missing in the end is known by name.
 */
import type { Clock, EpochMs } from "../core/clock.js";
import { SunbeatError } from "../core/errors.js";
import { bounded } from "../core/patience.js";
import type { Random } from "../core/random.js";
import type { LamportClock } from "../events/index.js";
import type { SeenNode } from "../store/contracts/presence.js";
import type { Store } from "../store/contracts/store.js";
import type { Signer } from "./trust.js";
import {
  type Address,
  CONTROL_TOPIC,
  type ControlError,
  type ControlRequest,
  isMeant,
  MOST_REQUEST,
  readReply,
  type ReplyPart,
  replyTopic,
  signedText,
} from "./wire.js";

const STORE_LIMIT_MS = 5_000;
/** Longest time for which a request may be answered. */
export const MOST_TIMEOUT_MS = 300_000;

/** What one node said. */
export interface NodeReply {
  readonly node: string;
  /** Absent: it refused, or failed. */
  readonly ok?: unknown;
  readonly error?: ControlError;
  /** The answer was longer than a reply may be: of a list its beginning is here, anything else is left out. */
  readonly truncated?: true;
}

/** A node that is there, or was, and has not answered. */
export interface MissingNode {
  readonly node: string;
  /** When it told last that it is there, by the store's clock; null: never. */
  readonly lastSeen: EpochMs | null;
  /** How late its event loop was then. */
  readonly lagMs: number | null;
}

/** Both by name. */
export interface Replies {
  readonly replies: readonly NodeReply[];
  readonly missing: readonly MissingNode[];
}

export interface AskDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly store: Pick<Store, "presence" | "channel" | "now">;
  readonly lamport: LamportClock;
  readonly signer: () => Promise<Signer>;
  readonly by: () => string;
}

export interface Ask {
  readonly verb: string;
  readonly args: unknown;
  readonly to: Address;
  readonly timeoutMs: number;
  /** Whether replies are waited for. */
  readonly reply: boolean;
  /** So many are enough. */
  readonly limit: number;
}

export async function ask(deps: AskDeps, wanted: Ask): Promise<Replies> {
  const { clock, store } = deps;
  const inTime = <T>(step: string, work: Promise<T>): Promise<T> =>
    bounded(clock, STORE_LIMIT_MS, step, work);
  const [nodes, now] = await Promise.all([
    inTime("presence.nodes", store.presence.nodes()),
    inTime("now", store.now()),
  ]);
  const expected = nodes.filter((node) => node.status === "alive" && answers(node, wanted));
  const unknown = missingOf(nodes, expected, wanted.to);
  const request = await requestOf(deps, wanted, now);
  const payload = JSON.stringify(request);
  if (payload.length > MOST_REQUEST) throw tooLong(payload.length);
  if (!wanted.reply || expected.length === 0) {
    if (expected.length > 0) await inTime("publish", store.channel.publish(CONTROL_TOPIC, payload));
    return { replies: [], missing: unknown };
  }
  const gathered = new Gathered(expected, request.ticket, wanted.limit, deps.lamport);
  const end = await inTime(
    "subscribe",
    store.channel.subscribe(replyTopic(request.from), (text) => gathered.heard(text)),
  );
  try {
    await inTime("publish", store.channel.publish(CONTROL_TOPIC, payload));
    await gathered.within(clock, wanted.timeoutMs / 2);
    if (!gathered.isComplete) {
      const again = store.channel.publish(CONTROL_TOPIC, payload);
      // The first one may have come: those who have answered it are here in the end, whatever becomes of this.
      again.catch(() => undefined);
      await gathered.within(clock, wanted.timeoutMs / 2);
    }
  } finally {
    end();
  }
  return {
    replies: gathered.replies(),
    missing: [...gathered.missing(), ...unknown].sort((a, b) => (a.node < b.node ? -1 : 1)),
  };
}

/** A node of another version may not have the verb. One that was asked by its name is to say so itself. */
function answers(node: SeenNode, { verb, to }: Ask): boolean {
  return isMeant(to, node) && (node.verbs.includes(verb) || to.nodes?.includes(node.node) === true);
}

/** Those that were asked by name and are not there. */
function missingOf(
  nodes: readonly SeenNode[],
  expected: readonly SeenNode[],
  { nodes: wanted = [] }: Address,
): MissingNode[] {
  const there = new Set(expected.map(({ node }) => node));
  return [...new Set(wanted)]
    .filter((node) => !there.has(node))
    .map((node) => {
      const seen = nodes.find((each) => each.node === node);
      return { node, lastSeen: seen?.seenAt ?? null, lagMs: seen?.lagMs ?? null };
    });
}

async function requestOf(deps: AskDeps, wanted: Ask, now: EpochMs): Promise<ControlRequest> {
  const { random, lamport, signer, by } = deps;
  const { verb, args, to, timeoutMs } = wanted;
  const request: ControlRequest = {
    ...{ v: 1, ticket: random.uuid(), verb, to, from: random.uuid(), by: by(), at: now },
    // As it reads on the other side: what JSON leaves out is not signed either.
    args: JSON.parse(JSON.stringify(args ?? null)) as unknown,
    ...{ expires: now + 2 * timeoutMs, clock: lamport.tick() },
  };
  const sig = (await signer()).sign(signedText(request));
  return sig === "" ? request : { ...request, sig };
}

function tooLong(length: number): SunbeatError {
  return new SunbeatError(
    "SUNBEAT_PAYLOAD_TOO_LARGE",
    `expected a request of at most ${MOST_REQUEST} characters of JSON, got ${length}; ask with fewer arguments at a time`,
    { details: { limit: MOST_REQUEST, length } },
  );
}

/** Replies as they come, in parts and in whatever order. */
class Gathered {
  readonly #expected: ReadonlyMap<string, SeenNode>;
  readonly #ticket: string;
  readonly #limit: number;
  readonly #lamport: LamportClock;
  readonly #parts = new Map<string, (ReplyPart | undefined)[]>();
  readonly #replies = new Map<string, NodeReply>();
  #wake: (() => void) | null = null;

  constructor(expected: readonly SeenNode[], ticket: string, limit: number, lamport: LamportClock) {
    this.#expected = new Map(expected.map((node) => [node.node, node]));
    this.#ticket = ticket;
    this.#limit = limit;
    this.#lamport = lamport;
  }

  get isComplete(): boolean {
    return this.#replies.size >= Math.min(this.#limit, this.#expected.size);
  }

  heard(payload: string): void {
    const part = readReply(payload);
    if (part?.ticket !== this.#ticket || this.#replies.has(part.node)) return;
    // Of a process that is not the one which is listed: another one with its name, or nobody we asked.
    if (this.#expected.get(part.node)?.boot !== part.boot) return;
    this.#lamport.see(part.clock);
    const parts = this.#parts.get(part.node) ?? new Array<undefined>(part.parts).fill(undefined);
    this.#parts.set(part.node, parts);
    if (part.parts !== parts.length) return;
    parts[part.part] = part;
    if (parts.some((each) => each === undefined)) return;
    this.#parts.delete(part.node);
    this.#replies.set(part.node, replyOf(parts as ReplyPart[]));
    if (this.isComplete) this.#wake?.();
  }

  /** Until all are here, or the time is over. */
  async within(clock: Clock, ms: number): Promise<void> {
    if (this.isComplete) return;
    await new Promise<void>((resolve) => {
      const timer = clock.after(ms, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
    this.#wake = null;
  }

  replies(): NodeReply[] {
    return [...this.#replies.values()].sort((a, b) => (a.node < b.node ? -1 : 1)).slice(0, this.#limit);
  }

  missing(): MissingNode[] {
    if (this.isComplete) return [];
    return [...this.#expected.values()]
      .filter(({ node }) => !this.#replies.has(node))
      .map(({ node, seenAt, lagMs }) => ({ node, lastSeen: seenAt, lagMs }));
  }
}

function replyOf(parts: readonly ReplyPart[]): NodeReply {
  const { node, truncated } = parts[0]!;
  const more = truncated === true ? { truncated } : {};
  try {
    const answer = JSON.parse(parts.map(({ text }) => text).join("")) as Pick<NodeReply, "ok" | "error">;
    return "error" in answer ? { node, error: answer.error } : { node, ok: answer.ok ?? null, ...more };
  } catch {
    if (truncated === true) return { node, truncated };
    return { node, error: { code: "SUNBEAT_MESSAGE_INVALID", message: "its answer cannot be read" } };
  }
}
