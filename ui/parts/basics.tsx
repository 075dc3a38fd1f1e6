/** Small things that every page has. */
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { exact, now, relative, short, zoneFor } from "../lib/time.js";

/** An instant: how long ago, with the exact time beside it for whoever points at it or asks a reader. */
export function Time({
  at,
  zone,
  form = "relative",
}: {
  readonly at: number | null | undefined;
  /** Of an entry. */
  readonly zone?: string | null;
  readonly form?: "relative" | "short" | "exact";
}): JSX.Element {
  if (at === null || at === undefined) return <span class="dim">-</span>;
  const inZone = zoneFor(zone);
  const whole = `${exact(at, inZone)} ${inZone}`;
  const text =
    form === "relative" ? relative(at, now.value) : form === "short" ? short(at, inZone) : exact(at, inZone);
  return (
    <time dateTime={new Date(at).toISOString()} title={whole}>
      {text}
    </time>
  );
}

export const MARKS: Readonly<Record<string, readonly [mark: string, tone: string]>> = {
  success: ["✓", "good"],
  succeeded: ["✓", "good"],
  SUCCESS: ["✓", "good"],
  alive: ["●", "good"],
  running: ["◐", "busy"],
  STARTED: ["◐", "busy"],
  leased: ["◐", "busy"],
  PROGRESS: ["◐", "busy"],
  leading: ["★", "good"],
  active: ["●", "good"],
  ok: ["✓", "good"],
  ready: ["○", "calm"],
  waiting: ["○", "calm"],
  following: ["○", "calm"],
  scheduled: ["◷", "calm"],
  blocked: ["◫", "calm"],
  open: ["◌", "calm"],
  retry: ["↻", "warn"],
  retrying: ["↻", "warn"],
  RETRY: ["↻", "warn"],
  paused: ["‖", "warn"],
  draining: ["▽", "warn"],
  warning: ["!", "warn"],
  skipped: ["◇", "calm"],
  revoked: ["⊘", "warn"],
  REVOKED: ["⊘", "warn"],
  expired: ["◔", "warn"],
  failure: ["✕", "bad"],
  failed: ["✕", "bad"],
  FAILURE: ["✕", "bad"],
  dead: ["✕", "bad"],
  rejected: ["✕", "bad"],
  lost: ["✕", "bad"],
  missed: ["✕", "bad"],
  error: ["✕", "bad"],
  critical: ["✕", "bad"],
  disabled: ["–", "calm"],
  unrun: ["–", "calm"],
  unknown: ["?", "calm"],
};

/** A state: a mark, a word and a colour, so that no one of them is alone. */
export function State({ of, text }: { readonly of: string; readonly text?: string }): JSX.Element {
  const [mark, tone] = MARKS[of] ?? ["·", "calm"];
  return (
    <span class={`state ${tone}`}>
      <span class="mark" aria-hidden="true">
        {mark}
      </span>
      {text ?? of.toLowerCase()}
    </span>
  );
}

export function Panel({
  title,
  aside,
  children,
  class: name = "",
}: {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly class?: string;
}): JSX.Element {
  return (
    <section class={`panel ${name}`}>
      <header>
        <h2>{title}</h2>
        {aside !== undefined && <div class="aside">{aside}</div>}
      </header>
      {children}
    </section>
  );
}

/** Nothing is there: why, and what to do. */
export function Empty({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <p class="empty">{children}</p>;
}

export function Failure({
  error,
  retry,
}: {
  readonly error: Error;
  readonly retry?: () => void;
}): JSX.Element {
  return (
    <div class="failure" role="alert">
      <p>{error.message}</p>
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function Skeleton({ lines = 5 }: { readonly lines?: number }): JSX.Element {
  return (
    <div class="skeleton" aria-busy="true" aria-label="loading">
      {Array.from({ length: lines }, (_, index) => (
        <div key={index} />
      ))}
    </div>
  );
}

export function Copy({
  text,
  label = "Copy",
}: {
  readonly text: string;
  readonly label?: string;
}): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard?.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1_500);
    });
  };
  return (
    <button type="button" class="quiet" onClick={copy} aria-live="polite">
      {isCopied ? "Copied" : label}
    </button>
  );
}

/** Names beside values. */
export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [string, ComponentChildren])[];
}): JSX.Element {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
