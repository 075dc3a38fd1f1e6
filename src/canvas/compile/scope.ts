/** What holds for the parts of a form because of where it stands. */
import type { EpochMs } from "../../core/clock.js";
import { ConfigurationError } from "../../core/errors.js";
import { durationOption } from "../../core/options.js";
import type { SendOptions } from "../../tasks/message.js";
import { BARE, type Form } from "../form.js";
import { checkedAt, invalidForm, type Place, placeText } from "../place.js";
import { mergeOptions } from "../signature.js";

export type Delay = Pick<SendOptions, "countdown" | "eta">;

export const NO_DELAY: Delay = Object.freeze({});

export interface Scope {
  readonly place: Place | null;
  readonly options: SendOptions;
  readonly stamps: Readonly<Record<string, string>>;
  /** Of what begins first. */
  readonly delay: Delay;
  /** The innermost group: the key of its list, and which member this is. */
  readonly group: { readonly key: string; readonly index: number } | null;
  readonly aside: boolean;
}

/** The scope inside of a form. A part's own options go before those of forms around it, inner forms before outer ones. */
export function enter(form: Form, outer: Scope, now: EpochMs): Scope {
  if (form.options === BARE.options && form.stamps === BARE.stamps) return outer;
  const { taskId, countdown, eta, expires, unique, ...rest } = form.options;
  if (unique !== undefined && outer.place !== null) throw uniquePart(outer.place);
  if (taskId !== undefined && outer.place !== null) {
    throw invalidForm(
      outer.place,
      "taskId: expected none, since parts have ids of their own; give the graph one",
    );
  }
  const delayed = countdown !== undefined || eta !== undefined;
  const own = expires === undefined ? rest : { ...rest, expires: expiresOf(form, expires, outer.place, now) };
  return {
    ...outer,
    options: mergeOptions(outer.options, own),
    stamps: { ...outer.stamps, ...form.stamps },
    delay: delayed
      ? { ...(countdown !== undefined && { countdown }), ...(eta !== undefined && { eta }) }
      : outer.delay,
  };
}

/** What is run in place takes no key, and has nobody to meet: so of the whole it is left out here. */
function uniquePart(place: Place): ConfigurationError {
  const where = placeText(place);
  return new ConfigurationError(
    "SUNBEAT_OPTION_INVALID",
    `${where}: unique: expected none for a part of a graph; give it to the whole form, or send this alone`,
    { details: { option: "unique", place: where } },
  );
}

/** Of a form one instant for all parts; of a task it counts from the moment at which the part may begin. */
function expiresOf(
  form: Form,
  expires: NonNullable<SendOptions["expires"]>,
  place: Place | null,
  now: EpochMs,
): NonNullable<SendOptions["expires"]> {
  if (form.kind === "task" || expires instanceof Date) return expires;
  return new Date(now + checkedAt(place, () => durationOption(expires, "expires", 1)));
}

/** Options of one message; undefined: none. */
export function messageOptions({ options, stamps, delay }: Scope): SendOptions | undefined {
  if (options === BARE.options && stamps === BARE.stamps && delay === NO_DELAY) return undefined;
  const headers = { ...options.headers, ...stamps };
  return { ...options, ...delay, ...(Object.keys(headers).length > 0 && { headers }) };
}
