/** A schedule while it is edited: members that are joined, each of a kind, with the steps that restrict and move it. Pure. */
import type { ScheduleForm } from "../../src/dashboard/schedule-form.js";
import { type FieldRow, initialOf, isObject, type Texts, Wrong } from "./fields.js";
import { type Kind, KIND_NAMES, KINDS, type KindRow } from "./schedule-kinds.js";
import { type StepKind, STEPS, type StepRow, WINDOW_STEPS } from "./schedule-steps.js";

type Json = Readonly<Record<string, unknown>>;

export interface Step {
  readonly kind: StepKind;
  readonly texts: Texts;
}

export interface Member {
  readonly kind: Kind;
  readonly texts: Texts;
  readonly steps: readonly Step[];
}

/** How an instant is written in the zone of the form. */
export type Local = (at: number) => string;

export const rowsOf = ({ rows, details = [] }: Pick<KindRow, "rows" | "details">): FieldRow[] =>
  [...rows, ...details].flat();

export function newMember(kind: Kind, timezone: string): Member {
  const texts = initialOf(rowsOf(KINDS[kind]));
  return {
    kind,
    texts: kind === "rrule" || !("timezone" in texts) ? texts : { ...texts, timezone },
    steps: [],
  };
}

export const newStep = (kind: StepKind): Step => ({ kind, texts: initialOf(rowsOf(STEPS[kind])) });

/** Throws Wrong with a path such as "when.0.minute" or "when.0.steps.1.days". */
export function formOfMembers(members: readonly Member[]): ScheduleForm {
  const forms = members.map((member, index) => formOfMember(member, `when.${index}`));
  return forms.length === 1 ? forms[0]! : ({ type: "union", of: forms } as ScheduleForm);
}

interface Filter {
  readonly keep: readonly Json[];
  readonly [bound: string]: unknown;
}

function formOfMember({ kind, texts, steps }: Member, path: string): ScheduleForm {
  let form: unknown = at(path, () => (KINDS[kind] as KindRow).read(texts));
  let filter = null as Filter | null;
  const filtered = (): unknown => (filter === null ? form : { type: "filter", of: form, ...filter });
  for (const [index, step] of steps.entries()) {
    const {
      type,
      keep: _,
      ...read
    } = at(`${path}.steps.${index}`, () => (STEPS[step.kind] as StepRow).read(step.texts));
    if (type === undefined) filter = { ...filter, keep: [...(filter?.keep ?? []), read] };
    else if (type === "filter") filter = { keep: [], ...filter, ...read };
    else {
      form = { type, of: filtered(), ...read };
      filter = null;
    }
  }
  return filtered() as ScheduleForm;
}

function at<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Wrong ? new Wrong(`${path}.${error.field}`, error.message) : error;
  }
}

/** They say the same again: what fields cannot say stands as JSON. */
export function membersOf(form: ScheduleForm, local: Local): Member[] {
  const json = form as Json;
  const forms = json["type"] === "union" && Array.isArray(json["of"]) ? (json["of"] as Json[]) : [json];
  const members = forms.map((each) => memberOf(each, local));
  return saysTheSame(() => formOfMembers(members), json, local) ? members : [jsonMember(json)];
}

const AROUND = ["filter", "offset", "shift"];

function memberOf(form: Json, local: Local): Member {
  let inner = form;
  let steps: Step[] = [];
  while (AROUND.includes(inner["type"] as string) && isObject(inner["of"])) {
    steps = [...stepsOf(inner, local), ...steps];
    inner = inner["of"];
  }
  const kind = KIND_NAMES.find((each) => textsIf(KINDS[each], inner, local) !== null);
  if (kind === undefined) return { ...jsonMember(inner), steps };
  return { kind, texts: textsIf(KINDS[kind], inner, local)!, steps };
}

function jsonMember(json: Json): Member {
  return { kind: "text", texts: { ...blank(KINDS.text), text: JSON.stringify(json, null, 2) }, steps: [] };
}

function stepsOf({ type, of: _, keep, ...rest }: Json, local: Local): Step[] {
  const made = (kind: StepKind, json: Json): Step => ({ kind, texts: textsIf(STEPS[kind], json, local)! });
  if (type !== "filter") return [made(type as "offset" | "shift", { type, ...rest })];
  const windows = (keep as readonly Json[]).map((window) => {
    const kind = WINDOW_STEPS.find((each) => textsIf(STEPS[each], window, local) !== null);
    return made(kind ?? "json", window);
  });
  return Object.keys(rest).length === 0 ? windows : [...windows, made("bounds", { type, ...rest })];
}

const blank = (row: Pick<KindRow, "rows" | "details">): Texts =>
  Object.fromEntries(rowsOf(row).map(({ field }) => [field, ""]));

/** Null: it is another kind, or its fields would not say all of it. */
function textsIf(row: KindRow | StepRow, json: Json, local: Local): Texts | null {
  const written = row.write(json, local);
  if (written === null) return null;
  const texts = { ...blank(row), ...written };
  const wanted = json["type"] === "filter" ? { keep: [], ...json } : json;
  return saysTheSame(() => row.read(texts), wanted, local) ? texts : null;
}

function saysTheSame(read: () => unknown, json: Json, local: Local): boolean {
  try {
    return sorted(read(), local) === sorted(json, local);
  } catch (error) {
    if (error instanceof Wrong) return false;
    throw error;
  }
}

const INSTANTS = ["at", "until", "startAt", "endAt"];

/** As text, whatever the order of fields; instants as the form has them. */
function sorted(value: unknown, local: Local): string {
  return JSON.stringify(value, (key, each: unknown) => {
    if (typeof each === "number" && INSTANTS.includes(key)) return local(each);
    return isObject(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each;
  });
}
