/** Settling and claiming: what a busy worker asks for all the time, most often in one call of the server. */
import type { EpochMs } from "../../core/clock.js";
import type { Random } from "../../core/random.js";
import { graphOfPart } from "../../tasks/part.js";
import { isFinal } from "../../tasks/states.js";
import type {
  ClaimReply,
  Consumer,
  DeadLettered,
  Dropped,
  Settlement,
  SettleOutcome,
  SettleReply,
} from "../contracts/consumer.js";
import type { Delivery } from "../contracts/delivery.js";
import type { DeliveredPart, GraphChange } from "../contracts/graphs.js";
import { type Caller, OutcomeUnknown } from "./caller.js";
import { readChanges } from "./graphs.js";
import { parts, partsByCost, readDelivery, type Writable } from "./messages.js";
import { noteLine } from "./record-lines.js";
import { idOf, packGrowth } from "./parts.js";
import { readPauses } from "./queues.js";
import { MARK, readStored, recordText } from "./results.js";
import { CODES, defineScript, isDone, meanings, outcomes, type WireNumber } from "./script.js";
import { fromWire, fromWord, toWire, toWord } from "./text.js";

/** What deliveries of parts bring with them, in the words of scripts/lib/claim.lua. */
type PartsGiven = readonly (string | WireNumber)[];

const settleScript = defineScript(
  "settle",
  (
    raw: [
      ...[string, string, string, string | string[], string[]?, PartsGiven?, string[]?, string[]?, string[]?],
      string[]?,
    ],
  ) => raw,
);

export const SETTLED: ReadonlyMap<string, SettleOutcome> = meanings(CODES.settled);

export function redisSettle(caller: Caller, random: Random): Consumer["settle"] {
  const claimant = new Claimant(random.uuid());

  return async (settlements, request): Promise<SettleReply> => {
    const unknown = new OutcomeUnknown();
    const done: SettleOutcome[] = [];
    const graphs: GraphChange[] = [];
    let claimed: ClaimReply | null = null;
    do {
      // One call settles a bounded number, and may leave some of those. The last call claims.
      const [part = []] = partsByCost(settlements.slice(done.length), costOfSettling);
      const isLast = done.length + part.length === settlements.length;
      const claim = isLast ? request : null;
      const queues = claim ? claimant.inTurn(claim.queues) : [];
      const nonce = claimant.nonce();
      const [letters, now, wakeAt, found, dead = [], brought = [], ended = [], changed = [], ...others] =
        await caller.call(
          settleScript,
          {
            ...{
              settlements: settlementsText(part),
              ...notesOf(part),
              max: claim?.max ?? 0,
              lease: claim?.leaseMs ?? "",
              nonce,
            },
            ...{ slots: claim?.slots ?? claim?.max ?? 0, turn: claim?.turn ?? "" },
          },
          queues.map(toWord),
          { repeatable: claim === null, onRepeat: unknown.onRepeat },
        );
      const [paused = [], dropped = []] = others;
      done.push(...outcomes(letters, SETTLED));
      graphs.push(...readChanges(ended));
      if (!claim || letters.length < part.length) continue;
      const deliveries = readDeliveries(found, nonce);
      addParts(deliveries, brought, nonce);
      claimant.took(deliveries);
      claimed = {
        deliveries,
        ...(dead.length > 0 && { deadLettered: readDeadLettered(dead) }),
        ...(dropped.length > 0 && { dropped: readDropped(dropped) }),
        ...(changed.length > 0 && { graphs: readChanges(changed) }),
        ...(paused.length > 0 && { paused: readPauses(paused) }),
        now: Number(now),
        ...readWakes(wakeAt),
      };
    } while (done.length < settlements.length || (request !== null && claimed === null));
    return {
      outcomes: done,
      claimed,
      ...(graphs.length > 0 && { graphs }),
      ...(unknown.raised && { repeated: true }),
    };
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

/** Ids of parts have a colon, and few others do. */
function costOfSettling({ id, kind, result, grow }: Settlement) {
  const grown = (grow?.parts.length ?? 0) * 40;
  return {
    cost: (kind !== "done" ? 40 : id.includes(":") ? 20 : 12) + grown,
    characters: result?.payload?.length ?? 0,
  };
}

/** Of scripts/lib/settlements.lua. */
function settlementsText(settlements: readonly Settlement[]): string {
  const packed: string[] = [];
  for (const settlement of settlements) packSettlement(settlement, packed);
  let text = "";
  for (const part of packed) {
    if (part.includes("\n")) return JSON.stringify(packed);
    text += `${part}\n`;
  }
  // No id of ours begins so; one that does is told apart in JSON.
  return text.startsWith("[") ? JSON.stringify(packed) : text;
}

/** Of scripts/lib/history.lua. */
function notesOf(settlements: readonly Settlement[]): { readonly notes: string; readonly noted: number } {
  let [notes, noted] = ["", 0];
  for (const { id, note } of settlements) {
    if (note) {
      notes += noteLine(id, note);
      noted++;
    }
    notes += "\n";
  }
  return { notes: noted === 0 ? "" : notes, noted };
}

function packSettlement(settlement: Settlement, into: string[]): void {
  const { id, token, kind, result, resultTtlMs } = settlement;
  const code = CODES.verb[kind === "done" && settlement.succeeded ? "succeeded" : kind];
  if (kind === "done" && !result && settlement.idTtlMs && !settlement.grow) {
    into.push(toWire(id), token, `${code} 0 ${settlement.idTtlMs} ${extraOf(settlement)}`, MARK);
    return;
  }
  const final = result && isFinal(result.state) ? 1 : 0;
  const verb = `${code} ${final} ${resultTtlMs} ${extraOf(settlement)}`;
  into.push(toWire(id), token, verb, result ? recordText(result) : "");
}

function extraOf(settlement: Settlement): string {
  switch (settlement.kind) {
    case "done":
    case "replaced":
      if (settlement.kind === "done" && settlement.keepMs) return `keep${settlement.keepMs}`;
      return settlement.grow ? packGrowth(settlement.grow) : "";
    case "retry":
    case "defer":
    case "cooldown":
      return String(settlement.delayMs);
    case "dead":
    case "lost":
      return toWord(settlement.reason);
  }
}

function readDeliveries(given: string | readonly string[], nonce: string): Delivery[] {
  const deliveries: Delivery[] = [];
  if (given === "") return deliveries;
  const found = typeof given === "string" ? given.split("\n") : given;
  for (let at = 0; at < found.length; at += 3) {
    const [id, record, changed] = [found[at] ?? "", found[at + 1] ?? "", found[at + 2] ?? ""];
    const delivery = readDelivery(id, record, changed, `${nonce}.${at / 3 + 1}`);
    if (delivery) deliveries.push(delivery);
  }
  return deliveries;
}

/** In place: this runs for every part. */
function addParts(
  deliveries: readonly Writable<Delivery>[],
  [numbers = "", ...told]: PartsGiven,
  nonce: string,
): void {
  const added = new Map(parts(told, 7).map(([number, ...rest]) => [String(number), rest]));
  const given = new Set(String(numbers).split(" "));
  for (const delivery of deliveries) {
    const number = delivery.token.slice(nonce.length + 1);
    if (!given.has(number)) continue;
    const graph = graphOfPart(delivery.id)!;
    const [own = 0, ...texts] = added.get(number) ?? [];
    delivery.part = added.has(number)
      ? readPart(isDone(own) ? delivery.id : graph, texts.map(String))
      : { graph };
  }
}

function readPart(graph: string, texts: readonly string[]): DeliveredPart {
  const [inputName = "", inputText = "", culpritName = "", task = "", culpritText = ""] = texts;
  const input = readStored(idOf(graph, inputName), inputText);
  const result = readStored(idOf(graph, culpritName), culpritText);
  return {
    graph,
    ...(input && { input }),
    ...(result && { culprit: { task: task === "+" ? "" : fromWord(task), result } }),
  };
}

function readWakes(text: string): Pick<ClaimReply, "nextWakeAt" | "turn"> {
  const [wakeAt = "", turn] = text.split(" ");
  return {
    nextWakeAt: wakeAt === "" ? null : (Number(wakeAt) satisfies EpochMs),
    ...(turn !== undefined && { turn: Number(turn) }),
  };
}

function readDeadLettered(flat: readonly string[]): DeadLettered[] {
  return parts(flat, 4).map(([id = "", queue = "", task = "", reason = ""]) => {
    return { id: fromWire(id), task: fromWord(task), queue: fromWord(queue), reason: fromWord(reason) };
  });
}

/** What replies tell of messages that were dropped: id, queue, task, reason of each. */
export function readDropped(flat: readonly string[]): Dropped[] {
  return readDeadLettered(flat) as Dropped[];
}
