/** Signatures at run time: a form, and the app that sends it. */
import { ConfigurationError } from "../core/errors.js";
import { assertObject, invalidOption } from "../core/options.js";
import { resolveSendOptions, signaturesOption } from "../tasks/message-factory.js";
import type { SendOptions } from "../tasks/message.js";
import { FORM, isSignature, type SignatureJSON } from "../tasks/signature.js";
import { BARE, type CanvasSender, type Form } from "./form.js";
import { formToJSON } from "./to-json.js";
import type { AnySignature, GraphResult } from "./types.js";

/** A signature of any type: what its functions check, and what the types of src/canvas/types.ts say more exactly. */
class FormSignature {
  readonly [FORM]: Form;
  readonly #sender: CanvasSender | null;

  constructor(form: Form, sender: CanvasSender | null) {
    this[FORM] = form;
    this.#sender = sender;
    Object.freeze(this);
  }

  static senderOf(signature: FormSignature): CanvasSender | null {
    return signature.#sender;
  }

  /** True: it takes nothing of what comes before it. */
  get immutable(): boolean {
    return isImmutable(this[FORM]);
  }

  delay(...open: unknown[]): Promise<GraphResult<never>> {
    return this.applyAsync(open);
  }

  async applyAsync(open: readonly unknown[], options?: SendOptions): Promise<GraphResult<never>> {
    if (!Array.isArray(open))
      throw invalidOption("applyAsync", "an array of the arguments that are open", open);
    if (this.#sender !== null) return this.#sender.send(this[FORM], open, options);
    throw new ConfigurationError(
      "SUNBEAT_USAGE",
      "a signature is sent by the app that made it, and no app made this one: begin with a task of an app, or with app.fromJSON",
    );
  }

  pipe(next: unknown): FormSignature {
    const steps = [this[FORM], formOf(next, "pipe")];
    return new FormSignature({ ...BARE, kind: "chain", steps }, firstSender([this, next]));
  }

  link(next: unknown): FormSignature {
    const { links } = this[FORM];
    return this.#with({ links: [...links, formOf(next, "link")] });
  }

  linkError(next: unknown): FormSignature {
    const { linkErrors } = this[FORM];
    return this.#with({ linkErrors: [...linkErrors, formOf(next, "linkError")] });
  }

  onError(next: unknown): FormSignature {
    const { onErrors } = this[FORM];
    return this.#with({ onErrors: [...onErrors, formOf(next, "onError")] });
  }

  set(options: SendOptions): FormSignature {
    return new FormSignature(withOptions(this[FORM], options), this.#sender);
  }

  clone(): FormSignature {
    return new FormSignature(this[FORM], this.#sender);
  }

  stamp(headers: Readonly<Record<string, string>>): FormSignature {
    resolveSendOptions({ headers }, "stamp");
    return this.#with({ stamps: { ...this[FORM].stamps, ...headers } });
  }

  toJSON(): SignatureJSON {
    return formToJSON(this[FORM]);
  }

  #with(dressing: Partial<Form>): FormSignature {
    return new FormSignature({ ...this[FORM], ...dressing } as Form, this.#sender);
  }
}

/** The signature of a form, with the types that whoever makes it says. */
export function makeSignature<S extends AnySignature>(form: Form, sender: CanvasSender | null): S {
  return new FormSignature(form, sender) as unknown as S;
}

/** Throws SUNBEAT_OPTION_INVALID for what is no signature. */
export function formOf(value: unknown, what: string): Form {
  if (value instanceof FormSignature) return value[FORM];
  const isForeign = isSignature(value) || (typeof value === "object" && value !== null && "toJSON" in value);
  const hint = typeof value === "function" ? "; call s() or si() of the task" : "";
  throw invalidOption(
    what,
    `a signature${hint}${isForeign ? " made by this copy of the package" : ""}`,
    value,
  );
}

export function senderOf(value: unknown): CanvasSender | null {
  return value instanceof FormSignature ? FormSignature.senderOf(value) : null;
}

/** The first that is there; one of an app goes before one that is unbound. */
export function preferred(first: CanvasSender | null, second: CanvasSender | null): CanvasSender | null {
  if (first === null) return second;
  return first.isUnbound === true && second !== null && second.isUnbound !== true ? second : first;
}

/** The sender of the first that has one, as `preferred`. */
export function firstSender(values: readonly unknown[]): CanvasSender | null {
  return values.map(senderOf).reduce(preferred, null);
}

/** Whether it takes nothing of what comes before it, whoever asks. */
export function isImmutable(form: Form): boolean {
  if (form.kind === "task") return form.immutable;
  return form.kind === "group" && form.members.every((member) => member.kind === "task" && member.immutable);
}

/**
 * The form with options over those that it has; `link` and `linkError` become callbacks. Codes: SUNBEAT_OPTION_UNKNOWN,
 * SUNBEAT_OPTION_INVALID, SUNBEAT_DURATION_INVALID.
 */
export function withOptions(form: Form, options: SendOptions | undefined): Form {
  if (options === undefined) return form;
  assertObject(options, "options");
  resolveSendOptions(options);
  const { link, linkError, ...own } = options;
  const forms = (value: unknown, what: string): Form[] =>
    signaturesOption(value, what).map((signature) => formOf(signature, what));
  return {
    ...form,
    options: mergeOptions(form.options, own),
    links: [...form.links, ...forms(link, "link")],
    linkErrors: [...form.linkErrors, ...forms(linkError, "linkError")],
  };
}

/** `over` goes before `under`; headers are joined; a delay is one thing, however it is said. */
export function mergeOptions(under: SendOptions, over: SendOptions): SendOptions {
  const given = Object.fromEntries(Object.entries(over).filter(([, value]) => value !== undefined));
  const { countdown, eta, ...rest } = under;
  const delayed = "countdown" in given || "eta" in given;
  return {
    ...rest,
    ...(!delayed && countdown !== undefined && { countdown }),
    ...(!delayed && eta !== undefined && { eta }),
    ...given,
    ...(under.headers && { headers: { ...under.headers, ...over.headers } }),
  };
}
