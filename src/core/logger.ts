/** Where log lines go. Any object with these four methods will do, pino's among them. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** True where nobody reads debug and info: lines of single tasks are not made then. */
  readonly silent?: boolean;
}

/** Says nothing: for a program that asked for silence. */
export const silentLogger: Logger = {
  silent: true,
  debug() {},
  info() {},
  warn() {},
  error() {},
};
