/** Patterns with wildcards as regular expressions: `*`, `?` and `{a,b}`; in paths `**`, too. Nothing else is special. */

/** Whether a text has a wildcard. */
export function isGlob(text: string): boolean {
  return /[*?{]/.test(text);
}

/** Of names: `*` stands for any text, dots among it, `?` for one character, `{a,b}` for one of the two. */
export function namePattern(glob: string): RegExp {
  return new RegExp(`^${translated(glob, "[^]", null)}$`, "u");
}

/** Of paths with "/": `*` and `?` stay within one folder, and `**` stands for any number of folders. */
export function pathPattern(glob: string): RegExp {
  return new RegExp(`^${translated(glob, "[^/]", "(?:[^/]+/)*")}$`, "u");
}

/** `one`: what `?` stands for, and `*` for any number of. `folders`: what `**` and its slash stand for; null: nothing of its own. */
function translated(glob: string, one: string, folders: string | null): string {
  const token = folders === null ? /\*+|[^]/gu : /(?<=^|\/)\*\*(?:\/|$)|\*+|[^]/gu;
  let source = "";
  let open = 0;
  for (const { 0: text, index } of glob.matchAll(token)) {
    if (folders !== null && text === "**/") source += folders;
    else if (folders !== null && text === "**" && /^(?:|.*\/)$/u.test(glob.slice(0, index)))
      source += `${folders}${one}+`;
    else if (text.startsWith("*")) source += `${one}*`;
    else if (text === "?") source += one;
    // A brace that is never closed is a brace.
    else if (text === "{" && glob.includes("}", index)) {
      source += "(?:";
      open++;
    } else if (text === "}" && open > 0) {
      source += ")";
      open--;
    } else if (text === "," && open > 0) source += "|";
    else source += /^[\\^$.|+()[\]{}/]$/u.test(text) ? `\\${text}` : text;
  }
  // Of two braces one may have been closed.
  return source + ")".repeat(open);
}
