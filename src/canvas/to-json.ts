/** Forms as plain data, which other programs and versions read. `from-json.ts` is the other half. */
import { instantMs } from "../core/instant.js";
import type { SendOptions } from "../tasks/message.js";
import type { SignatureJSON } from "../tasks/signature.js";
import { type Deep, runDeep } from "./deep.js";
import { BARE, type Call, type Form, stepsOf } from "./form.js";

/** Version of the written form. */
export const FORM_VERSION = 1;

export type JSONForm = Readonly<Record<string, unknown>>;

export function formToJSON(form: Form): SignatureJSON {
  return { sunbeat: FORM_VERSION, ...runDeep(jsonOf(form)) };
}

function* jsonOf(form: Form): Deep<JSONForm> {
  const list = function* (forms: readonly Form[]): Generator<Deep<JSONForm>, JSONForm[], JSONForm> {
    const all: JSONForm[] = [];
    for (const one of forms) all.push(yield jsonOf(one));
    return all;
  };
  const dressing: Record<string, unknown> = {};
  if (form.options !== BARE.options) dressing["options"] = optionsToJSON(form.options);
  if (form.stamps !== BARE.stamps) dressing["stamps"] = { ...form.stamps };
  if (form.links.length > 0) dressing["link"] = yield* list(form.links);
  if (form.linkErrors.length > 0) dressing["linkError"] = yield* list(form.linkErrors);
  if (form.onErrors.length > 0) dressing["onError"] = yield* list(form.onErrors);
  switch (form.kind) {
    case "task":
      return {
        task: form.task,
        ...(form.args.length > 0 && { args: form.args }),
        ...(form.immutable && { immutable: true }),
        ...(form.stream && { stream: true }),
        ...dressing,
      };
    case "chain":
      return { chain: yield* list(stepsOf(form)), ...dressing };
    case "group": {
      const members = yield* list(form.members);
      return { group: members, ...(form.errors === "cancel" && { errors: "cancel" }), ...dressing };
    }
    case "chord":
      return { chord: { header: yield* list(form.header), body: yield jsonOf(form.body) }, ...dressing };
    case "settled":
      return { settled: yield jsonOf(form.of), ...dressing };
    case "workflow": {
      const forms = yield* list(form.calls.map((call) => call.form));
      const parts = form.calls.map((call, at) => ({ ...forms[at], ...callToJSON(call) }));
      const edges = form.calls.flatMap((call, to) => call.after.map((from) => [from, to]));
      return { graph: { name: form.name, parts, edges, output: form.output }, ...dressing };
    }
  }
}

function callToJSON({ take, name }: Call): JSONForm {
  return { ...(take.length > 0 && { take }), ...(name !== null && { name }) };
}

/** Instants become text; a Date in `expires` an object, since text is a duration there. */
function optionsToJSON(options: SendOptions): JSONForm {
  const { eta, expires } = options;
  const iso = (ms: number): string => new Date(ms).toISOString();
  return {
    ...options,
    ...(eta !== undefined && { eta: iso(instantMs(eta, "eta")) }),
    ...(expires instanceof Date && { expires: { at: iso(expires.getTime()) } }),
  };
}
