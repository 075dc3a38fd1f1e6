export { type EventListener, Events } from "./emitter.js";
export type {
  CustomTaskEvent,
  EventBase,
  EventError,
  EventMap,
  EventName,
  EventsLost,
  SunbeatEvent,
  WatchedEvent,
} from "./event-map.js";
export type { LamportClock } from "./lamport.js";
export { WatchedEvents } from "./outlet.js";
export { taskSent } from "./task-sent.js";
export { type EventStream, OpeningStream, type WatchOptions, watchRequest } from "./watching.js";
