import { ConfigurationError, messageOf } from "../core/errors.js";

export type Yaml = Pick<typeof import("yaml"), "parse" | "stringify">;

/** Loads yaml, which only those install who keep entries in YAML. Throws SUNBEAT_DRIVER_MISSING. */
export async function loadYaml(): Promise<Yaml> {
  try {
    return await import("yaml");
  } catch (error) {
    throw new ConfigurationError(
      "SUNBEAT_DRIVER_MISSING",
      `YAML needs the package yaml, which cannot be loaded (${messageOf(error)}); run: npm install yaml`,
      { cause: error },
    );
  }
}
