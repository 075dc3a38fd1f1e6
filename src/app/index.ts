export { AsyncResult, type GetOptions } from "./async-result.js";
export { type BrokerUrl, maskPassword, parseBrokerUrl } from "./broker-url.js";
export type { AppCore, AppParts, Pace } from "./core.js";
export type { StartBeatOptions, StartWorkerOptions } from "./processes.js";
export { coreOf, Sunbeat } from "./sunbeat.js";
export type { DeclareTask, Task } from "./task.js";
