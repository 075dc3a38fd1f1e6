/** Forms of JSON answers: read from examples in docs/cli.md, and compared with answers. */

/** What stands where: kinds by path, and the fields of each object. */
interface Shape {
  readonly kinds: Map<string, Set<string>>;
  /** Of each object at a path: the fields that it had. */
  readonly objects: Map<string, Set<string>[]>;
}

export interface Form {
  /** As the page writes them, without `sunbeat` and `--json`. */
  readonly commands: readonly string[];
  readonly shape: Shape;
  /** An object a line, instead of one value. */
  readonly hasRows: boolean;
  readonly nullable: ReadonlySet<string>;
  readonly optional: ReadonlySet<string>;
  readonly free: ReadonlySet<string>;
}

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
const isMapKey = (key: string): boolean => /^<.+>$/.test(key);
const join = (path: string, key: string): string => (path === "" ? key : `${path}.${key}`);

/** `known`: the form in which names of maps stand as `<name>`, and what is any value is not looked into. */
function look(value: unknown, path: string, into: Shape, known?: Form): void {
  if (known?.free.has(path) === true) return;
  const kinds = into.kinds.get(path) ?? new Set();
  into.kinds.set(path, kinds.add(kindOf(value)));
  if (Array.isArray(value)) {
    for (const each of value) look(each, `${path}[]`, into, known);
  } else if (typeof value === "object" && value !== null) {
    const name = [...(known?.shape.objects.get(path) ?? [])].flatMap((keys) => [...keys]).find(isMapKey);
    const entries = Object.entries(value).map(([key, each]) => [name ?? key, each] as const);
    into.objects.set(path, [...(into.objects.get(path) ?? []), new Set(entries.map(([key]) => key))]);
    for (const [key, each] of entries) look(each, join(path, key), into, known);
  }
}

export function shapeOf(values: readonly unknown[], known?: Form): Shape {
  const shape: Shape = { kinds: new Map(), objects: new Map() };
  for (const value of values) look(value, "", shape, known);
  return shape;
}

/** The values of a text with one value, or several that begin lines of their own. */
export function valuesIn(text: string): unknown[] {
  const values: unknown[] = [];
  let part = "";
  for (const line of text.split("\n")) {
    part += line;
    try {
      values.push(JSON.parse(part));
      part = "";
    } catch {
      // It goes on in the next line.
    }
  }
  if (part.trim() !== "") throw new Error(`not JSON: ${part}`);
  return values;
}

/** Every form of the page: a `console` block that begins with a command with `--json`, and the remarks behind it. */
export function formsIn(page: string): Form[] {
  const blocks = [...page.matchAll(/^```console\n([^]*?)^```$([^]*?)(?=^```|^#|(?![^]))/gm)];
  return blocks.flatMap(([, block = "", remarks = ""]) => {
    const lines = block.trimEnd().split("\n");
    const commands = lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
    if (!commands[0]?.endsWith(" --json")) return [];
    const answer = lines.filter((line) => !line.startsWith("$ "));
    const hasRows = answer.at(-1) === "...";
    return {
      commands: commands.map((command) => command.replace(/^sunbeat /, "").replace(/ --json$/, "")),
      shape: shapeOf(valuesIn(answer.slice(0, hasRows ? -1 : undefined).join("\n"))),
      hasRows,
      nullable: marked(remarks, "May be null"),
      optional: marked(remarks, "May be missing"),
      free: marked(remarks, "Any value"),
    };
  });
}

function marked(remarks: string, label: string): ReadonlySet<string> {
  const lists = [...remarks.matchAll(new RegExp(`${label}: ((?:\`[^\`]+\`(?:,\\s)?)+)`, "g"))];
  return new Set(
    lists.flatMap(([, list = ""]) => [...list.matchAll(/`([^`]+)`/g)].map(([, path = ""]) => path)),
  );
}

/** What is wrong between a form and all the answers of its commands. */
export function differences(form: Form, values: readonly unknown[]): string[] {
  const answered = shapeOf(values, form);
  const { kinds } = form.shape;
  const found: string[] = [];
  for (const [path, seen] of answered.kinds) {
    const shown = kinds.get(path);
    if (shown === undefined) {
      found.push(`${path}: answered, and not on the page`);
      continue;
    }
    for (const kind of seen) {
      const isShown = shown.has(kind) || (kind === "null" && form.nullable.has(path));
      if (!isShown) found.push(`${path}: answered as ${kind}, shown as ${[...shown].join(" or ")}`);
    }
  }
  for (const [path, instances] of answered.objects) {
    for (const key of neededIn(form, path)) {
      if (instances.some((keys) => !keys.has(key) && ![...keys].some(isMapKey)))
        found.push(`${join(path, key)}: missing in an answer`);
    }
  }
  for (const [path, shown] of kinds) {
    if (isFree(form, path)) continue;
    const seen = answered.kinds.get(path);
    if (seen === undefined) {
      found.push(`${path}: on the page, and never answered`);
      continue;
    }
    for (const kind of shown) {
      if (!seen.has(kind)) found.push(`${path}: shown as ${kind}, and never answered so`);
    }
  }
  for (const path of [...form.nullable, ...form.optional, ...form.free]) {
    if (!kinds.has(path)) found.push(`${path}: in a remark, and not in the form`);
  }
  return [...new Set(found)];
}

/** Fields that each object at this path has. */
function neededIn({ shape, optional }: Form, path: string): string[] {
  const examples = shape.objects.get(path) ?? [];
  const all = new Set(examples.flatMap((keys) => [...keys]));
  return [...all].filter(
    (key) => !isMapKey(key) && !optional.has(join(path, key)) && examples.every((keys) => keys.has(key)),
  );
}

function isFree({ free }: Form, path: string): boolean {
  return [...free].some((at) => path === at || path.startsWith(`${at}.`) || path.startsWith(`${at}[`));
}
