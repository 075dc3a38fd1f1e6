import { ConfigurationError } from "../core/errors.js";
import { didYouMean } from "../core/nearest.js";
import { quote } from "../core/quote.js";
import type { Handling } from "./handling.js";
import { Signal } from "./signal.js";
import { SIGNAL_NAMES, type SignalName } from "./signal-map.js";

/** All signals of an app by name. */
export type Signals = { readonly [Name in SignalName]: Signal<Name> };

/** `onChange`: somebody has connected or disconnected. */
export function makeSignals(handling: Handling, onChange: () => void): Signals {
  const signals = SIGNAL_NAMES.map((name) => [name, new Signal(name, handling, onChange)] as const);
  return Object.freeze(Object.fromEntries(signals)) as unknown as Signals;
}

/** As programs see them: a name that is none throws SUNBEAT_OPTION_UNKNOWN with the nearest one, where plain data would be undefined. */
export function strictSignals(signals: Signals): Signals {
  return new Proxy(signals, {
    get(target, name) {
      // Symbols, `then` and `toJSON` are asked for by `await`, by printing and by test runners.
      if (typeof name === "symbol" || name in target || name === "then" || name === "toJSON")
        return Reflect.get(target, name) as unknown;
      const hint = didYouMean(name, SIGNAL_NAMES) || `; known are ${[...SIGNAL_NAMES].sort().join(", ")}`;
      throw new ConfigurationError(
        "SUNBEAT_OPTION_UNKNOWN",
        `signals: unknown signal ${quote(name)}${hint}`,
        {
          details: { option: name },
        },
      );
    },
  });
}
