/** A document of JSON or YAML as a tree that knows its lines. */
export interface DocumentNode {
  /** The line on which it begins, counted from 1. */
  readonly line: number;
  readonly value: DocumentValue;
}

export type DocumentValue =
  string | number | boolean | null | readonly DocumentNode[] | ReadonlyMap<string, DocumentNode>;

export function mapOf(node: DocumentNode | undefined): ReadonlyMap<string, DocumentNode> | undefined {
  return node?.value instanceof Map ? (node.value as ReadonlyMap<string, DocumentNode>) : undefined;
}

export function listOf(node: DocumentNode | undefined): readonly DocumentNode[] {
  return Array.isArray(node?.value) ? (node.value as readonly DocumentNode[]) : [];
}

/** The node below, by keys; undefined where one is missing. */
export function below(node: DocumentNode | undefined, ...keys: readonly string[]): DocumentNode | undefined {
  return keys.reduce((at, key) => mapOf(at)?.get(key), node);
}

/** The text of a scalar that is one, numbers and truth values as written. */
export function textOf(node: DocumentNode | undefined): string | undefined {
  const value = node?.value;
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

export function numberOf(node: DocumentNode | undefined): number | undefined {
  const text = textOf(node);
  const number = text === undefined || text.trim() === "" ? NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** As plain data. */
export function plainOf({ value }: DocumentNode): unknown {
  if (Array.isArray(value)) return (value as readonly DocumentNode[]).map(plainOf);
  if (!(value instanceof Map)) return value;
  const entries = [...(value as ReadonlyMap<string, DocumentNode>)];
  return Object.fromEntries(entries.map(([key, part]) => [key, plainOf(part)]));
}
