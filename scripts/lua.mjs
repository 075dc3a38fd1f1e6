// Embeds src/store/redis/scripts/*.lua into one module, so that nothing is read at run time and bundlers work.
//
// The header of a script is its contract, and gives the names that the body uses: each name under KEYS becomes a local
// `key_<name>`, each under ARGV a local `arg_<name>`; a last one written `name...` stands for all further arguments, the
// first of which is ARGV[rest]. "Uses" names the pieces of scripts/lib from which the body takes what it needs. Flags are those of Redis 7;
// older servers get the script without them. scripts/fast/<name>.lua, where there is one, is the fast path of the script
// of that name: it stands before the library, with nothing but the clock, and returns when it has done the whole work.
//
// `node scripts/lua.mjs` writes the module; with --check it fails when the module is not what would be written.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../src/store/redis/scripts/", import.meta.url));
const target = fileURLToPath(new URL("../src/store/redis/scripts.generated.ts", import.meta.url));

/** The indented first words of the lines below a title of the header. */
function names(header, title) {
  const lines = header.split("\n");
  const from = lines.findIndex((line) => line === `-- ${title}`);
  if (from < 0) return [];
  const found = [];
  for (const line of lines.slice(from + 1)) {
    const [, indent, name] = /^--( {2,})(\S+)/.exec(line) ?? [];
    if (indent === undefined) break;
    if (indent.length === 3) found.push(name);
  }
  return found;
}

function listed(header, title) {
  const [, list] = new RegExp(`^-- ${title}: (.*)$`, "m").exec(header) ?? [];
  return list ? list.split(/,\s*/) : [];
}

/** Without comments, blank lines and indentation: a script is sent and hashed whole. */
function squeeze(lua) {
  return lua
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("--"))
    .join("\n");
}

function used(lua, prefix) {
  return [
    ...new Set([...lua.matchAll(new RegExp(`\\b${prefix}_(\\w+)`, "g"))].map((match) => match[1])),
  ].sort();
}

/**
 * The top-level statements of a piece: each begins at the margin with `local`; what else stands at the margin belongs to
 * the one before.
 */
function statements(lua) {
  const found = [];
  for (const line of lua.split("\n")) {
    if (/^local\b/.test(line)) found.push([line]);
    else found.at(-1)?.push(line);
  }
  return found.map((lines) => {
    const text = squeeze(lines.join("\n"));
    const [, one, several] = /^local (?:function (\w+)|([\w, ]+))/.exec(text);
    return { text, names: one ? [one] : several.split(",").map((name) => name.trim()) };
  });
}

const library = new Map(
  luaFiles(path.join(folder, "lib")).map((name) => [
    name,
    statements(readFileSync(path.join(folder, "lib", `${name}.lua`), "utf8")),
  ]),
);

function luaFiles(at) {
  return readdirSync(at)
    .filter((file) => file.endsWith(".lua"))
    .sort()
    .map((file) => file.slice(0, -".lua".length));
}

/**
 * The statements of the pieces that the body needs, in their order. The others are left out: a server makes every
 * function of a script anew at every call, which for all of them would cost more than most calls.
 */
function needed(pieces, body) {
  const all = pieces.flatMap((piece) => {
    if (!library.has(piece)) throw new Error(`there is no scripts/lib/${piece}.lua`);
    return library.get(piece);
  });
  const taken = new Set();
  const look = (text) => {
    const words = new Set(text.match(/\b[a-zA-Z_]\w*/g));
    for (const statement of all) {
      if (taken.has(statement) || !statement.names.some((name) => words.has(name))) continue;
      taken.add(statement);
      look(statement.text);
    }
  };
  look(body);
  return all.filter((statement) => taken.has(statement));
}

/** The fast path of a script, and the names in it. */
function fastPath(name) {
  const file = path.join(folder, "fast", `${name}.lua`);
  if (!existsSync(file)) return { text: "", names: new Set() };
  const text = squeeze(readFileSync(file, "utf8"));
  return { text, names: new Set(text.match(/\b[a-zA-Z_]\w*/g)) };
}

function readScript(name) {
  const source = readFileSync(path.join(folder, `${name}.lua`), "utf8");
  const header = source.slice(0, source.search(/^[^-]/m));
  const main = squeeze(source);
  const fast = fastPath(name);
  const uses = needed(listed(header, "Uses"), `${main}\n${fast.text}`);
  const clock = uses.filter((statement) => library.get("clock").includes(statement));
  const before = clock.findLastIndex((statement) => statement.names.some((word) => fast.names.has(word))) + 1;
  const body = [...uses.map(({ text }) => text), fast.text, main].join("\n");
  const keys = names(header, "KEYS");
  const args = names(header, "ARGV");
  const rest = args.at(-1)?.endsWith("...") ? args.pop() : undefined;
  const wrong = [
    ...used(body, "key").filter((key) => !keys.includes(key)),
    ...keys.filter((key) => !used(body, "key").includes(key)),
    ...used(body, "arg").filter((arg) => !args.includes(arg)),
  ];
  if (wrong.length > 0) throw new Error(`${name}.lua: header and body disagree about ${wrong.join(", ")}`);
  const prelude = rest ? `local rest=${args.length + 1}` : "";
  return {
    keys,
    args,
    flags: listed(header, "Flags"),
    uses,
    prelude,
    fast: { text: fast.text, before },
    body: main,
  };
}

/** The text of the generated module. Statements of the library stand in it once, scripts name them by number. */
export function render() {
  const texts = [];
  const scripts = luaFiles(folder).map((name) => {
    const { uses, ...script } = readScript(name);
    const numbers = uses.map(({ text }) => {
      if (!texts.includes(text)) texts.push(text);
      return texts.indexOf(text);
    });
    const fields = Object.entries({ ...script, uses: numbers });
    const lines = fields.map(([key, value]) => `    ${key}: ${JSON.stringify(value)},`);
    return [`  ${JSON.stringify(name)}: {`, ...lines, "  },"].join("\n");
  });
  return `// Made from scripts/*.lua by \`npm run lua\`. Do not edit.

// prettier-ignore
export const LIBRARY: readonly string[] = [
${texts.map((text) => `  ${JSON.stringify(text)},`).join("\n")}
];

// prettier-ignore
export const SCRIPTS = {
${scripts.join("\n")}
} as const;
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = render();
  if (!process.argv.includes("--check")) {
    writeFileSync(target, text);
  } else if (readFileSync(target, "utf8") !== text) {
    console.error("src/store/redis/scripts.generated.ts is not fresh: run `npm run lua`.");
    process.exit(1);
  }
}
