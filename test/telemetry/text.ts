/** A reader of the text of Prometheus, written apart from what writes it: strict about names, labels, order and buckets. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const LINE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;

export function parseMetrics(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  let current = "";
  for (const line of text.slice(0, -1).split("\n")) {
    if (line === "# EOF") continue;
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment) {
      const [, what, name = "", rest = ""] = comment;
      if (what === "HELP") {
        if (families.has(name)) throw new Error(`${name} comes twice`);
        families.set(name, { type: "", help: rest, samples: [] });
        current = name;
      } else families.set(name, { ...families.get(name)!, type: rest });
      continue;
    }
    const [, name = "", labels = "", value = ""] = LINE.exec(line) ?? [];
    if (name === "" || !name.startsWith(current)) throw new Error(`not a sample of ${current}: ${line}`);
    families.get(current)!.samples.push({ name, labels: parseLabels(labels), value: parseValue(value) });
  }
  return families;
}

function parseValue(text: string): number {
  const number = text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
  if (Number.isNaN(number) && text !== "NaN") throw new Error(`not a number: ${text}`);
  return number;
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== "") {
    const found = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/.exec(rest);
    if (!found) throw new Error(`not a label: ${rest}`);
    const [all, name = "", value = ""] = found;
    labels[name] = value.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    rest = rest.slice(all.length);
  }
  return labels;
}
