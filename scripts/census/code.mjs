// What the text of src says: lines, functions, copies, cycles of imports. `sources` are those of test/support/source-tree.ts.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { importCycles, walk } from "../../test/support/source-tree.ts";

const store = fileURLToPath(new URL("../../src/store/", import.meta.url));
const isGenerated = (file) => file.includes(".generated.");
const lineCount = (text) => text.split("\n").length - 1;

/** Lines of src/store by whom they serve, comments and empty lines included. */
export function storeLines() {
  const rows = { contracts: 0, rules: 0, memory: 0, sqlite: 0, redis: 0, "redis Lua": 0, generated: 0 };
  for (const name of readdirSync(store, { recursive: true, encoding: "utf8" })) {
    if (!/\.(ts|lua)$/.test(name)) continue;
    const folder = name.split(path.sep)[0];
    const row = isGenerated(name)
      ? "generated"
      : name.endsWith(".lua")
        ? `${folder} Lua`
        : name.includes(path.sep)
          ? folder
          : "contracts";
    rows[row] = (rows[row] ?? 0) + lineCount(readFileSync(path.join(store, name), "utf8"));
  }
  return rows;
}

const holdsFunction = ({ initializer }) =>
  initializer !== undefined && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer));

/** The name of a function that is a declaration, a method, or held by a const or property. */
function definedName(node) {
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node))
    return node.body && node.name?.getText();
  const isHolder =
    ts.isVariableDeclaration(node) || ts.isPropertyAssignment(node) || ts.isPropertyDeclaration(node);
  return isHolder && holdsFunction(node) ? node.name.getText() : undefined;
}

/** A const inside a function names a step of it, and is no function that another file could share. */
function isLocal(node) {
  const list = ts.isVariableDeclaration(node) ? node.parent : null;
  return list !== null && !ts.isSourceFile(list.parent.parent);
}

/** Names of functions and methods by the files of one folder. */
function namesIn(sources, folder) {
  const names = new Set();
  for (const { file, tree } of sources) {
    if (!file.startsWith(folder)) continue;
    walk(tree, (node) => {
      const name = isLocal(node) || ts.isPropertyAssignment(node) ? undefined : definedName(node);
      if (name !== undefined) names.add(name);
    });
  }
  return names;
}

/** Names that the interfaces of the contracts and rules ask of every store. */
function askedNames(sources) {
  const names = new Set();
  for (const { file, tree } of sources) {
    if (!/^store\/((contracts|rules)\/)?[^/]+$/.test(file)) continue;
    walk(tree, (node) => {
      const isAsked =
        ts.isMethodSignature(node) ||
        (ts.isPropertySignature(node) && node.type && ts.isFunctionTypeNode(node.type));
      if (isAsked) names.add(node.name.getText());
    });
  }
  return names;
}

/** Names that memory and SQLite both define, and those among them that no contract asks for: copies. */
export function copies(sources) {
  const sqlite = namesIn(sources, "store/sqlite/");
  const shared = [...namesIn(sources, "store/memory/")].filter((name) => sqlite.has(name)).sort();
  const asked = askedNames(sources);
  return { shared, copied: shared.filter((name) => !asked.has(name)) };
}

/** The longest functions and files, generated ones apart, each with its lines. */
export function longest(sources, count) {
  const own = sources.filter(({ file }) => !isGenerated(file));
  const functions = own.flatMap(({ file, tree }) => {
    const found = [];
    const lineOf = (position) => tree.getLineAndCharacterOfPosition(position).line;
    walk(tree, (node) => {
      if (!ts.isFunctionLike(node) || !node.body) return;
      const named = definedName(node) ?? definedName(node.parent) ?? node.name?.getText() ?? "(no name)";
      const lines = lineOf(node.getEnd()) - lineOf(node.getStart()) + 1;
      found.push({ lines, what: `${named} (${file})` });
    });
    return found;
  });
  const files = own.map(({ file, text }) => ({ lines: lineCount(text), what: file }));
  const top = (rows) => rows.sort((a, b) => b.lines - a.lines).slice(0, count);
  return { functions: top(functions), files: top(files) };
}

export function cycles(sources) {
  return {
    byValue: importCycles(sources, ["value"]),
    withTypes: importCycles(sources, ["value", "type"]),
  };
}
