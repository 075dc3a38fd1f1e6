import os from "node:os";

/**
 * A node's name, with Celery's patterns: `%h` the host's full name, `%n` its first label, `%d` the rest of it, `%i` the
 * number of the process in its pool (0: there is one). Without an @ the host is added.
 */
export function nodeName(pattern: string, host = os.hostname()): string {
  const [short = host, ...domain] = host.split(".");
  const full = pattern.includes("@") ? pattern : `${pattern}@%h`;
  const values: Readonly<Record<string, string>> = {
    h: host,
    n: short,
    d: domain.join("."),
    i: "0",
    "%": "%",
  };
  return full.replace(/%([hndi%])/g, (_, key: string) => values[key]!);
}
