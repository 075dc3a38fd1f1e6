export { type Examined, examine } from "./examine.js";
export type { Finding, Verdict } from "./finding.js";
export { NOT_MADE } from "./sqlite.js";
export { type DataFacts, judgeData } from "./data.js";
export { judge } from "./judge.js";
