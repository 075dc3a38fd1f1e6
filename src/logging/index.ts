export { AppLog, type AppLogger } from "./app-logger.js";
export { journalLogger } from "./journal.js";
export { jsonLogger } from "./json.js";
export { appendTo } from "./log-file.js";
export type { LoggerOptions } from "./options.js";
export { levelName, prettyLogger, type PrettyLoggerOptions } from "./pretty.js";
export {
  type AskLogging,
  LOG_FORMATS,
  type LogChoice,
  type LogFormat,
  type LogSetup,
  setUpLogging,
} from "./setup.js";
export { syslogLogger, type SyslogLogger, type SyslogOptions } from "./syslog.js";
export { warningsLogger } from "./warnings.js";
