import { readFileSync } from "node:fs";
import { createRequire, register } from "node:module";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { withoutWarning } from "../core/warnings.js";

export function isTypeScript(file: string): boolean {
  return /\.[cm]?tsx?$/.test(file);
}

let isEnabled = false;

/** Lets TypeScript load through tsx where it is installed; whether it does. Hooks that are in force are not added again. */
export async function enableTsx(file: string): Promise<boolean> {
  if (isEnabled) return true;
  const api = resolveTsx(file);
  if (api === undefined) return false;
  const tsx = (await import(pathToFileURL(api).href)) as { register(): unknown };
  // Node 26 calls such hooks deprecated, which tsx and we need as long as Node 20 has no others.
  withoutWarning("DeprecationWarning", "module.register()", () => {
    // Not `tsImport`: it loads everything below the app a second time under other URLs, sunbeat included. With the
    // plain hooks the app and this program share one copy. They stay, for imports that tasks make later.
    tsx.register();
    // Where package.json does not say "type": "module", tsx would compile the app to CommonJS and `require` its
    // own copy of sunbeat. Files in TypeScript are written with `import`: they are modules.
    register(`data:text/javascript,${encodeURIComponent(TYPESCRIPT_IS_ESM)}`);
  });
  isEnabled = true;
  return true;
}

const TYPESCRIPT_IS_ESM = `export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  return found.format !== "module" && /\\.tsx?(\\?|$)/.test(found.url) ? { ...found, format: "module" } : found;
}`;

/**
 * The file of tsx's API: the user's own first, so that it fits their TypeScript. Read from its package.json, since
 * `require.resolve` answers for CommonJS, whose file of the same name does not work on Node 20.
 */
function resolveTsx(file: string): string | undefined {
  for (const from of [file, fileURLToPath(import.meta.url)]) {
    try {
      const manifest = createRequire(from).resolve("tsx/package.json");
      const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as Manifest;
      return path.join(path.dirname(manifest), exports["./esm/api"].import.default);
    } catch {
      // not installed there
    }
  }
  return undefined;
}

interface Manifest {
  readonly exports: { readonly "./esm/api": { readonly import: { readonly default: string } } };
}
