export { type EventListener, Events } from "./emitter.js";
export type { EventBase, EventMap, EventName, SunbeatEvent } from "./event-map.js";
