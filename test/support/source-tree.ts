/** The files of src, parsed, with what each imports. Read by tests and by `npm run census`. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

const src = path.resolve(import.meta.dirname, "../../src");

export interface Import {
  readonly specifier: string;
  readonly kind: "value" | "type" | "lazy";
}

export interface Source {
  /** From src on, with slashes. */
  readonly file: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

export function sourcesOfSrc(): Source[] {
  return readdirSync(src, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .map((file) => {
      const text = readFileSync(path.join(src, file), "utf8");
      const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
      return { file, text, tree, imports: importsOf(tree) };
    });
}

/** Calls `look` with every node of a file, a node before those inside it. */
export function walk(tree: ts.Node, look: (node: ts.Node) => void): void {
  const visit = (node: ts.Node): void => {
    look(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
}

function importsOf(tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const { moduleSpecifier } = node;
      const typeOnly = ts.isImportDeclaration(node)
        ? node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword
        : node.isTypeOnly;
      if (moduleSpecifier && ts.isStringLiteral(moduleSpecifier)) {
        found.push({ specifier: moduleSpecifier.text, kind: typeOnly ? "type" : "value" });
      }
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      found.push({ specifier: (node.argument.literal as ts.StringLiteral).text, kind: "type" });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteral(argument)) found.push({ specifier: argument.text, kind: "lazy" });
    }
  });
  return found;
}

/** Files that each file reaches through imports of these kinds. */
export function reachedFiles(
  sources: readonly Source[],
  kinds: readonly Import["kind"][],
): Map<string, Set<string>> {
  const reached = new Map<string, Set<string>>();
  const targets = new Map(
    sources.map(({ file, imports }) => [
      file,
      imports
        .filter(({ specifier, kind }) => specifier.startsWith(".") && kinds.includes(kind))
        .map(({ specifier }) => path.posix.join(path.posix.dirname(file), specifier).replace(/\.js$/, ".ts")),
    ]),
  );
  for (const file of targets.keys()) {
    const seen = new Set<string>();
    const next = [...targets.get(file)!];
    for (let at = next.pop(); at !== undefined; at = next.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      next.push(...(targets.get(at) ?? []));
    }
    reached.set(file, seen);
  }
  return reached;
}

/** Groups of files of which each reaches each other through imports of these kinds. */
export function importCycles(sources: readonly Source[], kinds: readonly Import["kind"][]): string[][] {
  const reached = reachedFiles(sources, kinds);
  const groups = new Map<string, string[]>();
  for (const [file, seen] of reached) {
    if (!seen.has(file)) continue;
    const group = [...seen].filter((other) => reached.get(other)?.has(file)).sort();
    groups.set(group[0]!, group);
  }
  return [...groups.values()];
}
