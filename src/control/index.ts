export { type AuditContext, audited, type Change } from "./audited.js";
export { Inbox, type InboxDeps, type VerbHandler } from "./inbox.js";
export { defaultNodeName } from "./node-name.js";
export { actingAs, type Operator, operatorOf, whoWeAre } from "./operator.js";
export { NodePresence, type NodePart, PRESENCE_TTL_MS } from "./presence.js";
export {
  ask,
  type Ask,
  type AskDeps,
  type MissingNode,
  MOST_TIMEOUT_MS,
  type NodeReply,
  type Replies,
} from "./request.js";
export { KEEP_REVOKED_MS, tellDropped } from "./revoked.js";
export { Subscription } from "./subscription.js";
export type { Signer, Trust } from "./trust.js";
export {
  CONTROL_VERBS,
  type ControlVerb,
  INSPECT_VERBS,
  type InspectVerb,
  type Verb,
  verbInfo,
  type VerbInfo,
  verbsOf,
} from "./verb-list.js";
export { type Address, verbOf } from "./wire.js";
