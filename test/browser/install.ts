/** Once for the run: two files that install at once would be in each other's way. */
import { chromiumPath } from "./browser.js";

export default function setup(): void {
  chromiumPath();
}
