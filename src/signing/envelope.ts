/**
 * Body form 3: a body of form 1 or 2 with what its sender bound it to, signed, sealed, or both.
 *
 *     {"v":3,"sig":"<key>.<base64url>","head":[...],"body":<text of form 1 or 2, or "<what seals it>">}
 *
 * Signed is all that stands behind the signature, as it stands there: nothing is encoded twice, and nothing is read before it is
 * checked. A worker without keys reads the form alone, and leaves it to others.
 */
import type { EpochMs } from "../core/clock.js";
import type { Delivery } from "../store/contracts/delivery.js";
import { KEYED_FORM } from "../tasks/envelope.js";
import type { NewMessage, When } from "../tasks/message.js";
import { type Flaw, invalid, isFlaw, UNSIGNED } from "./flaw.js";
import type { KeyRing } from "./key-ring.js";
import type { Seals } from "./seals.js";

export interface Keys {
  readonly ring: KeyRing;
  /** Null: nothing is sealed. */
  readonly seals: Seals | null;
}

const OPENING = `{"v":${KEYED_FORM},"sig":"`;
const HEAD = '"head":';
const BODY = ',"body":';

/** An instant, or "+" and milliseconds: a word about the moment of sending, which only the store knows. */
type SentWhen = EpochMs | string | null;

/** What a message is bound to. */
type Head = readonly [
  task: string,
  id: string,
  queue: string,
  eta: SentWhen,
  expires: SentWhen,
  lock: readonly [name: string, capacity: number] | null,
  rate: readonly [key: string | null, weight: number] | null,
  lane: string | null,
  /** Its policy, where the store may put its body in the place of another one's of its key. */
  replaces: "replace" | "queue-one" | null,
  /** Ids of runs as whose result its own counts: they have replaced themselves, and this comes of it. */
  standsFor: readonly string[],
];

/** The message as the store gets it; as it is where there is no key for it. */
export function closeMessage(
  { ring, seals }: Keys,
  message: NewMessage,
  standsFor: readonly string[],
): NewMessage {
  if (!ring.signs && seals === null) return message;
  const head = JSON.stringify(headOf(message, standsFor));
  const body = seals === null ? message.body : `"${seals.seal(message.body, head)}"`;
  const rest = `${HEAD}${head}${BODY}${body}}`;
  return { ...message, body: `${OPENING}${ring.sign("message", rest)}",${rest}` };
}

function headOf(message: NewMessage, standsFor: readonly string[]): Head {
  const { task, id, queue, eta, expires, lock, rate, lane, unique } = message;
  const policy = unique?.onConflict;
  return [
    ...([task, id, queue, sentWhen(eta), sentWhen(expires)] as const),
    lock === undefined ? null : [lock.name, lock.capacity],
    rate === undefined ? null : [rate.key, rate.weight],
    lane?.name ?? null,
    policy === "replace" || policy === "queue-one" ? policy : null,
    standsFor,
  ];
}

function sentWhen(when: When | undefined): SentWhen {
  if (when === undefined) return null;
  return "at" in when ? when.at : `+${when.inMs}`;
}

export interface OpenMessage {
  /** With the body of form 1 or 2; or with `refused`, as it came. */
  readonly delivery: Delivery;
  readonly standsFor: readonly string[];
}

const NOTHING: readonly string[] = [];

/** `now`: of the store, at the claim. Total. */
export function openMessage(keys: Keys, delivery: Delivery, now: EpochMs): OpenMessage {
  if (!delivery.body.startsWith(OPENING)) return { delivery: plain(keys, delivery), standsFor: NOTHING };
  const opened = openBody(keys, delivery, now);
  if (isFlaw(opened)) return { delivery: { ...delivery, refused: opened }, standsFor: NOTHING };
  return { delivery: { ...delivery, body: opened.body }, standsFor: opened.standsFor };
}

/** Also of a form that only newer versions read, which is left to them. */
function plain({ ring }: Keys, delivery: Delivery): Delivery {
  return ring.requires && !isNewer(delivery.body) ? { ...delivery, refused: UNSIGNED } : delivery;
}

function isNewer(body: string): boolean {
  try {
    const form = (JSON.parse(body) as { readonly v?: unknown } | null)?.v;
    return Number.isSafeInteger(form) && (form as number) > KEYED_FORM;
  } catch {
    return false;
  }
}

function openBody(
  { ring, seals }: Keys,
  delivery: Delivery,
  now: EpochMs,
): { readonly body: string; readonly standsFor: readonly string[] } | Flaw {
  const { body: text } = delivery;
  const end = text.indexOf('"', OPENING.length);
  const from = end + 2;
  const at = text.indexOf(`]${BODY}`, from);
  if (end < 0 || at < 0 || text[end + 1] !== "," || !text.startsWith(HEAD, from) || !text.endsWith("}")) {
    return malformed("its parts are not in their places");
  }
  const signature = text.slice(OPENING.length, end);
  if (signature !== "") {
    const flaw = ring.flawOf("message", text.slice(from), signature);
    if (flaw !== null) return flaw;
  } else if (ring.requires) return UNSIGNED;
  const headText = text.slice(from + HEAD.length, at + 1);
  const head = headFrom(headText);
  if (head === null) return malformed("what it is bound to cannot be read");
  const flaw = mismatch(head, delivery, now);
  if (flaw !== null) return flaw;
  const inner = text.slice(at + 1 + BODY.length, -1);
  const body = inner.startsWith('"') ? unsealed(seals, inner.slice(1, -1), headText) : inner;
  return typeof body === "string" ? { body, standsFor: head[9] } : body;
}

function unsealed(seals: Seals | null, sealed: string, head: string): string | Flaw {
  if (seals !== null) return seals.open(sealed, head);
  return { code: "SUNBEAT_KEY_UNKNOWN", message: "it is sealed, and this app has no encryption" };
}

function malformed(why: string): Flaw {
  return { code: "SUNBEAT_MESSAGE_INVALID", message: `message body of form ${KEYED_FORM}: ${why}` };
}

const isText = (value: unknown): value is string => typeof value === "string";
const isWhen = (value: unknown): boolean => value === null || Number.isSafeInteger(value) || isText(value);
const isPair = (value: unknown): boolean => value === null || (Array.isArray(value) && value.length === 2);

/** Null: it is none. */
function headFrom(text: string): Head | null {
  let head: unknown;
  try {
    head = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(head) || head.length !== 10) return null;
  const [task, id, queue, eta, expires, lock, rate, lane, replaces, standsFor] = head as unknown[];
  const isOne =
    [task, id, queue].every(isText) &&
    [eta, expires].every(isWhen) &&
    [lock, rate].every(isPair) &&
    [lane, replaces].every((value) => value === null || isText(value)) &&
    Array.isArray(standsFor) &&
    standsFor.every(isText);
  return isOne ? (head as unknown as Head) : null;
}

/** In what the delivery is not what its sender wrote; null: in nothing. docs/security.md has the table. */
function mismatch(head: Head, delivery: Delivery, now: EpochMs): Flaw | null {
  const [task, id, queue, eta, expires, lock, rate, , replaces] = head;
  if (task !== delivery.task) return changed("task");
  if (id !== delivery.id && replaces === null) return changed("id");
  if (queue !== delivery.queue) return changed("queue");
  if (!isEta(eta, delivery, now, replaces)) return changed("eta");
  if (!isExpires(expires, delivery, now)) return changed("expires");
  // The newest body of a unique key goes under the id of the one that waits, which keeps its lock and its rate.
  if (id !== delivery.id) return null;
  // Without one it may have got that of its task since.
  if (lock !== null && (lock[0] !== delivery.lock?.name || lock[1] !== delivery.lock.capacity)) {
    return changed("lock");
  }
  if (rate !== null && (rate[0] !== (delivery.rate?.key ?? null) || rate[1] !== delivery.rate?.weight)) {
    return changed("rate");
  }
  return null;
}

function changed(what: string): Flaw {
  return invalid(`its ${what} is not the one that was signed`);
}

/** Later than it was sent for it may be: a retry, a busy lock, a cooldown put it off. */
function isEta(eta: SentWhen, delivery: Delivery, now: EpochMs, replaces: Head[8]): boolean {
  if (typeof eta !== "number" || replaces !== null) return true; // `maxWait` may bring it forward
  return eta <= now && (delivery.eta === null || delivery.eta >= eta);
}

function isExpires(expires: SentWhen, delivery: Delivery, now: EpochMs): boolean {
  if (typeof expires === "string") return true;
  if (expires === delivery.expires) return true;
  // A run that has replaced itself and is resumed has lost it; what was written holds all the same.
  return delivery.expires === null && expires !== null && now < expires;
}
