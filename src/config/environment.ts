/** The one place where the environment is read. Options given in code go before it. */
import { isSunbeatError, type SunbeatError } from "../core/errors.js";

export interface Environment {
  /** SUNBEAT_BROKER: default of the option `broker`. */
  readonly broker: string | undefined;
  /** SUNBEAT_TIMEZONE: default of the option `timezone`. */
  readonly timezone: string | undefined;
  /** SUNBEAT_CONCURRENCY: default of the option `workerConcurrency`, "8" or "100,4". */
  readonly concurrency: string | undefined;
  /** SUNBEAT_LOG_LEVEL: default of `--loglevel`. */
  readonly logLevel: string | undefined;
}

/** What programs need to find their way, Node's own files among them; nothing that changes what Node does. */
const PASSED_ON = [
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "HOSTNAME"],
  ...["LANG", "LANGUAGE", "LC_*", "TZ", "NODE_ENV", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"],
  "SUNBEAT_*",
];

/**
 * The environment of a child of a worker: the variables that every program needs, those of sunbeat, and those that `names` lets
 * through; a name may end in "*".
 */
export function childEnvironment(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const allowed = [...PASSED_ON, ...names];
  const isAllowed = (name: string): boolean =>
    allowed.some((one) => (one.endsWith("*") ? name.startsWith(one.slice(0, -1)) : name === one));
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && isAllowed(name)) passed[name] = value;
  }
  return passed;
}

/** Options of Node that say what is loaded, and how; and the one that bounds the heap. With a value behind "=", or as the next word. */
const CHILD_OPTIONS = new Set([
  ...["--import", "--require", "-r", "--loader", "--experimental-loader", "--conditions", "-C"],
  "--max-old-space-size",
]);
const CHILD_FLAGS = new Set(["--enable-source-maps", "--no-warnings", "--experimental-strip-types"]);

/** Of the options that Node has here, those that children have, too. A debugger, or a text to run, is for one process. */
export function childExecArgv(options: readonly string[] = process.execArgv): string[] {
  const passed: string[] = [];
  for (let at = 0; at < options.length; at++) {
    const [name = "", value] = options[at]!.replace("--max_old_space_size", "--max-old-space-size").split(
      /=(.*)/s,
    );
    if (CHILD_FLAGS.has(name)) passed.push(name);
    else if (CHILD_OPTIONS.has(name)) {
      const given = value ?? options[++at];
      if (given !== undefined) passed.push(...(name.startsWith("--") ? [`${name}=${given}`] : [name, given]));
    }
  }
  return passed;
}

/** An empty variable counts as absent: shells and compose files set those to unset something. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  const read = (name: string): string | undefined => env[name] || undefined;
  return {
    broker: read("SUNBEAT_BROKER"),
    timezone: read("SUNBEAT_TIMEZONE"),
    concurrency: read("SUNBEAT_CONCURRENCY"),
    logLevel: read("SUNBEAT_LOG_LEVEL"),
  };
}

/** A check of a value; what it refuses is told with the variable that the value came from. Null: it came from none. */
export function checkedFrom<T>(variable: string | null, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (variable === null || !isSunbeatError(error)) throw error;
    const { code, message, details } = error;
    const Same = error.constructor as typeof SunbeatError;
    throw new Same(code, `${variable}: ${message}`, { details: { ...details, variable }, cause: error });
  }
}
