import { hostname } from "node:os";
import { systemClock } from "../core/clock.js";
import { EntryLogger, entryText, type LogEntry } from "../core/entry-logger.js";
import { ConfigurationError } from "../core/errors.js";
import type { Logger, LogLevel } from "../core/logger.js";
import { assertKnownKeys, choiceOption, integerOption, textOption } from "../core/options.js";
import { systemRandom } from "../core/random.js";
import { levelOption } from "./options.js";
import { SyslogSender } from "./syslog-sender.js";

const TRANSPORTS = ["udp", "tcp", "tls"] as const;
const FACILITIES = [
  ...([
    "kern",
    "user",
    "mail",
    "daemon",
    "auth",
    "syslog",
    "lpr",
    "news",
    "uucp",
    "cron",
    "authpriv",
    "ftp",
  ] as const),
  ...(["ntp", "audit", "alert", "clock"] as const),
  ...(["local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"] as const),
] as const;
export type SyslogFacility = (typeof FACILITIES)[number];

export interface SyslogOptions {
  /** Default "localhost". */
  readonly host?: string | undefined;
  /** Default 514; of "tls" 6514. */
  readonly port?: number | undefined;
  /**
   * "udp" (default): one datagram an entry, of which nobody knows whether it came. "tcp": with octet counting. "tls": the same, and the
   * server's certificate is checked; that of an authority of your own is named by NODE_EXTRA_CA_CERTS.
   */
  readonly transport?: (typeof TRANSPORTS)[number] | undefined;
  /** Default "daemon". */
  readonly facility?: SyslogFacility | undefined;
  /** Names the program: up to 48 characters of ASCII that print. Default "sunbeat". */
  readonly app?: string | undefined;
  /** Lines below it are left out. Default "info". */
  readonly level?: LogLevel | undefined;
}

export interface SyslogLogger extends Logger {
  /** Resolves once what was logged is sent, or after a second. `app.close()` waits for it. */
  flush(): Promise<void>;
  /** Flushes, and ends the connection. What is logged afterwards is dropped. */
  close(): Promise<void>;
}

const SEVERITIES = { debug: 7, info: 6, warn: 4, error: 3 } as const;
const [UDP_PORT, TLS_PORT] = [514, 6514];
/** Bytes of a message that common servers take. */
const MAX_BYTES = 8_000;

/**
 * Entries as RFC 5424 messages to a syslog server, one line each; the name of the event is the MSGID. While the server is away 1,000
 * entries are kept, and those beyond are counted, which a line tells when it is back. Connects at the first entry, and keeps no process
 * alive. Codes: SUNBEAT_OPTION_UNKNOWN, SUNBEAT_OPTION_INVALID.
 */
export function syslogLogger(options: SyslogOptions = {}): SyslogLogger {
  assertKnownKeys(options, ["host", "port", "transport", "facility", "app", "level"], "syslogLogger");
  const transport = choiceOption(options.transport ?? "udp", "syslogLogger: transport", TRANSPORTS);
  const host = hostOption(options.host ?? "localhost");
  const standard = transport === "tls" ? TLS_PORT : UDP_PORT;
  const port = integerOption(options.port ?? standard, "syslogLogger: port", 1, 65_535);
  const facility = choiceOption(options.facility ?? "daemon", "syslogLogger: facility", FACILITIES);
  const app = headerText(textOption(options.app ?? "sunbeat", "syslogLogger: app"), 48);
  const lowest = levelOption(options.level ?? "info", "syslogLogger: level");
  const code = FACILITIES.indexOf(facility) * 8;
  const machine = headerText(hostname(), 255);
  const messageOf = (entry: LogEntry): Buffer => {
    const priority = code + SEVERITIES[entry.level];
    const { event } = entry.fields;
    const id = typeof event === "string" ? headerText(event, 32) : "-";
    const at = new Date(entry.at).toISOString();
    // A line of its own for each line of a stack would be a message of its own on many servers.
    const text = entryText(entry).replaceAll("\n", "\\n");
    return cut(`<${priority}>1 ${at} ${machine} ${app} ${process.pid} ${id} - ${text}`);
  };
  const now = (): number => systemClock.now();
  const sender = new SyslogSender({
    ...{ transport, host, port, clock: systemClock, random: systemRandom },
    dropped: (count) =>
      messageOf({
        ...{ at: now(), level: "warn", more: [], fields: {} },
        message: `${count} log ${count === 1 ? "entry was" : "entries were"} dropped while this server was away`,
      }),
  });
  return new Syslog(sender, lowest, messageOf);
}

class Syslog extends EntryLogger implements SyslogLogger {
  readonly #sender: SyslogSender;

  constructor(sender: SyslogSender, lowest: number, messageOf: (entry: LogEntry) => Buffer) {
    super({
      now: () => systemClock.now(),
      lowest: () => lowest,
      take: (entry) => sender.send(messageOf(entry)),
      flush: () => sender.flush(),
    });
    this.#sender = sender;
  }

  close(): Promise<void> {
    return this.#sender.close();
  }
}

function hostOption(host: unknown): string {
  const name = textOption(host, "syslogLogger: host");
  if (name !== "" && !name.includes("/")) return name;
  throw new ConfigurationError(
    "SUNBEAT_OPTION_INVALID",
    `syslogLogger: host: expected the name or address of a server, got ${JSON.stringify(name)}; Node has no datagram sockets of Unix, ` +
      "which /dev/log is: have the syslog of this machine listen on UDP (rsyslog: imudp, on 127.0.0.1), or use journalLogger under systemd",
    { details: { option: "host" } },
  );
}

/** A field of the header: ASCII that prints, without blanks. */
function headerText(text: string, limit: number): string {
  return text.replace(/[^\x21-\x7e]/g, "_").slice(0, limit) || "-";
}

function cut(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_BYTES) return bytes;
  // Not within a character.
  let end = MAX_BYTES;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
