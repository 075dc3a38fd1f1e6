/** The one place where the environment is read. Options given in code go before it. */

export interface Environment {
  /** SUNBEAT_BROKER: default of the option `broker`. */
  readonly broker: string | undefined;
  /** SUNBEAT_TIMEZONE: default of the option `timezone`. */
  readonly timezone: string | undefined;
}

/** An empty variable counts as absent: shells and compose files set those to unset something. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  return { broker: env["SUNBEAT_BROKER"] || undefined, timezone: env["SUNBEAT_TIMEZONE"] || undefined };
}
