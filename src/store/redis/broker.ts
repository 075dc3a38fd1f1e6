import type { Clock } from "../../core/clock.js";
import type { Random } from "../../core/random.js";
import type {
  Arrivals,
  Broker,
  ClaimReply,
  DeadLetter,
  EnqueueOutcome,
  HeartbeatOutcome,
  NewMessage,
  QueueCounts,
  SettleOutcome,
} from "../broker.js";
import type { Caller } from "./caller.js";
import { BELT_MS, type Hub, Latch } from "./hub.js";
import { wakeChannel } from "./keys.js";
import { parts, partsByCost, readRecord, Shapes, wireIds, wireRefs } from "./messages.js";
import { defineScript, outcomes, type WireNumber } from "./script.js";
import { redisSettle, SETTLED } from "./settle.js";
import { toWord, fromWire, toWire, fromWord } from "./text.js";

/** One call of the server takes at most so many deliveries or ids; what each costs it differs. */
const BEAT_STEP = 300;
const GIVE_BACK_STEP = 100;
const REVOKE_STEP = 25;
const DEAD_STEP = 150;

type Flat = readonly WireNumber[];

const text = (raw: string): string => raw;
const count = (raw: WireNumber): number => Number(raw);

const enqueueScript = defineScript("enqueue", text);
const heartbeatScript = defineScript("heartbeat", text);
const giveBackScript = defineScript("give-back", text);
const revokeScript = defineScript("revoke", () => undefined);
const purgeScript = defineScript("purge", ([dropped, bound, after]: [WireNumber, string, string]) => ({
  dropped: Number(dropped),
  bound,
  after,
}));
const countsScript = defineScript("counts", ([from, scan, ready, others]: [string, string, Flat, Flat]) => {
  return { from, scan, ready, others };
});
const deadLettersScript = defineScript("dead-letters", ([from, letters]: [string, string[]]) => ({
  from,
  letters,
}));
const redriveScript = defineScript("redrive-dead", count);
const deleteDeadScript = defineScript("delete-dead", count);

const ENQUEUED: Readonly<Record<string, EnqueueOutcome>> = { q: "queued", d: "duplicate", e: "expired" };
const BEATEN: Readonly<Record<string, HeartbeatOutcome>> = {
  e: "extended",
  l: "lost",
  r: "revoked",
  u: "unlocked",
  c: "cancelled",
};

export interface BrokerParts {
  readonly caller: Caller;
  readonly hub: Hub;
  readonly clock: Clock;
  readonly random: Random;
}

/** As of the contract, for those who only look. */
export async function queueCounts(caller: Caller): Promise<QueueCounts[]> {
  const ready: WireNumber[] = [];
  const others: WireNumber[] = [];
  let [from, scan] = ["-", "0"];
  do {
    const step = await caller.call(countsScript, { from, scan });
    ready.push(...step.ready);
    others.push(...step.others);
    ({ from, scan } = step);
  } while (from !== "" || scan !== "");
  return readCounts({ ready, others });
}

/** As of the contract, for those who only look. */
export async function deadLetters(
  caller: Caller,
  { limit, queue }: Parameters<Broker["deadLetters"]>[0],
): Promise<DeadLetter[]> {
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
}

export function redisBroker({ caller, hub, clock, random }: BrokerParts): Broker {
  const settle = redisSettle(caller, random);

  /** One call after the other over parts of the ids. */
  const sumOver = async (
    ids: readonly string[],
    call: (part: string[]) => Promise<number>,
  ): Promise<number> => {
    caller.assertOpen();
    let sum = 0;
    for (const part of parts(ids, DEAD_STEP)) sum += await call(wireIds(part));
    return sum;
  };

  return {
    async enqueue(messages) {
      caller.assertOpen();
      const found: EnqueueOutcome[] = [];
      for (const part of partsByCost(messages, costOfSending)) {
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
      caller.assertOpen();
      const found: HeartbeatOutcome[] = [];
      for (const part of parts(refs, BEAT_STEP))
        found.push(
          ...outcomes(await caller.call(heartbeatScript, { lease: leaseMs }, wireRefs(part)), BEATEN),
        );
      return found;
    },

    settle,

    async giveBack(refs) {
      caller.assertOpen();
      const found: SettleOutcome[] = [];
      for (const part of parts(refs, GIVE_BACK_STEP))
        found.push(...outcomes(await caller.call(giveBackScript, {}, wireRefs(part)), SETTLED));
      return found;
    },

    async revoke(ids, { terminate, keepMs }) {
      caller.assertOpen();
      for (const part of parts(ids, REVOKE_STEP)) {
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

    counts: () => queueCounts(caller),
    deadLetters: (options) => deadLetters(caller, options),
    redrive: (ids) => sumOver(ids, (part) => caller.call(redriveScript, {}, part)),
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

/** By the short way, by the whole one, or through the line of a lock. */
function costOfSending({ eta, expires, entry, lock, body }: NewMessage) {
  const isPlain = eta === undefined && expires === undefined && entry === undefined;
  return { cost: lock ? 70 : isPlain ? 4 : 9, characters: body.length };
}

const STATES: Readonly<Record<string, "scheduled" | "leased" | "dead" | "blocked">> = {
  ...{ d: "scheduled", h: "leased", x: "dead", p: "blocked" },
};

type Counts = { ready: number; scheduled: number; leased: number; dead: number; blocked?: number };

function readCounts({ ready, others }: { readonly ready: Flat; readonly others: Flat }): QueueCounts[] {
  const found = new Map<string, Counts>();
  const of = (queue: string): Counts => {
    const counts = found.get(queue) ?? { ready: 0, scheduled: 0, leased: 0, dead: 0 };
    found.set(queue, counts);
    return counts;
  };
  for (let at = 0; at < ready.length; at += 2) of(String(ready[at])).ready = Number(ready[at + 1]);
  for (let at = 0; at < others.length; at += 2) {
    const field = String(others[at]);
    const place = STATES[field[0] ?? ""];
    if (place) of(field.slice(1))[place] = Number(others[at + 1]);
  }
  return [...found]
    .map(([queue, counts]) => ({ queue: fromWord(queue), ...counts }))
    .sort((a, b) => (a.queue < b.queue ? -1 : 1));
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
