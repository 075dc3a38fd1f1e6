import { LOG_LEVELS, type Logger } from "./logger.js";
import { invalidOption } from "./options.js";

/** `or`: what else may stand there. Code: SUNBEAT_OPTION_INVALID. */
export function loggerOption(logger: unknown, what: string, or = ""): Logger {
  if (
    typeof logger === "object" &&
    logger !== null &&
    LOG_LEVELS.every((method) => typeof (logger as Partial<Logger>)[method] === "function")
  ) {
    return logger as Logger;
  }
  throw invalidOption(what, `an object with the methods debug, info, warn and error${or}`, logger);
}
