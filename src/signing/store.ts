/**
 * A store behind keys: what goes in is signed and sealed, what comes out is checked and opened, so that nobody between the two knows of
 * it. Here and not where messages are made, since until they are stored their times, parts and growths still change.
 */
import type { Consumer, ClaimReply, Settlement } from "../store/contracts/consumer.js";
import type { Delivery, DeliveryRef } from "../store/contracts/delivery.js";
import type { EntryStore, PlannedOccurrence } from "../store/contracts/entries.js";
import type { Graphs } from "../store/contracts/graphs.js";
import type { Results, StoredResult } from "../store/contracts/results.js";
import type { Sender } from "../store/contracts/sender.js";
import type { Store } from "../store/contracts/store.js";
import type { NewMessage } from "../tasks/message.js";
import { graphOfPart, type Growth, type NewPart } from "../tasks/part.js";
import { heirOf } from "./descent.js";
import { closeEntry, openEntry } from "./entries.js";
import { closeMessage, type Keys, openMessage } from "./envelope.js";
import { closeRecord, openRecord } from "./results.js";
import { closeSource, openAdded } from "./sources.js";

const NOTHING: readonly string[] = [];
/** Deliveries remembered that stand for other runs. What falls out of it leaves a result that is refused. */
const MOST_HEIRS = 100_000;

export function keyedStore(store: Store, keys: Keys): Store {
  const heirs = new Heirs();
  const { queues, deadLetters, calendars, ledger, leases, limits, locks, lockInspection } = store;
  const { presence, history, alerts, audit, channel } = store;
  return {
    ...{ queues, deadLetters, calendars, ledger, leases, limits, locks, lockInspection },
    ...{ presence, history, alerts, audit, channel },
    get label() {
      return store.label;
    },
    sender: keyedSender(store.sender, keys),
    consumer: keyedConsumer(store.consumer, keys, heirs),
    results: keyedResults(store.results, keys, heirs),
    graphs: keyedGraphs(store.graphs, keys),
    entries: keyedEntries(store.entries, keys),
    now: () => store.now(),
    measure: () => store.measure(),
    sweep: (limit) => store.sweep(limit),
    close: () => store.close(),
  };
}

/** Of deliveries that are here: the runs that have become them. */
class Heirs {
  readonly #byToken = new Map<string, readonly string[]>();

  of({ token }: Pick<DeliveryRef, "token">): readonly string[] {
    return this.#byToken.get(token) ?? NOTHING;
  }

  keep({ token }: DeliveryRef, standsFor: readonly string[]): void {
    if (standsFor.length === 0) return;
    this.#byToken.set(token, standsFor);
    if (this.#byToken.size <= MOST_HEIRS) return;
    const [oldest] = this.#byToken.keys();
    this.#byToken.delete(oldest!);
  }

  drop({ token }: Pick<DeliveryRef, "token">): void {
    this.#byToken.delete(token);
  }
}

function keyedSender(sender: Sender, keys: Keys): Sender {
  return {
    enqueue: (messages, options) =>
      sender.enqueue(
        messages.map((message) => closed(keys, message)),
        options,
      ),
    revoke: (ids, options) => sender.revoke(ids, options),
  };
}

function closed(keys: Keys, message: NewMessage): NewMessage {
  return closeMessage(keys, message, NOTHING);
}

function keyedConsumer(consumer: Consumer, keys: Keys, heirs: Heirs): Consumer {
  const open = (reply: ClaimReply): ClaimReply => {
    if (reply.deliveries.length === 0) return reply;
    return { ...reply, deliveries: reply.deliveries.map((one) => openDelivery(keys, heirs, one, reply.now)) };
  };
  return {
    async claim(request) {
      return open(await consumer.claim(request));
    },
    async settle(settlements, claim) {
      const wanted = settlements.map((settlement) => closeSettlement(keys, heirs, settlement));
      const reply = await consumer.settle(wanted, claim);
      for (const settlement of settlements) heirs.drop(settlement);
      return reply.claimed === null ? reply : { ...reply, claimed: open(reply.claimed) };
    },
    async giveBack(refs) {
      const outcomes = await consumer.giveBack(refs);
      for (const ref of refs) heirs.drop(ref);
      return outcomes;
    },
    async heartbeat(refs, leaseMs) {
      const outcomes = await consumer.heartbeat(refs, leaseMs);
      refs.forEach((ref, index) => outcomes[index] === "lost" && heirs.drop(ref));
      return outcomes;
    },
    admit: (requests) => consumer.admit(requests),
    charge: (requests) => consumer.charge(requests),
    listen: (queues) => consumer.listen(queues),
  };
}

function openDelivery(keys: Keys, heirs: Heirs, claimed: Delivery, now: number): Delivery {
  const { delivery, standsFor } = openMessage(keys, claimed, now);
  heirs.keep(delivery, standsFor);
  const { part } = delivery;
  if (part?.input === undefined && part?.culprit === undefined) return delivery;
  const { input, culprit } = part;
  return {
    ...delivery,
    part: {
      ...part,
      ...(input && { input: openRecord(keys, input) }),
      ...(culprit && { culprit: { ...culprit, result: openRecord(keys, culprit.result) } }),
    },
  };
}

function closeSettlement(keys: Keys, heirs: Heirs, settlement: Settlement): Settlement {
  const { id, result, grow } = settlement;
  if (result === null && grow === undefined) return settlement;
  const standsFor = heirs.of(settlement);
  return {
    ...settlement,
    result: result && closeRecord(keys, id, result, standsFor),
    ...(grow && { grow: closeGrowth(keys, id, grow, standsFor) }),
  };
}

function closeGrowth(keys: Keys, id: string, grow: Growth, standsFor: readonly string[]): Growth {
  const { output, added } = grow;
  const graph = graphOfPart(id) ?? id;
  return {
    ...grow,
    parts: grow.parts.map((part) =>
      closePart(keys, part, part.id === output ? heirOf(id, standsFor) : NOTHING),
    ),
    added: added && {
      ...added,
      values: added.values.map((source) => closeSource(keys.ring, "added", [graph, added.list], source)),
    },
  };
}

function closePart(keys: Keys, part: NewPart, standsFor: readonly string[]): NewPart {
  const { id, message, value } = part;
  return {
    ...part,
    message: message && closeMessage(keys, message, standsFor),
    value: value === null ? null : closeSource(keys.ring, "join", [id], value),
  };
}

function keyedResults(results: Results, keys: Keys, heirs: Heirs): Results {
  return {
    async get(ids) {
      return openRecords(keys, await results.get(ids));
    },
    async wait(id, signal) {
      const record = await results.wait(id, signal);
      return record && openRecord(keys, record);
    },
    update: (ref, record, ttlMs) =>
      results.update(ref, closeRecord(keys, ref.id, record, heirs.of(ref)), ttlMs),
    put: (id, record, ttlMs) => results.put(id, closeRecord(keys, id, record, NOTHING), ttlMs),
    forget: (ids) => results.forget(ids),
  };
}

function openRecords(keys: Keys, records: readonly (StoredResult | null)[]): (StoredResult | null)[] {
  return records.map((record) => record && openRecord(keys, record));
}

function keyedGraphs(graphs: Graphs, keys: Keys): Graphs {
  return {
    open: (portion) =>
      graphs.open({ ...portion, parts: portion.parts.map((part) => closePart(keys, part, NOTHING)) }),
    async outputs(ids) {
      return openRecords(keys, await graphs.outputs(ids));
    },
    async added(id, list) {
      const texts = await graphs.added(id, list);
      return texts.map((text) => openAdded(keys.ring, id, list, text));
    },
    get: (ids) => graphs.get(ids),
    parts: (id, page) => graphs.parts(id, page),
    list: (page) => graphs.list(page),
    cancel: (id, options) => graphs.cancel(id, options),
    resume: (id) => graphs.resume(id),
    save: (id, name) => graphs.save(id, name),
    forget: (id) => graphs.forget(id),
  };
}

function keyedEntries(entries: EntryStore, keys: Keys): EntryStore {
  const { ring } = keys;
  const closePlanned = (planned: PlannedOccurrence): PlannedOccurrence =>
    planned.kind === "send" ? { ...planned, message: closed(keys, planned.message) } : planned;
  return {
    async get(names) {
      return (await entries.get(names)).map((entry) => entry && openEntry(ring, entry));
    },
    async list(options) {
      return (await entries.list(options)).map((entry) => openEntry(ring, entry));
    },
    put: (puts) => entries.put(puts.map((put) => closeEntry(ring, put))),
    remove: (name, expect) => entries.remove(name, expect),
    async due(limit) {
      const reply = await entries.due(limit);
      return { ...reply, entries: reply.entries.map((entry) => openEntry(ring, entry)) };
    },
    async upcoming(options) {
      return (await entries.upcoming(options)).map((entry) => openEntry(ring, entry));
    },
    basisWalk: () => entries.basisWalk(),
    putBasisWalk: (term, walk) => entries.putBasisWalk(term, walk),
    tick: (term, items) =>
      entries.tick(
        term,
        items.map((item) => ({ ...item, plan: item.plan.map(closePlanned) })),
      ),
    trigger: (name, message, overlap) => entries.trigger(name, closed(keys, message), overlap),
  };
}
