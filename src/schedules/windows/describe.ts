import { tellDays } from "../days/describe-days.js";
import type { Edge } from "../schedule.js";
import type { Language } from "../telling/language.js";
import { textOf } from "../telling/text-of.js";
import type { WindowSpec } from "./spec.js";

/** What a window keeps, or leaves out: "from 09:30 until before 16:00 (America/New_York)", "except 2027-12-24". */
export function tellSpec(spec: WindowSpec, language: Language): string {
  const zone = spec.timezone === undefined ? "" : ` (${spec.timezone})`;
  const body = bodyOf(spec, language);
  return `${spec.not === true ? language.except(body) : body}${zone}`;
}

/** Windows of which one must hold. */
export function tellGroup(group: readonly WindowSpec[], language: Language): string {
  return language.names.list(
    group.map((spec) => tellSpec(spec, language)),
    "or",
  );
}

function bodyOf(spec: WindowSpec, language: Language): string {
  if ("instants" in spec) return language.instantsOf(textOf(spec.instants, language));
  const days = spec.days === undefined ? undefined : tellDays(spec.days, language);
  const on = days === undefined ? "" : ` ${language.on(days)}`;
  if (spec.hours !== undefined) {
    return `${language.hours(spec.hours[0], spec.hours[1], spec.inclusive === true)}${on}`;
  }
  if (spec.from !== undefined) {
    return `${language.edges(edgeText(spec.from, language), edgeText(spec.to, language))}${on}`;
  }
  return spec.not === true ? days! : language.on(days!);
}

function edgeText(edge: Edge, language: Language): string {
  return typeof edge === "string" ? edge : language.quoted(textOf(edge, language));
}
