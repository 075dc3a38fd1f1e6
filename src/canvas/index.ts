export { chain, chord, group, settled, stream } from "./forms.js";
export { type CanvasSender, type Form, soleTask, taskForm, type TaskForm } from "./form.js";
export { signatureFromJSON } from "./from-json.js";
export { formOf, withOptions } from "./signature.js";
export { formToJSON } from "./to-json.js";
export { namedSignature, taskSignatures, type WithSender } from "./task-signatures.js";
export type {
  AnySignature,
  CallOptions,
  CanvasTask,
  Flow,
  Follows,
  GraphProgress,
  GraphResult,
  GroupOptions,
  GroupResult,
  Immutable,
  InOf,
  Mismatch,
  MustBeImmutable,
  Open,
  OutOf,
  PartState,
  PartsOptions,
  PartView,
  Ref,
  Results,
  Settled,
  Signature,
  Suffix,
  TaskFailure,
} from "./types.js";
export { workflow } from "./workflow.js";
