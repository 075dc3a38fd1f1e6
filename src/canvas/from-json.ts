/** Forms from plain data of anywhere: what is not known is refused, with its place. */
import { instantMs } from "../core/instant.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import { resolveSendOptions } from "../tasks/message-factory.js";
import type { SendOptions } from "../tasks/message.js";
import { assertPayload, HARD_PAYLOAD_LIMIT } from "../tasks/payload.js";
import { type Deep, runDeep } from "./deep.js";
import {
  BARE,
  type Call,
  type CallSource,
  type CanvasSender,
  type Dressing,
  type Form,
  isBare,
  taskForm,
} from "./form.js";
import { checkedAt, invalidForm, type Place, within } from "./place.js";
import { makeSignature } from "./signature.js";
import { FORM_VERSION } from "./to-json.js";
import type { AnySignature } from "./types.js";

type Fields = Readonly<Record<string, unknown>>;

const DRESSING = ["sunbeat", "options", "stamps", "link", "linkError", "onError"];
const KINDS = ["task", "chain", "group", "chord", "settled", "graph"] as const;
const FIELDS: Readonly<Record<(typeof KINDS)[number], readonly string[]>> = {
  task: ["task", "args", "immutable", "stream", ...DRESSING],
  chain: ["chain", ...DRESSING],
  group: ["group", "errors", ...DRESSING],
  chord: ["chord", ...DRESSING],
  settled: ["settled", ...DRESSING],
  graph: ["graph", ...DRESSING],
};
/** What a part of a graph has beside its own fields. */
const OF_CALLS = ["take", "name"];
/** Levels of lists in a source. */
const MOST_DEPTH = 100;

/**
 * The signature that `toJSON` wrote, or that somebody wrote by hand. Code: SUNBEAT_GRAPH_INVALID, with the place, for what has
 * another version, unknown fields or values of another type.
 */
export function signatureFromJSON<S extends AnySignature>(json: unknown, sender: CanvasSender | null): S {
  return makeSignature<S>(runDeep(formFrom(json, null)), sender);
}

function* formFrom(json: unknown, place: Place | null, more: readonly string[] = []): Deep<Form> {
  const fields = objectAt(json, place);
  const kinds = KINDS.filter((kind) => Object.hasOwn(fields, kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const found = Object.keys(fields);
    const hint = found.map((key) => didYouMean(key, KINDS)).find((text) => text !== "") ?? "";
    throw invalidForm(place, `expected one of ${KINDS.join(", ")}, got ${quote(found)}${hint}`);
  }
  const { sunbeat = FORM_VERSION } = fields;
  if (sunbeat !== FORM_VERSION) {
    throw invalidForm(place, `expected version ${FORM_VERSION} of stored forms, got ${quote(sunbeat)}`);
  }
  knownAt(fields, [...FIELDS[kind], ...more], place);
  const dressing = yield* dressingFrom(fields, place);
  switch (kind) {
    case "task":
      return taskFrom(fields, dressing, place);
    case "chain": {
      const steps = yield* formsFrom(fields["chain"], place, "chain");
      if (steps.length === 0) throw invalidForm(place, "chain: expected at least one form, got []");
      const [first] = steps;
      return steps.length === 1 && isBare(dressing) ? first! : { ...dressing, kind, steps };
    }
    case "group": {
      const { errors = "finish" } = fields;
      if (errors !== "finish" && errors !== "cancel") {
        throw invalidForm(place, `errors: expected "finish" or "cancel", got ${quote(errors)}`);
      }
      return { ...dressing, kind, members: yield* formsFrom(fields["group"], place, "group"), errors };
    }
    case "chord": {
      const inside = within(place, "chord");
      const chord = objectAt(fields["chord"], inside);
      knownAt(chord, ["header", "body"], inside);
      const header = yield* formsFrom(chord["header"], inside, "header");
      return { ...dressing, kind, header, body: yield formFrom(chord["body"], within(inside, "body")) };
    }
    case "settled":
      return { ...dressing, kind, of: yield formFrom(fields["settled"], within(place, "settled")) };
    case "graph":
      return yield* workflowFrom(fields["graph"], dressing, within(place, "graph"));
  }
}

type Part<T> = Generator<Deep<Form>, T, Form>;

function* formsFrom(list: unknown, place: Place | null, step: string): Part<Form[]> {
  const forms: Form[] = [];
  for (const [index, json] of listAt(list, within(place, step)).entries()) {
    forms.push(yield formFrom(json, within(place, step, index)));
  }
  return forms;
}

function* dressingFrom(fields: Fields, place: Place | null): Part<Dressing> {
  const callbacks = function* (name: string): Part<readonly Form[]> {
    const given = fields[name];
    if (given === undefined) return BARE.links;
    return yield* formsFrom(Array.isArray(given) ? given : [given], place, name);
  };
  return {
    options: fields["options"] === undefined ? BARE.options : optionsFrom(fields["options"], place),
    stamps: fields["stamps"] === undefined ? BARE.stamps : stampsFrom(fields["stamps"], place),
    links: yield* callbacks("link"),
    linkErrors: yield* callbacks("linkError"),
    onErrors: yield* callbacks("onError"),
  };
}

function taskFrom(fields: Fields, dressing: Dressing, place: Place | null): Form {
  const { task, args = [], immutable = false, stream = false } = fields;
  const list = listAt(args, within(place, "args"));
  for (const [name, value] of Object.entries({ immutable, stream })) {
    if (typeof value !== "boolean") {
      throw invalidForm(place, `${name}: expected true or false, got ${quote(value)}`);
    }
  }
  return checkedAt(place, () => {
    assertPayload(list, "args", HARD_PAYLOAD_LIMIT);
    const how = { ...dressing, immutable: immutable === true, stream: stream === true };
    return taskForm(task as string, list, how);
  });
}

function optionsFrom(json: unknown, place: Place | null): SendOptions {
  const { expires, eta, ...rest } = objectAt(json, within(place, "options"));
  return checkedAt(place, () => {
    const at = typeof expires === "object" && expires !== null && "at" in expires ? expires.at : undefined;
    const options = {
      ...rest,
      ...(eta !== undefined && { eta: new Date(instantMs(eta as string, "eta")) }),
      ...(expires !== undefined && {
        expires: at === undefined ? expires : new Date(instantMs(at as string, "expires")),
      }),
    } as SendOptions;
    resolveSendOptions(options);
    return options;
  });
}

function stampsFrom(json: unknown, place: Place | null): Readonly<Record<string, string>> {
  return checkedAt(place, () => resolveSendOptions({ headers: json as Record<string, string> }).headers);
}

function* workflowFrom(json: unknown, dressing: Dressing, place: Place): Part<Form> {
  const fields = objectAt(json, place);
  knownAt(fields, ["name", "parts", "edges", "output"], place);
  const { name = "graph", edges = [] } = fields;
  if (typeof name !== "string" || name === "")
    throw invalidForm(place, `name: expected text, got ${quote(name)}`);
  const calls: { -readonly [K in keyof Call]: Call[K] }[] = [];
  const parts = listAt(fields["parts"], within(place, "parts"));
  for (const [index, part] of parts.entries()) {
    const at = within(place, "parts", index);
    const form = yield formFrom(part, at, OF_CALLS);
    calls.push({ form, ...callFrom(objectAt(part, at), form, parts.length, at), after: [] });
  }
  for (const [index, edge] of listAt(edges, within(place, "edges")).entries()) {
    const at = within(place, "edges", index);
    const [from, to, ...rest] = listAt(edge, at);
    const call = calls[to as number];
    if (call === undefined || rest.length > 0)
      throw invalidForm(at, `expected [from, to], got ${quote(edge)}`);
    call.after = [...call.after, sourceFrom(from, calls.length, at)];
  }
  const output = sourceFrom(fields["output"], calls.length, within(place, "output"));
  return { ...dressing, kind: "workflow", name, calls, output };
}

function callFrom(fields: Fields, form: Form, count: number, place: Place): Pick<Call, "take" | "name"> {
  const { take = [], name = null } = fields;
  if (name !== null && typeof name !== "string")
    throw invalidForm(place, `name: expected text, got ${quote(name)}`);
  const list = listAt(take, within(place, "take"));
  if (list.length > 0 && form.kind !== "task") throw invalidForm(place, "take: only a task takes values");
  let last = -1;
  const takes = list.map((one, index): Call["take"][number] => {
    const at = within(place, "take", index);
    const [position, source, ...rest] = listAt(one, at);
    const rises = Number.isSafeInteger(position) && (position as number) > last;
    if (!rises || rest.length > 0) {
      throw invalidForm(at, `expected [position, source] with positions that rise, got ${quote(one)}`);
    }
    last = position as number;
    return [last, sourceFrom(source, count, at)];
  });
  return { take: takes, name };
}

function sourceFrom(json: unknown, count: number, place: Place, depth = 0): CallSource {
  if (Number.isSafeInteger(json) && (json as number) >= 0 && (json as number) < count) return json as number;
  if (Array.isArray(json) && depth < MOST_DEPTH) {
    const [kind, ...rest] = json as readonly unknown[];
    const inside = (): CallSource[] => rest.map((one) => sourceFrom(one, count, place, depth + 1));
    if (kind === "list") return ["list", ...inside()];
    if (kind === "settled" && rest.length === 1) return ["settled", inside()[0]!];
  }
  throw invalidForm(
    place,
    `expected the number of a part, ["list", ...] or ["settled", ...], got ${quote(json)}`,
  );
}

function objectAt(value: unknown, place: Place | null): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw invalidForm(place, `expected an object, got ${quote(value)}`);
}

function listAt(value: unknown, place: Place): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  throw invalidForm(place, `expected an array, got ${quote(value)}`);
}

function knownAt(fields: Fields, known: readonly string[], place: Place | null): void {
  for (const key of Object.keys(fields)) {
    if (!known.includes(key)) {
      throw invalidForm(place, `unknown field ${quote(key)}${didYouMean(key, known)}`);
    }
  }
}
