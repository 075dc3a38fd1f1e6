import type { Form, WorkflowForm } from "../form.js";

/** Calls of a workflow that wait for no other. */
export function rootsOf({ calls }: WorkflowForm): number[] {
  return calls.flatMap(({ take, after }, index) => (take.length + after.length === 0 ? [index] : []));
}

/** Whether a form begins with exactly one task, so that what comes before it needs no join. */
export function beginsWithOne(form: Form): boolean {
  let at = form;
  for (;;) {
    switch (at.kind) {
      case "task":
        return true;
      case "chain":
        at = at.steps[0]!;
        break;
      case "settled":
        at = at.of;
        break;
      case "group":
      case "chord": {
        const members: readonly Form[] = at.kind === "group" ? at.members : at.header;
        if (members.length !== 1) return false;
        at = members[0]!;
        break;
      }
      case "workflow": {
        const [root, ...others] = rootsOf(at);
        if (root === undefined || others.length > 0) return false;
        at = at.calls[root]!.form;
      }
    }
  }
}
