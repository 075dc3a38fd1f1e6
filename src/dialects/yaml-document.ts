import { createRequire } from "node:module";
import { ConfigurationError, messageOf } from "../core/errors.js";
import type { DocumentNode, DocumentValue } from "./document.js";
import { importInvalid } from "./findings.js";

/** The parts of the package `yaml` that are used here: its own types would be part of ours. */
interface Yaml {
  readonly parseAllDocuments: (text: string, options: object) => Iterable<YamlDocument>;
  readonly LineCounter: new () => { linePos(offset: number): { readonly line: number } };
}
interface YamlDocument {
  readonly contents: YamlNode | null;
  readonly errors: readonly Error[];
}
interface YamlNode {
  readonly range?: readonly [start: number, ...rest: number[]] | null;
  readonly anchor?: string;
  /** Of an alias: the anchor's name. Of a scalar: its text. */
  readonly source?: string;
  readonly value?: unknown;
  readonly items?: readonly (YamlNode | { readonly key: unknown; readonly value: YamlNode | null })[];
}

/** Its parser takes seconds for more; such files come as JSON as well. */
const LONGEST_YAML = 1_000_000;
const DEEPEST = 64;

/**
 * The trees of the documents of a YAML text, in order. Throws SUNBEAT_IMPORT_INVALID that names the line, and
 * SUNBEAT_DRIVER_MISSING without the package `yaml`.
 */
export function yamlDocuments(text: string): DocumentNode[] {
  if (text.length > LONGEST_YAML) {
    throw importInvalid(`import: expected at most ${LONGEST_YAML} characters of YAML; give the same as JSON`);
  }
  const { parseAllDocuments, LineCounter } = loadYaml();
  const lineCounter = new LineCounter();
  const documents = [...parseAllDocuments(text, { lineCounter, logLevel: "silent", uniqueKeys: false })];
  return documents.flatMap(({ contents, errors }) => {
    const [error] = errors as readonly (Error & { readonly pos?: readonly [number, number] })[];
    if (error !== undefined) {
      const line = lineCounter.linePos(error.pos?.[0] ?? 0).line;
      const template = text.includes("{{")
        ? "; it looks like a template: render it first, as by helm template"
        : "";
      const [reason] = error.message.split(/ at line |\n/, 1);
      throw importInvalid(`import: line ${line} is no YAML: ${reason}${template}`, { line });
    }
    const anchors = new Map<string, DocumentNode>();
    return contents === null
      ? []
      : [treeOf(contents, (offset) => lineCounter.linePos(offset).line, anchors, 0)];
  });
}

function loadYaml(): Yaml {
  try {
    // `importSchedules` answers at once, so this is no `import()`.
    return createRequire(import.meta.url)("yaml") as Yaml;
  } catch (error) {
    throw new ConfigurationError(
      "SUNBEAT_DRIVER_MISSING",
      `import: YAML needs the package yaml, which cannot be loaded (${messageOf(error)}); run: npm install yaml, or give JSON`,
      { cause: error },
    );
  }
}

/** An alias is the node of its anchor itself: nothing is copied, so nothing can grow. */
function treeOf(
  node: YamlNode,
  lineAt: (offset: number) => number,
  anchors: Map<string, DocumentNode>,
  depth: number,
): DocumentNode {
  const line = lineAt(node.range?.[0] ?? 0);
  if (depth > DEEPEST)
    throw importInvalid(`import: line ${line}: expected at most ${DEEPEST} levels`, { line });
  if (node.items === undefined && !("value" in node))
    return anchors.get(node.source ?? "") ?? { line, value: null };
  const tree = { line, value: valueOf(node, (part) => treeOf(part, lineAt, anchors, depth + 1)) };
  if (node.anchor !== undefined) anchors.set(node.anchor, tree);
  return tree;
}

function valueOf(node: YamlNode, tree: (part: YamlNode) => DocumentNode): DocumentValue {
  if (node.items === undefined) return scalarOf(node.value);
  if (
    !node.items.every(
      (item): item is { key: unknown; value: YamlNode | null } => item !== null && "key" in item,
    )
  ) {
    return node.items.map((item) => tree(item as YamlNode));
  }
  if (node.items.length === 0) return [];
  return new Map(
    node.items.map(({ key, value }) => {
      const name = (key as { readonly value?: unknown } | null)?.value ?? key;
      const text = typeof name === "string" ? name : (JSON.stringify(name) ?? "");
      return [text, value === null ? { line: 1, value: null } : tree(value)];
    }),
  );
}

function scalarOf(value: unknown): DocumentValue {
  if (typeof value === "bigint") return String(value);
  const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return isPlain ? value : null;
}
