import { propertyOf } from "../core/plain-data.js";

/** Deeper forms are only hinted at. */
const DEEPEST = 4;
/** Of more members or steps of one form, the first ones are told. */
const TOLD = 6;

/** A form in its JSON, for people: "chain(orders.load, chord(3 x pages.render, mail.send))". Total: "?" for what is none. */
export function formText(json: unknown): string {
  return textOf(json, 0);
}

function textOf(json: unknown, depth: number): string {
  if (typeof json !== "object" || json === null) return "?";
  const field = (name: string): unknown => propertyOf(json, name);
  const task = field("task");
  if (typeof task === "string") return task;
  const list = (forms: unknown): string => listText(forms, depth + 1);
  if (field("chain") !== undefined) return `chain(${list(field("chain"))})`;
  if (field("group") !== undefined) return `group(${list(field("group"))})`;
  if (field("settled") !== undefined) return `settled(${list([field("settled")])})`;
  const chord = field("chord");
  if (typeof chord === "object" && chord !== null) {
    return `chord(${list(propertyOf(chord, "header"))}; ${list([propertyOf(chord, "body")])})`;
  }
  const graph = field("graph");
  if (typeof graph !== "object" || graph === null) return "?";
  const name = propertyOf(graph, "name");
  return `${typeof name === "string" ? name : "workflow"}(${list(propertyOf(graph, "parts"))})`;
}

function listText(forms: unknown, depth: number): string {
  if (!Array.isArray(forms)) return "?";
  if (forms.length === 0) return "";
  if (depth > DEEPEST) return "...";
  const runs: { readonly text: string; count: number }[] = [];
  for (const form of forms as unknown[]) {
    const text = textOf(form, depth);
    const last = runs.at(-1);
    if (last?.text === text) last.count += 1;
    else if (runs.push({ text, count: 1 }) > TOLD) break;
  }
  const told = runs
    .slice(0, TOLD)
    .map(({ text, count }) => (count === 1 ? text : `${count} x ${text}`))
    .join(", ");
  return runs.length > TOLD ? `${told}, ...` : told;
}

/** Fields of a form that hold forms. */
const FORMS = ["chain", "group", "settled", "link", "linkError", "onError"] as const;

/** Names of the tasks of a form that `app.fromJSON` has read, each once. */
export function tasksOf(json: object): readonly string[] {
  const names = new Set<string>();
  const left: unknown[] = [json];
  for (let form = left.pop(); form !== undefined; form = left.pop()) {
    if (typeof form !== "object" || form === null) continue;
    const { task, chord, graph } = form as Readonly<Record<string, unknown>>;
    if (typeof task === "string") names.add(task);
    for (const name of FORMS) for (const inner of listOf(propertyOf(form, name))) left.push(inner);
    for (const [of, name] of [
      [chord, "header"] as const,
      [chord, "body"] as const,
      [graph, "parts"] as const,
    ]) {
      if (typeof of === "object" && of !== null)
        for (const inner of listOf(propertyOf(of, name))) left.push(inner);
    }
  }
  return [...names];
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  return value === undefined ? [] : [value];
}
