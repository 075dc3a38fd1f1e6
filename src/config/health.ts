/** The option `health`: where probes are answered. */
import { invalidOption } from "../core/options.js";

export interface HealthPort {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** Who is asked from this machine alone. */
const LOOPBACK = "127.0.0.1";
const EXPECTED = 'a port from 0 to 65535, or "host:port" such as "0.0.0.0:8080" or "[::]:8080"';

/** Code: SUNBEAT_OPTION_INVALID. */
export function healthOption(given: unknown, what = "health"): HealthPort | null {
  if (given === undefined) return null;
  const text = typeof given === "number" ? String(given) : given;
  const [, host = LOOPBACK, port] =
    typeof text === "string"
      ? (/^(?:(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9.-]{1,253}):)?(\d{1,5})$/.exec(text) ?? [])
      : [];
  if (port === undefined || Number(port) > 65_535) throw invalidOption(what, EXPECTED, given);
  return { host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}
