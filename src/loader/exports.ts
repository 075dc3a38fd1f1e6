import { fileURLToPath } from "node:url";
import { Sunbeat } from "../index.js";
import { ConfigurationError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";

const OWN_PLACE = fileURLToPath(new URL("../..", import.meta.url));

/** What a module exports that may be meant, by name. */
export function candidates(exported: Record<string, unknown>): ReadonlyMap<string, unknown> {
  const found = new Map(Object.entries(exported));
  // A CommonJS module arrives whole as its default export.
  const whole = found.get("default");
  if (typeof whole === "object" && whole !== null && !isApp(whole)) {
    for (const [name, value] of Object.entries(whole)) if (!found.has(name)) found.set(name, value);
  }
  return found;
}

/**
 * The export of that name, or the default export, or the only app there is.
 * Throws SUNBEAT_APP_LOAD_FAILED, which lists the candidates.
 */
export function chooseApp(
  exported: ReadonlyMap<string, unknown>,
  name: string | undefined,
  file: string,
): Sunbeat {
  const apps = new Map([...exported].filter((entry): entry is [string, Sunbeat] => isApp(entry[1])));
  const known = [...apps.keys()];
  const list = known.length === 0 ? "it exports none" : `its apps are ${known.join(", ")}`;
  if (name !== undefined) {
    const app = apps.get(name);
    if (app !== undefined) return app;
    const problem = exported.has(name) ? "is not a Sunbeat app" : `is not exported${didYouMean(name, known)}`;
    throw failure(`${file}: ${name || '""'} ${problem}; ${list}`, known);
  }
  const byDefault = apps.get("default");
  if (byDefault !== undefined) return byDefault;
  const different = [...new Set(apps.values())];
  if (different.length === 1) return different[0]!;
  if (different.length > 1) {
    throw failure(
      `${file} exports ${different.length} apps: choose one with -A ${file}:${known[0]}; ${list}`,
      known,
    );
  }
  if ([...exported.values()].some(isForeignApp)) {
    throw failure(
      `${file} made its app with another copy of sunbeat than the one that runs now (${OWN_PLACE}): ` +
        "use the command of that copy, npx sunbeat in the app's folder",
      known,
    );
  }
  const others = [...exported.keys()].join(", ") || "nothing";
  throw failure(
    `${file} exports no Sunbeat app (it exports ${others}): write export const app = new Sunbeat("name", { ... })`,
    known,
  );
}

/** The app of that name. Throws SUNBEAT_APP_LOAD_FAILED. */
export function appNamed(exported: ReadonlyMap<string, unknown>, name: string, file: string): Sunbeat {
  const apps = [...exported.values()].filter(isApp);
  const app = apps.find((one) => one.name === name);
  if (app !== undefined) return app;
  const known = apps.map((one) => one.name);
  const list = known.length === 0 ? "it exports none" : `its apps are ${known.join(", ")}`;
  throw failure(`${file} exports no app with the name ${quote(name)}; ${list}`, known);
}

function failure(message: string, known: readonly string[]): ConfigurationError {
  return new ConfigurationError("SUNBEAT_APP_LOAD_FAILED", message, { details: { candidates: known } });
}

function isApp(value: unknown): value is Sunbeat {
  return value instanceof Sunbeat;
}

/** An app made by another copy of this package, whose inside this one does not know. */
function isForeignApp(value: unknown): boolean {
  if (typeof value !== "object" || value === null || isApp(value)) return false;
  const { constructor, sendTask, task } = value as Partial<Record<string, unknown>>;
  const called = typeof constructor === "function" && constructor.name === "Sunbeat";
  return called && typeof sendTask === "function" && typeof task === "function";
}
