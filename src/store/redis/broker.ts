import type { Clock, EpochMs } from "../../core/clock.js";
import type { Random } from "../../core/random.js";
import { isFinal } from "../../tasks/states.js";
import type {
  Arrivals,
  Broker,
  Buried,
  ClaimReply,
  DeadLetter,
  Delivery,
  EnqueueOutcome,
  HeartbeatOutcome,
  NewMessage,
  QueueCounts,
  Settlement,
  SettleOutcome,
} from "../broker.js";
import { type Caller, Doubt } from "./caller.js";
import { BELT_MS, type Hub, Latch } from "./hub.js";
import { wakeChannel } from "./keys.js";
import { parts, readDelivery, readRecord, Shapes, wireIds, wireRefs } from "./messages.js";
import { MARK, recordText } from "./results.js";
import { defineScript } from "./script.js";
import { toWord, fromWire, toWire, fromWord } from "./text.js";

/** One call of the server takes at most so many messages or ids, */
const STEP = 1_000;
/** and about so many characters of bodies. */
const STEP_CHARACTERS = 4 * 2 ** 20;

type Flat = readonly (string | number)[];

const text = (raw: string): string => raw;
const count = (raw: number): number => raw;

const enqueueScript = defineScript("enqueue", text);
const settleScript = defineScript("settle", (raw: [string, string, string, string[], string[]?]) => raw);
const heartbeatScript = defineScript("heartbeat", text);
const giveBackScript = defineScript("give-back", text);
const revokeScript = defineScript("revoke", () => undefined);
const purgeScript = defineScript("purge", ([dropped, bound, after]: [number, string, string]) => ({
  dropped,
  bound,
  after,
}));
const countsScript = defineScript("counts", ([ready, others]: [Flat, Flat]) => ({ ready, others }));
const deadLettersScript = defineScript("dead-letters", ([from, letters]: [string, string[]]) => ({
  from,
  letters,
}));
const retryDeadScript = defineScript("retry-dead", count);
const deleteDeadScript = defineScript("delete-dead", count);

const ENQUEUED: Readonly<Record<string, EnqueueOutcome>> = { q: "queued", d: "duplicate", e: "expired" };
const SETTLED: Readonly<Record<string, SettleOutcome>> = { s: "settled", l: "lost" };
const BEATEN: Readonly<Record<string, HeartbeatOutcome>> = {
  e: "extended",
  l: "lost",
  r: "revoked",
  u: "unlocked",
  c: "cancelled",
};

/** One outcome per letter. */
export function outcomes<T>(letters: string, meaning: Readonly<Record<string, T>>): T[] {
  return [...letters].map((letter) => {
    const outcome = meaning[letter];
    if (outcome === undefined) throw new TypeError(`a script answered ${JSON.stringify(letter)}`);
    return outcome;
  });
}

export interface BrokerParts {
  readonly caller: Caller;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly random: Random;
}

export function redisBroker({ caller, hub, clock, random }: BrokerParts): Broker {
  const claimant = new Claimant(random.uuid());

  const settle: Broker["settle"] = async (settlements, request) => {
    const queues = request ? claimant.inTurn(request.queues) : [];
    const nonce = claimant.nonce();
    const rest: string[] = [];
    for (const settlement of settlements) packSettlement(settlement, rest);
    for (const queue of queues) rest.push(toWord(queue));
    const doubt = new Doubt();
    const [letters, now, wakeAt, found, buried] = await caller.call(
      settleScript,
      { settlements: settlements.length, max: request?.max ?? 0, lease: request?.leaseMs ?? "", nonce },
      rest,
      { repeatable: request === null, onRepeat: doubt.onRepeat },
    );
    const deliveries: Delivery[] = [];
    for (let at = 0; at < found.length; at += 3) {
      const [id, record, changed] = [found[at] ?? "", found[at + 1] ?? "", found[at + 2] ?? ""];
      const delivery = readDelivery(id, record, changed, `${nonce}.${at / 3 + 1}`);
      if (delivery) deliveries.push(delivery);
    }
    claimant.took(deliveries);
    const claimed: ClaimReply = {
      deliveries,
      ...(buried && { buried: readBuried(buried) }),
      now: Number(now),
      nextWakeAt: wakeAt === "" ? null : (Number(wakeAt) satisfies EpochMs),
    };
    return {
      outcomes: outcomes(letters, SETTLED),
      claimed: request && claimed,
      ...(doubt.raised && { repeated: true }),
    };
  };

  /** One call after the other over parts of the ids. */
  const sumOver = async (
    ids: readonly string[],
    call: (part: string[]) => Promise<number>,
  ): Promise<number> => {
    caller.assertOpen();
    let sum = 0;
    for (const part of parts(ids, STEP)) sum += await call(wireIds(part));
    return sum;
  };

  return {
    async enqueue(messages) {
      caller.assertOpen();
      const found: EnqueueOutcome[] = [];
      for (const part of partsOf(messages)) {
        const shapes = new Shapes();
        const packed: string[] = [];
        for (const message of part)
          packed.push(shapes.numberOf(message), toWire(message.id), toWire(message.body));
        const rest = [...shapes.shapes, ...packed];
        const letters = await caller.call(enqueueScript, { shapes: shapes.shapes.length }, rest);
        found.push(...outcomes(letters, ENQUEUED));
      }
      return found;
    },

    async claim(request) {
      const { claimed } = await settle([], request);
      // Asked for, so given.
      return claimed as ClaimReply;
    },

    async heartbeat(refs, leaseMs) {
      return outcomes(await caller.call(heartbeatScript, { lease: leaseMs }, wireRefs(refs)), BEATEN);
    },

    settle,

    async giveBack(refs) {
      return outcomes(await caller.call(giveBackScript, {}, wireRefs(refs)), SETTLED);
    },

    async revoke(ids, { terminate, keepMs }) {
      caller.assertOpen();
      for (const part of parts(ids, STEP)) {
        const topic = terminate ? "revoke" : "cancel";
        const payload = `=${toWire(JSON.stringify(part))}`;
        await caller.call(revokeScript, { keep: keepMs, topic, payload }, wireIds(part));
      }
    },

    async purge(queues) {
      caller.assertOpen();
      let dropped = 0;
      for (const queue of new Set(queues)) {
        let [bound, after] = ["", ""];
        do {
          const step = await caller.call(purgeScript, { queue: toWord(queue), bound, after });
          ({ bound, after } = step);
          dropped += step.dropped;
        } while (after !== "");
      }
      return dropped;
    },

    async counts() {
      return readCounts(await caller.call(countsScript, {}));
    },

    async deadLetters({ limit, queue }) {
      const found: DeadLetter[] = [];
      let from = "0";
      do {
        const args = { queue: queue === undefined ? "" : toWord(queue), from, limit: limit - found.length };
        const step = await caller.call(deadLettersScript, args);
        for (let at = 0; at < step.letters.length; at += 4) {
          const [id = "", name = "", why = "", record = ""] = step.letters.slice(at, at + 4);
          found.push(readDeadLetter(id, name, why, record));
        }
        ({ from } = step);
      } while (from !== "" && found.length < limit);
      return found;
    },

    retryDead: (ids) => sumOver(ids, (part) => caller.call(retryDeadScript, {}, part)),
    deleteDead: (ids) => sumOver(ids, (part) => caller.call(deleteDeadScript, {}, part)),

    async listen(queues): Promise<Arrivals> {
      caller.assertOpen();
      const latch = new Latch();
      let closed = false;
      const close = (): void => {
        closed = true;
        latch.ring();
      };
      const channels = [...new Set(queues)].map((queue) => wakeChannel(caller.space, toWord(queue)));
      const ring = (): void => latch.ring();
      const end = await hub.listen(channels, { heard: ring, missed: ring, closed: close });
      return {
        async wait(timeoutMs, signal) {
          if (closed) return;
          const rung = await latch.wait(clock, Math.min(timeoutMs, BELT_MS), signal);
          if (!rung && !signal.aborted && timeoutMs > BELT_MS) void hub.check();
        },
        async close() {
          close();
          end();
        },
      };
    },
  };
}

/** What one process remembers between its claims: how queues rotate, and which tokens it has given. */
class Claimant {
  readonly #prefix: string;
  readonly #turns = new Map<string, number>();
  #turn = 0;
  #given = 0;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Unique over processes by the prefix, within this one by the number. */
  nonce(): string {
    return `${this.#prefix}-${(this.#given++).toString(36)}`;
  }

  /** The queue that waited longest first. */
  inTurn(queues: readonly string[]): string[] {
    const turn = (queue: string): number => this.#turns.get(queue) ?? 0;
    return [...new Set(queues)].sort((a, b) => turn(a) - turn(b));
  }

  took(deliveries: readonly Delivery[]): void {
    for (const { queue } of deliveries) this.#turns.set(queue, ++this.#turn);
  }
}

function packSettlement(settlement: Settlement, into: string[]): void {
  const { id, token, kind, result, resultTtlMs } = settlement;
  if (kind === "done" && !result && settlement.idTtlMs) {
    into.push(toWire(id), token, `d 0 ${settlement.idTtlMs} `, MARK);
    return;
  }
  const final = result && isFinal(result.state) ? 1 : 0;
  const verb = `${KIND[kind]} ${final} ${resultTtlMs} ${extraOf(settlement)}`;
  into.push(toWire(id), token, verb, result ? recordText(result) : "");
}

const KIND = { done: "d", retry: "r", defer: "p", dead: "x" } as const;

function extraOf(settlement: Settlement): string {
  switch (settlement.kind) {
    case "done":
      return "";
    case "retry":
    case "defer":
      return String(settlement.delayMs);
    case "dead":
      return toWord(settlement.reason);
  }
}

/** Parts that are bounded in number and in size. */
function* partsOf(messages: readonly NewMessage[]): Iterable<readonly NewMessage[]> {
  let part: NewMessage[] = [];
  let characters = 0;
  for (const message of messages) {
    if (part.length === STEP || (characters > 0 && characters + message.body.length > STEP_CHARACTERS)) {
      yield part;
      [part, characters] = [[], 0];
    }
    part.push(message);
    characters += message.body.length;
  }
  if (part.length > 0) yield part;
}

const PLACES: Readonly<Record<string, "delayed" | "held" | "dead" | "parked">> = {
  ...{ d: "delayed", h: "held", x: "dead", p: "parked" },
};

type Counts = { ready: number; delayed: number; held: number; dead: number; parked?: number };

function readCounts({ ready, others }: { readonly ready: Flat; readonly others: Flat }): QueueCounts[] {
  const found = new Map<string, Counts>();
  const of = (queue: string): Counts => {
    const counts = found.get(queue) ?? { ready: 0, delayed: 0, held: 0, dead: 0 };
    found.set(queue, counts);
    return counts;
  };
  for (let at = 0; at < ready.length; at += 2) of(String(ready[at])).ready = Number(ready[at + 1]);
  for (let at = 0; at < others.length; at += 2) {
    const field = String(others[at]);
    const place = PLACES[field[0] ?? ""];
    if (place) of(field.slice(1))[place] = Number(others[at + 1]);
  }
  return [...found]
    .map(([queue, counts]) => ({ queue: fromWord(queue), ...counts }))
    .sort((a, b) => (a.queue < b.queue ? -1 : 1));
}

function readBuried(flat: readonly string[]): Buried[] {
  return parts(flat, 4).map(([id = "", queue = "", task = "", reason = ""]) => {
    return { id: fromWire(id), task: fromWord(task), queue: fromWord(queue), reason: fromWord(reason) };
  });
}

function readDeadLetter(id: string, queue: string, why: string, record: string): DeadLetter {
  const [at, reason = "+"] = why.split(" ");
  const sent = readRecord(record);
  return {
    ...{ id: fromWire(id), queue: fromWord(queue), at: Number(at), reason: fromWord(reason) },
    // A record that cannot be read is the body: whoever looks at the letter sees what came.
    ...(sent ? { task: sent.task, body: sent.body } : { task: "", body: record }),
  };
}
