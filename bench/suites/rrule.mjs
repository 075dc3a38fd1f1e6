// RRULE: a rule of every second week from 2027, asked in 2057, beside the libraries that read the same text.
import rruleLibrary from "rrule";
import { RRuleTemporal } from "rrule-temporal";
import { rrule } from "../../dist/index.js";
import { interleave, perCall } from "../harness.mjs";

const { rrulestr } = rruleLibrary;
const RULE = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH";
const UTC = `DTSTART:20270104T080000Z\n${RULE}`;
const ZONED = `DTSTART;TZID=Europe/Paris:20270104T080000\n${RULE}`;
const ASKED = Date.UTC(2057, 0, 1);

/** Each call asks a day later than the one before, so that no answer is kept. */
function days(ask) {
  let call = 0;
  return () => ask(ASKED + (call++ % 300) * 86_400_000);
}

function contenders(text) {
  const ours = rrule(text);
  const temporal = new RRuleTemporal({ rruleString: text });
  return {
    sunbeat: days((at) => ours.next(at)),
    // With TZID its answers are local times that say Z, and each takes seconds.
    ...(text === UTC && { "rrule 2.8.1": days((at) => rrulestr(text).after(new Date(at))?.getTime()) }),
    "rrule-temporal 2.2.8": days((at) => temporal.next(new Date(at))?.epochMilliseconds),
  };
}

/** Kept apart by what a call costs. */
const CALLS = { sunbeat: 100_000, "rrule 2.8.1": 2, "rrule-temporal 2.2.8": 100 };

async function row(what, text, quick) {
  const asked = contenders(text);
  if (text === UTC) {
    const answers = new Set(Object.values(asked).map((ask) => ask()));
    if (answers.size !== 1) throw new Error(`the answers differ: ${[...answers].join(", ")}`);
  }
  const timed = Object.entries(asked).map(([name, ask]) => {
    const count = quick ? Math.ceil(CALLS[name] / 10) : CALLS[name];
    perCall(count, ask);
    return [name, () => perCall(count, ask)];
  });
  const { sunbeat, ...rivals } = await interleave(Object.fromEntries(timed), quick ? 3 : 7);
  const better = Math.min(...Object.values(rivals)) / 1_000;
  return {
    ...{ what, unit: "ns", ours: sunbeat, rivals },
    wanted: `1,000x the better: ${better.toFixed(0)} ns`,
  };
}

export async function run({ quick }) {
  const rows = [
    await row("biweekly from 2027, asked in 2057, UTC", UTC, quick),
    await row("the same in Europe/Paris", ZONED, quick),
  ];
  return { title: "RRULE", rows };
}
