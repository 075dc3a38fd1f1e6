/** The whole terminal, over its alternate buffer: it is as before when the screen is closed, however the process ends. */
import type { Clock, Timer } from "../core/clock.js";
import type { ScreenLine, Style } from "./events-view.js";

export interface Device {
  readonly output: {
    write(text: string): unknown;
    readonly columns?: number | undefined;
    readonly rows?: number | undefined;
    on(event: "resize", listener: () => void): unknown;
    off(event: "resize", listener: () => void): unknown;
  };
  readonly input: {
    readonly isTTY?: boolean | undefined;
    setRawMode?(raw: boolean): unknown;
    on(event: "data", listener: (chunk: unknown) => void): unknown;
    off(event: "data", listener: (chunk: unknown) => void): unknown;
    resume(): unknown;
    pause(): unknown;
  };
  /** Called when the process ends in whichever way. */
  onExit(restore: () => void): () => void;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const OPEN = "\x1b[?1049h\x1b[?25l";
const CLOSE = "\x1b[?25h\x1b[?1049l";
const DRAW_MS = 100;
const CODES: Readonly<Record<Style, string>> = {
  ...{ bold: "1", dim: "2", inverse: "7", red: "31", green: "32", yellow: "33" },
};
const COLORS: ReadonlySet<Style> = new Set(["red", "green", "yellow"]);

export class Screen {
  readonly #device: Device;
  readonly #clock: Clock;
  readonly #hasColors: boolean;
  readonly #lines: (size: Size) => readonly ScreenLine[];
  readonly #onKey: (key: string) => void;
  #timer: Timer | null = null;
  #unhook: (() => void) | null = null;
  #last = "";

  constructor(
    device: Device,
    clock: Clock,
    options: {
      readonly hasColors: boolean;
      readonly lines: (size: Size) => readonly ScreenLine[];
      readonly onKey: (key: string) => void;
    },
  ) {
    this.#device = device;
    this.#clock = clock;
    this.#hasColors = options.hasColors;
    this.#lines = options.lines;
    this.#onKey = options.onKey;
  }

  open(): void {
    const { input, output } = this.#device;
    output.write(OPEN);
    this.#unhook = this.#device.onExit(() => this.close());
    input.setRawMode?.(true);
    input.on("data", this.#heard);
    input.resume();
    output.on("resize", this.#resized);
    this.#tick();
  }

  /** May be called twice. */
  close(): void {
    if (this.#unhook === null) return;
    const { input, output } = this.#device;
    this.#unhook();
    this.#unhook = null;
    this.#timer?.cancel();
    input.off("data", this.#heard);
    input.setRawMode?.(false);
    input.pause();
    output.off("resize", this.#resized);
    output.write(CLOSE);
  }

  readonly #heard = (chunk: unknown): void => {
    for (const key of keysOf(String(chunk))) this.#onKey(key);
    this.#draw();
  };

  readonly #resized = (): void => {
    this.#last = "";
    this.#draw();
  };

  #tick(): void {
    this.#draw();
    this.#timer = this.#clock.after(DRAW_MS, () => this.#tick());
  }

  #draw(): void {
    if (this.#unhook === null) return;
    const { columns = 80, rows = 24 } = this.#device.output;
    const text = this.#lines({ columns, rows })
      .map((line) => `${line.map((span) => this.#painted(span.text, span.style)).join("")}\x1b[K`)
      .join("\r\n");
    if (text === this.#last) return;
    this.#last = text;
    this.#device.output.write(`\x1b[H${text}\x1b[J`);
  }

  #painted(text: string, style: Style | undefined): string {
    if (style === undefined || (COLORS.has(style) && !this.#hasColors)) return text;
    return `\x1b[${CODES[style]}m${text}\x1b[0m`;
  }
}

/** What was typed, key by key: an arrow is one of three characters. */
export function keysOf(text: string): string[] {
  return text.match(/\x1b\[[A-D]|[^]/gu) ?? [];
}

/** The terminal of this process. */
export function ownDevice(): Device {
  return {
    output: process.stdout,
    input: process.stdin,
    onExit(restore) {
      process.on("exit", restore);
      return () => void process.off("exit", restore);
    },
  };
}
