import { packageVersion } from "../core/package-version.js";

/** The version of this package. */
export const version = packageVersion();
