export { type Environment, readEnvironment } from "./environment.js";
export type {
  Config,
  PublishRetry,
  PublishRetryPolicy,
  RetentionOptions,
  SunbeatOptions,
} from "./options.js";
export { DEFAULTS, MOST_CONCURRENCY, MOST_PREFETCH } from "./options.js";
export { resolveOptions } from "./resolve.js";
