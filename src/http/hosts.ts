/** Which hosts may be asked: the entries of `allow`, and what a URL is compared with them by. */
import { domainToASCII } from "node:url";
import { invalidOption } from "../core/options.js";
import type { HostRule } from "./host-rule.js";

const EXPECTED = 'a host such as "api.example.com", "*.example.com" or "api.example.com:8443"';
const ENTRY = /^(\*\.)?(\[[0-9a-fA-F:.]+\]|[^\s/?#@:\\*[\]%]+?)\.?(?::(\d{1,5}))?$/u;

/** Code: SUNBEAT_OPTION_INVALID. */
export function hostRule(entry: unknown, what: string): HostRule {
  const [, wildcard, name = "", port] = typeof entry === "string" ? (ENTRY.exec(entry) ?? []) : [];
  const host = name.startsWith("[") ? hostOf(name) : domainToASCII(name);
  const isBelowAddress = wildcard !== undefined && (name.startsWith("[") || /^[\d.]+$/.test(host ?? ""));
  if (!host || isBelowAddress || Number(port ?? 1) > 65_535) throw invalidOption(what, EXPECTED, entry);
  return { host, below: wildcard !== undefined, port: port === undefined ? null : Number(port) };
}

/** An address in brackets, as the URL parser writes it. */
function hostOf(address: string): string | null {
  return urlOf(`https://${address}`)?.hostname ?? null;
}

/** Null for what is none. Not by `URL.canParse`: once Node 20 has compiled its callers, it takes "https://é.example" for no URL. */
export function urlOf(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

export function portOf({ port, protocol }: Pick<URL, "port" | "protocol">): number {
  return port === "" ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port);
}

/** The host of a URL without the dot that may end a full name; null: it has empty labels. */
export function nameOf({ hostname }: Pick<URL, "hostname">): string | null {
  const name = hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
  return name === "" || name.startsWith(".") || name.includes("..") ? null : name;
}

export function isAllowed(rules: readonly HostRule[], name: string, port: number): boolean {
  return rules.some(
    (rule) =>
      (rule.port === null || rule.port === port) &&
      (rule.below ? name.endsWith(`.${rule.host}`) : name === rule.host),
  );
}
