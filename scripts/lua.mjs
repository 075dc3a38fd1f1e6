// Embeds src/store/redis/scripts/*.lua into one module, so that nothing is read at run time and bundlers work.
//
// The header of a script is its contract. Each name under ARGV is an `arg_<name>` of the body; a last one written `name...`
// stands for all further arguments, the first of which is ARGV[rest]. "Uses" names the pieces of scripts/lib from which the
// body takes what it needs. The KEYS of a script are those that it and these pieces name, as `key_<name>`: keys.ts tells
// what each holds. Flags are those of Redis 7; older servers get the script without them. scripts/fast/<name>.lua, where there is one, is the fast path of the script
// of that name: it stands behind no more of the library than it needs, and returns when it has done the whole work.
// codes.json has the letters of records, arguments and replies; a body names one as GROUP_WORD.
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

/** The one-letter codes of records, arguments and replies: group -> word -> letter. */
const codes = JSON.parse(readFileSync(path.join(folder, "codes.json"), "utf8"));

/** GROUP_WORD, as a body names a code -> the letter; and what constants of the library there are. */
const literals = new Map(
  Object.entries(codes).flatMap(([group, words]) =>
    Object.entries(words).map(([word, letter]) => [
      `${group}_${word}`.toUpperCase().replaceAll("-", "_"),
      `"${letter}"`,
    ]),
  ),
);

/**
 * Literals instead of the names of codes and constants, and one where several are joined: Lua would join them anew at every
 * call, and look for each name among those around a function.
 */
function withLiterals(lua) {
  // Literals match, too, so that nothing in them is taken for a name, and none is begun at its end.
  const named = lua.replace(/"[^"\n]*"|\b[A-Z][A-Z_]+\b/g, (found) => literals.get(found) ?? found);
  return named.replace(/"[^"\n]*"(?: \.\. "[^"\n]*")*/g, (all) => all.replaceAll('" .. "', ""));
}

/** The constants of the library, each a statement of its own: they stand nowhere but where they are used. */
const CONSTANT = /^local ([A-Z][A-Z_]+) = ([\d.]+|".*")$/gm;

/** Without comments, blank lines and indentation: a script is sent and hashed whole. */
function squeeze(lua) {
  const lines = lua.split("\n").map((line) => line.trim());
  return withLiterals(lines.filter((line) => line !== "" && !line.startsWith("--")).join("\n"));
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

const sources = luaFiles(path.join(folder, "lib")).map((name) => [
  name,
  readFileSync(path.join(folder, "lib", `${name}.lua`), "utf8"),
]);
for (const [, lua] of sources) {
  for (const [, name, literal] of lua.matchAll(CONSTANT)) literals.set(name, withLiterals(literal));
}

/** Functions of records.lua that only join words to a text, and those of one call: name -> parameters, and the text. */
const texts = new Map();
const library = new Map();
for (const [piece, lua] of sources) {
  const all = statements(lua.replace(CONSTANT, ""));
  for (const { text } of ["records", "version"].includes(piece) ? all : []) {
    const [, name, parameters, joined] =
      /^local function (\w+)\(([\w, ]*)\)\n(?:return (?=[^]* \.\. )|(?=call.*\nend))([^]*)\nend$/.exec(
        text,
      ) ?? [];
    if (joined !== undefined) texts.set(name, { parameters: parameters.split(", "), joined });
  }
  library.set(
    piece,
    all.filter(({ names: [name] }) => !texts.has(name)),
  );
}
for (const all of library.values()) for (const statement of all) statement.text = withTexts(statement.text);

/**
 * The text itself in place of a call that would join it: a server makes every function of a script anew at every call, and
 * words are joined at once where several texts meet.
 */
function withTexts(lua) {
  const [call, name] = [...lua.matchAll(/\b(\w+)\(/g)].find(([, found]) => texts.has(found)) ?? [];
  if (call === undefined) return lua;
  const from = lua.search(new RegExp(`\\b${name}\\(`));
  const { parameters, joined } = texts.get(name);
  const { given, end } = argumentsOf(lua, from + call.length);
  const text = joined.replace(/"[^"\n]*"|\b\w+/g, (word) => given[parameters.indexOf(word)] ?? word);
  return withTexts(withLiterals(lua.slice(0, from) + text + lua.slice(end)));
}

/** The arguments that begin there, and where the call ends. */
function argumentsOf(lua, start) {
  const given = [];
  let [depth, from] = [0, start];
  for (const { 0: mark, index } of lua.matchAll(/"[^"\n]*"|[(){},]/g)) {
    if (index < start || mark.startsWith('"')) continue;
    if (depth === 0 && (mark === "," || mark === ")")) {
      const text = lua.slice(from, index).trim();
      given.push(/ (?:and|or|[-+*<>=~]=?) /.test(text.replace(/"[^"\n]*"/g, "")) ? `(${text})` : text);
      from = index + 1;
      if (mark === ")") return { given, end: from };
    }
    if ("({".includes(mark)) depth++;
    if (")}".includes(mark)) depth--;
  }
  throw new Error(`a call has no end: ${lua.slice(start - 20, start + 20)}`);
}

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
    const words = wordsOf(text);
    for (const statement of all) {
      if (taken.has(statement) || !statement.names.some((name) => words.has(name))) continue;
      taken.add(statement);
      look(statement.text);
    }
  };
  look(body);
  return all.filter((statement) => taken.has(statement));
}

/** Pieces of the library between two levels, and the names of its own that a function may take from around it: Lua knows 60. */
const PIECES_OF_A_LEVEL = 12;
const MOST_NAMES = 60;

const wordsOf = (lua) => new Set(lua.replace(/"[^"\n]*"/g, "").match(/(?<![.\w])[a-zA-Z_]\w*/g));

/**
 * Before which pieces a function begins. A server makes every function of a script anew at every call, and searches each name
 * that a function takes from around it among all names taken so before: at one level that search is most of a short call.
 */
function levelsOf(uses, fast, body) {
  const levels = [];
  for (let index = PIECES_OF_A_LEVEL; index < uses.length; index++) {
    if (index - (levels.at(-1) ?? 0) < PIECES_OF_A_LEVEL) continue;
    const behind = uses.slice(index).map(({ text }) => text);
    const words = wordsOf([...behind, fast.before >= index ? fast.text : "", body].join("\n"));
    const taken = uses.slice(0, index).flatMap(({ names }) => names.filter((name) => words.has(name)));
    if (taken.length < MOST_NAMES) levels.push(index);
  }
  // A script of few pieces does without: a function costs as much as a command.
  return uses.length >= PIECES_OF_A_LEVEL ? [...levels, uses.length] : levels;
}

/** The fast path of a script, "" for none. */
function fastPath(name) {
  const file = path.join(folder, "fast", `${name}.lua`);
  return existsSync(file) ? withTexts(squeeze(readFileSync(file, "utf8"))) : "";
}

function readScript(name) {
  const source = readFileSync(path.join(folder, `${name}.lua`), "utf8");
  const header = source.slice(0, source.search(/^[^-]/m));
  const main = withTexts(squeeze(source));
  const fast = fastPath(name);
  const pieces = listed(header, "Uses");
  const first = needed(pieces, fast);
  const uses = [...first, ...needed(pieces, main).filter((statement) => !first.includes(statement))];
  const body = [...uses.map(({ text }) => text), fast, main].join("\n");
  const keys = used(body, "key");
  const args = names(header, "ARGV");
  const rest = args.at(-1)?.endsWith("...") ? args.pop() : undefined;
  const wrong = used(body, "arg").filter((arg) => !args.includes(arg));
  if (wrong.length > 0) throw new Error(`${name}.lua: the header does not name ${wrong.join(", ")}`);
  const prelude = rest ? `local rest=${args.length + 1}` : "";
  return {
    keys,
    args,
    flags: listed(header, "Flags"),
    uses,
    prelude,
    fast: { text: fast, before: first.length },
    levels: levelsOf(uses, { text: fast, before: first.length }, main),
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

/** The letters of records, arguments and replies: group -> word -> letter. */
// prettier-ignore
export const CODES = {
${Object.entries(codes)
  .map(([group, words]) => `  ${group}: ${JSON.stringify(words)},`)
  .join("\n")}
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
