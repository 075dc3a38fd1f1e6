import { render } from "preact";
import { App } from "./app.js";
import { get, type Me, me } from "./lib/api.js";
import { keepFocus } from "./lib/focus.js";
import { followLive, trouble } from "./lib/live.js";

const AGAIN_MS = 3_000;

function begin(): void {
  get<Me>("/me").then(
    (found) => {
      me.value = found;
      trouble.value = null;
      followLive();
    },
    (error: Error) => {
      trouble.value = error.message;
      setTimeout(begin, AGAIN_MS);
    },
  );
}

const root = document.getElementById("app")!;
root.textContent = "";
render(<App />, root);
keepFocus();
begin();
