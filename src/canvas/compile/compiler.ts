/**
 * From a form to parts and edges. A form is handed an inlet, the ends that it waits for and what they give, and hands an outlet
 * to whatever follows it. Nothing here calls itself on the stack of the machine.
 */
import { COLLECT_TASK } from "../../tasks/built-in.js";
import type { Source, Take } from "../../tasks/part.js";
import type { Deep } from "../deep.js";
import { type ChordForm, type Form, hasCallbacks, stepsOf, type TaskForm, taskForm } from "../form.js";
import { invalidForm, within } from "../place.js";
import { endsOf, type GraphBuilder, type Outlet, type Port } from "./builder.js";
import { workflowOutlet } from "./calls.js";
import { GroupPorts } from "./group-ports.js";
import {
  type CompilerContext,
  type FormCompiler,
  type Inlet,
  inletOf,
  MOST_LEVELS,
  settledOutlet,
  type Taken,
} from "./inlet.js";
import { enter, messageOptions, NO_DELAY, type Scope } from "./scope.js";
import { isEmptyList, listSource, sourceOf } from "./sources.js";
import { beginsWithOne } from "./starters.js";

export class Compiler implements FormCompiler {
  readonly builder: GraphBuilder;
  readonly #context: CompilerContext;
  #tookOpen = false;

  constructor(builder: GraphBuilder, context: CompilerContext) {
    this.builder = builder;
    this.#context = context;
  }

  /** Whether a part has taken the arguments of the send. */
  get tookOpen(): boolean {
    return this.#tookOpen;
  }

  /** To be yielded in a `Deep`, or run. */
  *compile(form: Form, inlet: Inlet, outer: Scope): Deep<Outlet> {
    const scope = enter(form, outer, this.#context.now);
    const from = this.builder.drafts.length;
    const outlet =
      form.kind === "task" ? this.#task(form, inlet, scope) : yield this.#inner(form, inlet, scope);
    if (!hasCallbacks(form)) return outlet;
    // Options of a task are its own; those of a form are defaults of its callbacks, too.
    const around = form.kind === "task" ? { ...outer, stamps: scope.stamps } : scope;
    return yield this.#withCallbacks(form, outlet, from, {
      ...around,
      delay: NO_DELAY,
      group: null,
      aside: true,
    });
  }

  /** One end for those who follow, where there are several ends and would be several followers. */
  followed(outlet: Outlet, next: Form, { aside, place }: Scope): Inlet {
    const many = endsOf(outlet.ports) > 1 && !beginsWithOne(next);
    return inletOf(many ? this.builder.join(outlet, aside, place) : outlet);
  }

  /** One part whose end and value are those of the form. */
  singled(outlet: Outlet, { aside, place }: Scope): Outlet {
    return outlet.single === null ? this.builder.join(outlet, aside, place) : outlet;
  }

  /** The same of those who need the record of a task. */
  collected(outlet: Outlet, scope: Scope): Outlet {
    if (outlet.single !== null && outlet.single.value === null) return outlet;
    return this.#task(taskForm(COLLECT_TASK, []), inletOf(outlet), scope);
  }

  *#inner(form: Exclude<Form, TaskForm>, inlet: Inlet, scope: Scope): Deep<Outlet> {
    switch (form.kind) {
      case "chain":
        return yield this.#chain(stepsOf(form), inlet, scope);
      case "group":
        return yield this.#group(form.members, form.errors === "cancel", "group", inlet, scope);
      case "chord":
        return yield this.#chord(form, inlet, scope);
      case "settled": {
        const outlet = yield this.compile(form.of, inlet, {
          ...scope,
          place: within(scope.place, "settled"),
        });
        return settledOutlet(this.singled(outlet, scope));
      }
      case "workflow":
        return yield workflowOutlet(this, form, inlet, scope);
    }
  }

  /** The most frequent case, without a generator: a task that nobody follows but the next. */
  #plain(form: Form, inlet: Inlet, outer: Scope): Outlet | null {
    if (form.kind !== "task" || hasCallbacks(form)) return null;
    return this.#task(form, inlet, enter(form, outer, this.#context.now));
  }

  /** A task, without its options and callbacks: those are in the scope. */
  #task(form: TaskForm, inlet: Inlet, scope: Scope): Outlet {
    const { builder } = this;
    if (form.stream && inlet.taken.from !== "part") return this.#streamOf(form, inlet, scope);
    const draft = builder.task(scope.aside, scope.place);
    builder.connect(inlet.ports, draft, scope.place);
    const { args, take } = this.#arguments(form, inlet.taken);
    builder.take(
      draft,
      take.flatMap(([, what]) => sourceOf(what)),
    );
    const options = messageOptions(scope);
    draft.message = this.#context.createMessage({
      task: form.task,
      args,
      id: draft.id,
      ...(options && { options }),
      part: {
        graph: this.#context.graph,
        take,
        parentId: inlet.parentId,
        group: scope.group,
        stamps: Object.keys(scope.stamps),
      },
    });
    return builder.outletOf(draft);
  }

  #arguments(form: TaskForm, taken: Taken): { readonly args: readonly unknown[]; readonly take: Take[] } {
    const { args } = form;
    if (taken.from === "calls") return { args, take: taken.takes.map(([at, source]) => [at, source]) };
    if (form.immutable) return { args, take: [] };
    switch (taken.from) {
      case "args":
        this.#tookOpen ||= taken.args.length > 0;
        return { args: taken.args.length > 0 ? [...taken.args, ...args] : args, take: [] };
      case "failure":
        return { args, take: [[0, ["failure"]]] };
      case "part": {
        const { source } = taken;
        if (form.stream) return { args, take: [[0, ["stream", source]]] };
        return isEmptyList(source) ? { args: [[], ...args], take: [] } : { args, take: [[0, source]] };
      }
    }
  }

  /** A stream is read from a part, so a list that is given with the send is made one. */
  #streamOf(form: TaskForm, inlet: Inlet, scope: Scope): Outlet {
    const { taken } = inlet;
    const [list, ...others] = taken.from === "args" ? taken.args : [];
    if (!Array.isArray(list) || others.length > 0) {
      throw invalidForm(
        scope.place,
        "a stream is open: put a group before it, or give it a list with the send",
      );
    }
    const collected = this.#task(taskForm(COLLECT_TASK, []), inlet, scope);
    return this.#task(form, inletOf(collected), { ...scope, delay: NO_DELAY });
  }

  *#chain(steps: readonly Form[], inlet: Inlet, scope: Scope): Deep<Outlet> {
    const from = this.builder.drafts.length;
    let current = inlet;
    for (const [index, step] of steps.entries()) {
      const isFirst = this.builder.drafts.length === from;
      const place = within(scope.place, "chain", index);
      const inside = { ...scope, place, delay: isFirst ? scope.delay : NO_DELAY };
      const outlet = this.#plain(step, current, inside) ?? (yield this.compile(step, current, inside));
      const next = steps[index + 1];
      if (next === undefined) return outlet;
      current = this.followed(outlet, next, scope);
    }
    throw invalidForm(scope.place, "expected at least one form in a chain");
  }

  *#chord({ header, body }: ChordForm, inlet: Inlet, scope: Scope): Deep<Outlet> {
    const from = this.builder.drafts.length;
    const place = within(scope.place, "chord");
    const outlet = yield this.#group(header, false, "header", inlet, { ...scope, place });
    const isFirst = this.builder.drafts.length === from;
    const inside = { ...scope, place: within(place, "body"), delay: isFirst ? scope.delay : NO_DELAY };
    return yield this.compile(body, this.followed(outlet, body, scope), inside);
  }

  *#group(
    members: readonly Form[],
    cancels: boolean,
    step: string,
    inlet: Inlet,
    scope: Scope,
  ): Deep<Outlet> {
    const { builder } = this;
    if (members.length === 0) return this.#emptyGroup(inlet, scope);
    const from = builder.drafts.length;
    const ports = new GroupPorts(builder.newList(), () => builder.newList());
    const sources: Source[] = [];
    let [depth, first]: [number, string | null] = [0, null];
    for (const [index, member] of members.entries()) {
      const place = within(scope.place, step, index);
      const group = { key: ports.list.key, index };
      const inside = { ...scope, place, group };
      const outlet = this.#plain(member, inlet, inside) ?? (yield this.compile(member, inlet, inside));
      const shallow = outlet.depth < MOST_LEVELS ? outlet : builder.join(outlet, scope.aside, place);
      ports.add(shallow.ports);
      sources.push(shallow.source);
      depth = Math.max(depth, shallow.depth);
      first ??= shallow.first;
    }
    const all = ports.all();
    if (cancels) {
      const range = { from, to: builder.drafts.length };
      for (const port of all) if (port.kind === "success") builder.listOf(port).cancels.push(range);
    }
    return { ports: all, source: listSource(ports.list.key, sources), depth: depth + 1, single: null, first };
  }

  /** Gives [] when what comes before it has ended, at once where nothing does. */
  #emptyGroup(inlet: Inlet, { aside, place }: Scope): Outlet {
    const source = listSource(null, []);
    const empty: Outlet = { ports: [], source, depth: 1, single: null, first: null };
    if (endsOf(inlet.ports) === 0) return empty;
    const { ports, first } = this.builder.join({ ...inlet, source, first: inlet.parentId }, aside, place);
    return { ...empty, ports, first };
  }

  *#withCallbacks(form: Form, given: Outlet, from: number, aside: Scope): Deep<Outlet> {
    const { builder } = this;
    const to = builder.drafts.length;
    const at = (step: string, index: number): Scope => ({
      ...aside,
      place: within(aside.place, step, index),
    });
    // Who is called follows one end, whatever else does; at failures one that can fail, which a settled form cannot.
    const follows = form.links.length + form.linkErrors.length > 0;
    const cannotFail = form.linkErrors.length > 0 && given.ports.some(({ kind }) => kind !== "success");
    const isMany = follows && endsOf(given.ports) !== 1;
    let outlet = isMany || cannotFail ? this.singled(given, aside) : given;
    for (const [index, link] of form.links.entries()) {
      const scope = at("link", index);
      this.singled(yield this.compile(link, inletOf(outlet), scope), scope);
    }
    for (const [index, callback] of form.linkErrors.entries()) {
      yield this.#errorCallback(callback, failuresOf(outlet), outlet.first, at("linkError", index));
    }
    for (const [index, callback] of form.onErrors.entries()) {
      let ports: readonly Port[] = builder.failures(from, to);
      if (ports.length === 0) {
        outlet = this.singled(outlet, aside);
        ports = failuresOf(outlet);
      }
      yield this.#errorCallback(callback, ports, builder.drafts[from]!.id, at("onError", index));
    }
    return outlet;
  }

  *#errorCallback(form: Form, ports: readonly Port[], first: string | null, scope: Scope): Deep<Outlet> {
    const failure: Inlet = { ports, taken: { from: "failure" }, parentId: first };
    // Several that are called share one that is: edges are not multiplied, and all of them have the same failure.
    const inlet = beginsWithOne(form)
      ? failure
      : inletOf(this.#task(taskForm(COLLECT_TASK, []), failure, scope));
    return this.singled(yield this.compile(form, inlet, scope), scope);
  }
}

function failuresOf({ ports }: Outlet): Port[] {
  return ports.map((port) => ({ ...port, kind: "failure" }));
}
