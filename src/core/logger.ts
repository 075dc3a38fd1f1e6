/** Where log lines go. Any object with these four methods will do, pino's among them. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** True where nobody reads: lines of single tasks are not made then. */
  readonly silent?: boolean;
}

/** Says nothing: the default of a program that has not asked for logs. */
export const silentLogger: Logger = {
  silent: true,
  debug() {},
  info() {},
  warn() {},
  error() {},
};
