/** Random forms, as tests write them, and the signatures that they are. */
import fc from "fast-check";
import { type AnySignature, chain, chord, group, settled } from "../../src/canvas/index.js";
import type { Spec } from "./interpreters.js";
import { anyTask } from "./signatures.js";

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- forms of any type */

/** The signature of a form, from the inside out: recursion would end long before the forms do. */
export function signatureOf(spec: Spec): AnySignature {
  const plain = undressed(spec) as any;
  let dressed = plain;
  if (spec.link) dressed = dressed.link(signatureOf(spec.link) as any);
  if (spec.linkError) dressed = dressed.linkError(signatureOf(spec.linkError) as any);
  if (spec.onError) dressed = dressed.onError(signatureOf(spec.onError) as any);
  return dressed as AnySignature;
}

function undressed(spec: Spec): AnySignature {
  switch (spec.kind) {
    case "task": {
      const task = anyTask(spec.name);
      return spec.fixed ? task.si("own") : task.s("own");
    }
    case "chain":
      return (chain as any)(...spec.steps.map(signatureOf));
    case "pipe":
      return spec.steps.map(signatureOf).reduce((before, next) => (before as any).pipe(next));
    case "group":
      return group(spec.members.map(signatureOf));
    case "chord":
      return chord(spec.members.map(signatureOf), signatureOf(spec.body) as any);
    case "settled":
      return settled(signatureOf(spec.of) as any);
  }
}

let names = 0;
const task: fc.Arbitrary<Spec> = fc
  .record({ bad: fc.integer({ min: 0, max: 9 }), fixed: fc.boolean() })
  .map(({ bad, fixed }) => ({ kind: "task", name: `${bad === 0 ? "bad" : "ok"}${names++}`, fixed }));
const callback: fc.Arbitrary<Spec> = fc.oneof(
  task,
  fc.array(task, { minLength: 1, maxLength: 3 }).map((steps): Spec => ({ kind: "chain", steps })),
  fc.array(task, { maxLength: 3 }).map((members): Spec => ({ kind: "group", members })),
);
const callbacks = fc.record({ link: callback, linkError: callback, onError: callback }, { requiredKeys: [] });

export const { spec: specs } = fc.letrec<{ spec: Spec }>((tie) => {
  const list = (minLength: number): fc.Arbitrary<Spec[]> =>
    fc.array(tie("spec"), { minLength, maxLength: 4 });
  return {
    spec: fc
      .tuple(
        fc.oneof(
          { maxDepth: 6, depthSize: "medium" },
          { weight: 4, arbitrary: task },
          { weight: 3, arbitrary: list(1).map((steps): Spec => ({ kind: "chain", steps })) },
          { weight: 1, arbitrary: list(1).map((steps): Spec => ({ kind: "pipe", steps })) },
          { weight: 3, arbitrary: list(0).map((members): Spec => ({ kind: "group", members })) },
          {
            weight: 2,
            arbitrary: fc
              .tuple(list(0), tie("spec"))
              .map(([members, body]): Spec => ({ kind: "chord", members, body })),
          },
          { weight: 1, arbitrary: tie("spec").map((of): Spec => ({ kind: "settled", of })) },
        ),
        fc.oneof({ weight: 4, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: callbacks }),
      )
      .map(([spec, dressing]): Spec => ({ ...spec, ...dressing })),
  };
});

/** Whether one of the first tasks takes what is given with the send. */
export function takesOpen(spec: Spec): boolean {
  switch (spec.kind) {
    case "task":
      return !spec.fixed;
    case "chain":
    case "pipe":
      return takesOpen(spec.steps[0]!);
    case "group":
      return spec.members.some(takesOpen);
    case "chord":
      return spec.members.some(takesOpen);
    case "settled":
      return takesOpen(spec.of);
  }
}

/** A task of a name that nothing else has. */
export function freshTask(): Spec {
  return { kind: "task", name: `ok${names++}`, fixed: false };
}
