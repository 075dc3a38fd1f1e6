/**
 * Names of zones that do not mean what they seem to. The runtime takes more names than IANA has: three letters that ICU
 * keeps for old Java programs, among them "BST", which is Bangladesh there and London to people.
 */

/** What only the runtime knows, and the zones that people mean by it, the likeliest first. */
const FOREIGN = meanings(`
  ACT Australia/Darwin Australia/Adelaide
  AET Australia/Sydney
  AGT America/Argentina/Buenos_Aires
  ART America/Argentina/Buenos_Aires
  AST America/Halifax America/Puerto_Rico
  BET America/Sao_Paulo
  BST Europe/London
  CAT Africa/Maputo
  CNT America/St_Johns
  CST America/Chicago Asia/Shanghai
  CTT Asia/Shanghai
  EAT Africa/Nairobi
  ECT America/Guayaquil Europe/Paris
  IET America/Indiana/Indianapolis
  IST Asia/Kolkata Europe/Dublin Asia/Jerusalem
  JST Asia/Tokyo
  MIT Pacific/Marquesas
  NET Asia/Yerevan
  NST America/St_Johns
  PLT Asia/Karachi
  PNT America/Phoenix
  PRT America/Puerto_Rico
  PST America/Los_Angeles Asia/Manila
  SST Pacific/Pago_Pago
  VST Asia/Ho_Chi_Minh
  Canada/East-Saskatchewan America/Regina
  US/Pacific-New America/Los_Angeles
  SystemV/AST4 America/Puerto_Rico
  SystemV/AST4ADT America/Halifax
  SystemV/CST6 America/Regina
  SystemV/CST6CDT America/Chicago
  SystemV/EST5 America/Panama
  SystemV/EST5EDT America/New_York
  SystemV/HST10 Pacific/Honolulu
  SystemV/MST7 America/Phoenix
  SystemV/MST7MDT America/Denver
  SystemV/PST8 Pacific/Pitcairn
  SystemV/PST8PDT America/Los_Angeles
  SystemV/YST9 Pacific/Gambier
  SystemV/YST9YDT America/Anchorage`);

/** Abbreviations that are no zone anywhere; most are one half of the year. */
const ABBREVIATIONS = meanings(`
  ADT America/Halifax
  AEDT Australia/Sydney
  AEST Australia/Sydney
  CDT America/Chicago
  CEST Europe/Paris
  EDT America/New_York
  EEST Europe/Athens
  ET America/New_York
  HKT Asia/Hong_Kong
  KST Asia/Seoul
  MDT America/Denver
  MSK Europe/Moscow
  NDT America/St_Johns
  NZDT Pacific/Auckland
  NZST Pacific/Auckland
  PDT America/Los_Angeles
  PT America/Los_Angeles
  SGT Asia/Singapore
  WEST Europe/Lisbon`);

/** A table of names, one a line, each with what it means; the keys are in lower case. */
function meanings(table: string): ReadonlyMap<string, readonly string[]> {
  const rows = table.trim().split(/\n */);
  return new Map(
    rows.map((row) => {
      const [name, ...zones] = row.split(" ");
      return [name!.toLowerCase(), zones];
    }),
  );
}

/** Whether a name that the runtime takes is none of IANA's, neither a zone nor a link. */
export function isForeign(name: string): boolean {
  return FOREIGN.has(name.toLowerCase());
}

/** What to say of a name that is refused, and the zone that people mean by it. */
export interface Correction {
  /** The sentence after the name. */
  readonly problem: string;
  readonly meant: string;
}

/** Undefined where nobody can tell what is meant. */
export function correctionOf(name: string): Correction | undefined {
  const lower = name.toLowerCase();
  const zones = FOREIGN.get(lower) ?? ABBREVIATIONS.get(lower);
  if (zones === undefined) return offsetCorrection(name);
  return { problem: `is not a time zone of IANA; write ${zones.join(" or ")}`, meant: zones[0]! };
}

/** "+02:00", "UTC+2" and "GMT+2" are Etc/GMT-2, where IANA has a zone for them. */
function offsetCorrection(name: string): Correction | undefined {
  const match = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?00)?$/i.exec(name);
  if (match === null) return undefined;
  const hours = Number(match[2]);
  const isEast = match[1] === "+";
  if (hours > (isEast ? FURTHEST_EAST : FURTHEST_WEST)) return undefined;
  const meant = hours === 0 ? "UTC" : `Etc/GMT${isEast ? "-" : "+"}${hours}`;
  const how = hours === 0 ? meant : `${meant}, whose sign is turned round`;
  return { problem: `is not a time zone of IANA but an offset; write ${how}`, meant };
}

const FURTHEST_EAST = 14;
const FURTHEST_WEST = 12;

/** What a name of IANA's means that people take for something else, and what to write in its place. */
export interface NameMeaning {
  readonly message: string;
  readonly suggestion?: string;
}

const MEANINGS: ReadonlyMap<string, NameMeaning> = new Map([
  ["est", { message: "EST is -05:00 all year, without daylight saving", suggestion: "America/New_York" }],
  ["mst", { message: "MST is -07:00 all year, without daylight saving", suggestion: "America/Denver" }],
  ["hst", { message: "HST is -10:00 all year, without daylight saving", suggestion: "Pacific/Honolulu" }],
  ["gb", { message: "GB is an old name of Europe/London", suggestion: "Europe/London" }],
  ["gb-eire", { message: "GB-Eire is an old name of Europe/London", suggestion: "Europe/London" }],
]);

/** See `NameMeaning`; undefined for a name that says what it is. */
export function meaningOf(name: string): NameMeaning | undefined {
  const match = /^Etc\/GMT([+-])(\d+)$/i.exec(name);
  const hours = Number(match?.[2] ?? 0);
  if (match === null || hours === 0) return MEANINGS.get(name.toLowerCase());
  const [sign, opposite] = match[1] === "-" ? ["+", "-"] : ["-", "+"];
  const written = `Etc/GMT${match[1]}${hours}`;
  const offset = (of: string): string => `${of}${String(hours).padStart(2, "0")}:00`;
  const other = hours > FURTHEST_WEST ? "" : `; ${offset(opposite)} is Etc/GMT${sign}${hours}`;
  return { message: `${written} is ${offset(sign)}: IANA turns the sign round${other}` };
}
