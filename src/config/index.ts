export type { HistoryConfig, HistoryOptions } from "./history.js";
export {
  checkedFrom,
  childEnvironment,
  childExecArgv,
  type Environment,
  readEnvironment,
} from "./environment.js";
export type {
  AutoscaleOption,
  Config,
  PoolOption,
  PublishRetry,
  PublishRetryPolicy,
  RetentionOptions,
  SunbeatOptions,
} from "./options.js";
export { ASYNC_CONCURRENCY, DEFAULTS, MOST_CONCURRENCY, MOST_PREFETCH } from "./options.js";
export { autoscaleOption, bytesOption, concurrencyOption, poolsOption } from "./pools.js";
export type { EncryptionConfig, EncryptionOptions, SigningConfig, SigningOptions } from "./keys.js";
export type { QueueConfig, QueueOptions } from "./task-queues.js";
export type { TaskRouter } from "./task-routes.js";
export { resolveOptions } from "./resolve.js";
