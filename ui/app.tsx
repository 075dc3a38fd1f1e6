/** The frame of all pages: where one can go, how the stream does, what is wrong, and who looks. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { me } from "./lib/api.js";
import { onKey } from "./lib/keys.js";
import { alerts, heardAt, isPaused, liveState, trouble } from "./lib/live.js";
import { theme } from "./lib/prefs.js";
import { Link, navigate, path, segments } from "./lib/router.js";
import { relative, zoneChoice, zoneFor } from "./lib/time.js";
import { Empty, Failure, Skeleton } from "./parts/basics.js";
import { Dialogs, Modal } from "./parts/dialogs.js";
import { PAGES, type PageEntry } from "./pages/index.js";

/** "g" was pressed, and the letter of a page is awaited for so long. */
const CHORD_MS = 1_200;

export function App(): JSX.Element {
  const [isMenuOpen, setMenuOpen] = useState(false);
  const [hasHelp, setHelp] = useState(false);
  useKeys(setHelp);
  useEffect(() => setMenuOpen(false), [path.value]);
  const [first = ""] = segments.value;
  const found = PAGES.find(({ at }) => at === first);
  const title = found === undefined ? "Not found" : [...segments.value.slice(1), found.name].join(" · ");
  useEffect(() => void (document.title = `${title} · ${me.value?.title ?? "sunbeat"}`), [title, me.value]);
  return (
    <div class="frame">
      <a
        class="skip"
        href="#main"
        onClick={(event) => (event.preventDefault(), document.getElementById("main")?.focus())}
      >
        Go to the content
      </a>
      <header class="top">
        <button
          type="button"
          class="menu quiet"
          aria-expanded={isMenuOpen}
          aria-controls="nav"
          onClick={() => setMenuOpen(!isMenuOpen)}
        >
          Menu
        </button>
        <Link to="/" class="brand">
          <span aria-hidden="true">☀</span> {me.value?.title ?? "sunbeat"}
        </Link>
        {me.value?.banner != null && (
          <span class={`banner ${me.value.banner.tone}`}>{me.value.banner.text}</span>
        )}
        <div class="tools">
          <Live />
          <ZoneSwitch />
          <ThemeSwitch />
          <button type="button" class="quiet" aria-label="keys" onClick={() => setHelp(true)}>
            ?
          </button>
        </div>
      </header>
      <nav id="nav" class={isMenuOpen ? "open" : ""} aria-label="pages">
        <ul>
          {PAGES.filter(({ name }) => name !== "").map((page) => (
            <li key={page.at}>
              <Link to={`/${page.at}`} aria-current={page.at === first ? "page" : undefined}>
                {page.name}
                {page.at === "alerts" && alerts.value.length > 0 && (
                  <span class="badge">{alerts.value.length}</span>
                )}
              </Link>
            </li>
          ))}
        </ul>
        {me.value !== null && (
          <p class="who">
            {me.value.user}
            <br />
            <span class="dim">{me.value.readOnly ? "read-only" : me.value.role}</span>
          </p>
        )}
      </nav>
      <main id="main" tabIndex={-1}>
        <AlertBanner />
        {trouble.value !== null && <Failure error={new Error(trouble.value)} />}
        {me.value === null ? <Skeleton /> : <Content found={found} />}
      </main>
      <Dialogs />
      {hasHelp && <Help close={() => setHelp(false)} />}
    </div>
  );
}

function Content({ found }: { readonly found: PageEntry | undefined }): JSX.Element {
  const [, second] = segments.value;
  if (found === undefined) {
    return (
      <>
        <h1>Not found</h1>
        <Empty>
          There is no such page. <Link to="/">Overview</Link>
        </Empty>
      </>
    );
  }
  const { List, One } = found;
  if (second !== undefined && One !== undefined) return <One key={second} id={second} />;
  return <List key={found.at} />;
}

function AlertBanner(): JSX.Element | null {
  const standing = alerts.value.filter(({ acked }) => acked === null);
  const worst = standing.find(({ severity }) => severity === "critical") ?? standing[0];
  if (worst === undefined) return null;
  return (
    <p class={`alert ${worst.severity}`} role="alert">
      <strong>{worst.severity}</strong> {worst.kind} {worst.subject}: {worst.text}{" "}
      <Link to="/alerts">{standing.length === 1 ? "Look" : `Look at all ${standing.length}`}</Link>
    </p>
  );
}

const LIVE_WORDS = {
  connecting: "connecting",
  live: "live",
  paused: "paused",
  reconnecting: "reconnecting",
  polling: "asks each 5 s",
} as const;

function Live(): JSX.Element {
  const state = liveState.value;
  const since = state !== "live" && heardAt.value !== null ? `, stale since ${relative(heardAt.value)}` : "";
  return (
    <button
      type="button"
      class={`live ${state}`}
      aria-pressed={!isPaused.value}
      title="live updates on or off (r)"
      onClick={() => (isPaused.value = !isPaused.value)}
    >
      <span aria-hidden="true">{state === "live" ? "●" : state === "paused" ? "‖" : "○"}</span>{" "}
      {LIVE_WORDS[state]}
      {since}
    </button>
  );
}

function ZoneSwitch(): JSX.Element {
  return (
    <label class="zone">
      <span class="sr">times are shown in</span>
      <select
        value={zoneChoice.value}
        title={`times in ${zoneFor()}`}
        onChange={(event) => (zoneChoice.value = event.currentTarget.value as typeof zoneChoice.value)}
      >
        <option value="app">{me.value?.timezone ?? "app"} (app)</option>
        <option value="entry">zone of the entry</option>
        <option value="browser">zone of this browser</option>
        <option value="utc">UTC</option>
      </select>
    </label>
  );
}

const THEMES = { system: "◐", light: "☀", dark: "☾" } as const;

function ThemeSwitch(): JSX.Element {
  const next = { system: "light", light: "dark", dark: "system" } as const;
  return (
    <button
      type="button"
      class="quiet"
      aria-label={`colours: ${theme.value}`}
      title={`colours: ${theme.value}`}
      onClick={() => (theme.value = next[theme.value])}
    >
      {THEMES[theme.value]}
    </button>
  );
}

function useKeys(setHelp: (has: boolean) => void): void {
  useEffect(() => {
    let awaits: ReturnType<typeof setTimeout> | null = null;
    return onKey((key) => {
      if (awaits !== null) {
        clearTimeout(awaits);
        awaits = null;
        const page = PAGES.find(({ letter }) => letter === key);
        if (page !== undefined) navigate(`/${page.at}`);
        return true;
      }
      if (key === "g") awaits = setTimeout(() => (awaits = null), CHORD_MS);
      else if (key === "r") isPaused.value = !isPaused.value;
      else if (key === "?") setHelp(true);
      else if (key === "/") document.querySelector<HTMLInputElement>('main input[type="search"]')?.focus();
      else return false;
      return true;
    });
  }, []);
}

const KEYS = [
  ["/", "search"],
  ["j  k", "next row, row before"],
  ["enter", "open the row"],
  ["x", "select the row"],
  ["r", "live updates on or off"],
  ["?", "this list"],
] as const;

function Help({ close }: { readonly close: () => void }): JSX.Element {
  return (
    <Modal title="Keys" close={close}>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
        {PAGES.filter(({ letter }) => letter !== "").map(({ letter, name }) => (
          <div key={letter}>
            <dt>
              <kbd>g</kbd> <kbd>{letter}</kbd>
            </dt>
            <dd>{name}</dd>
          </div>
        ))}
      </dl>
      <div class="buttons">
        <button type="button" class="primary" onClick={close}>
          Close
        </button>
      </div>
    </Modal>
  );
}
