export { Extensions, type Middleware, type MiddlewareRun, type PublishMiddleware } from "./extensions.js";
export { handled, HANDLER_LIMIT_MS, started } from "./handling.js";
export { type Around, callAround } from "./middleware.js";
export { type ConnectOptions, Signal, type SignalHandler, type SignalSender } from "./signal.js";
export {
  type LoggingSetup,
  type PublishedMessage,
  SIGNAL_NAMES,
  type SignalMap,
  type SignalName,
} from "./signal-map.js";
export { type Signals, strictSignals } from "./signals.js";
