export { AsyncResult, type GetOptions } from "./async-result.js";
export { type BrokerUrl, maskPassword, parseBrokerUrl } from "./broker-url.js";
export type { AppCore, AppParts, Pace } from "./core.js";
export type { StartBeatOptions, StartWorkerOptions } from "./processes.js";
export { type Part, type RunEnd, serve } from "./serve.js";
export { coreOf, Sunbeat } from "./sunbeat.js";
export type { DeclareTask, Task } from "./task.js";
export { LockedTask, type RegisterOptions, type TaskOf } from "./locked-task.js";
export { task, type TaskDecorator, tasks } from "./task-classes.js";
