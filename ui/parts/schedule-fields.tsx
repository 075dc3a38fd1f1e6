/** When an entry is due: schedules of any kind that are joined, each with the steps that restrict and move it. */
import type { JSX } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import type { Texts } from "../lib/fields.js";
import type { Page } from "../lib/json.js";
import { useResource } from "../lib/resource.js";
import { type Member, newMember, newStep, type Step } from "../lib/schedule-draft.js";
import { crontabParts, type Kind, KIND_NAMES, KINDS, type KindRow } from "../lib/schedule-kinds.js";
import { type StepKind, STEP_NAMES, STEPS } from "../lib/schedule-steps.js";
import { FieldRows, Proposals, type RowsProps } from "./field-rows.js";

interface ScheduleProps extends Pick<RowsProps, "wrong"> {
  readonly when: readonly Member[];
  /** Of a new schedule. */
  readonly timezone: string;
  readonly set: (when: readonly Member[]) => void;
}

const MOST = 100;

export function ScheduleFields({ when, timezone, wrong, set }: ScheduleProps): JSX.Element {
  const { data } = useResource<Page<{ readonly name: string }>>("/calendars", { stale: ["calendars"] });
  const zones = useMemo(() => ["UTC", ...Intl.supportedValuesOf("timeZone")], []);
  const put = (index: number, members: readonly Member[]): void => set(when.toSpliced(index, 1, ...members));
  return (
    <>
      {when.map((member, index) => (
        <section key={index} class={when.length > 1 ? "member" : ""} aria-label={`schedule ${index + 1}`}>
          <MemberFields
            {...{ member, timezone, wrong, path: `when.${index}` }}
            set={(changed) => put(index, [changed])}
            remove={when.length > 1 ? () => put(index, []) : null}
          />
        </section>
      ))}
      {when.length < MOST && (
        <button type="button" class="small" onClick={() => set([...when, newMember("crontab", timezone)])}>
          And another schedule
        </button>
      )}
      <Proposals id="zones" words={zones} />
      <Proposals id="calendars" words={(data?.items ?? []).map(({ name }) => name)} />
    </>
  );
}

function MemberFields({
  member,
  timezone,
  path,
  wrong,
  set,
  remove,
}: Pick<ScheduleProps, "timezone" | "wrong"> & {
  readonly member: Member;
  readonly path: string;
  readonly set: (member: Member) => void;
  readonly remove: (() => void) | null;
}): JSX.Element {
  const { kind, texts, steps } = member;
  const [chosen, setChosen] = useState<StepKind>("days");
  const others = useRef<Partial<Record<Kind, Texts>>>({});
  const choose = (next: Kind): void => {
    others.current[kind] = texts;
    set({
      ...newMember(next, timezone),
      ...(others.current[next] && { texts: others.current[next] }),
      kind: next,
      steps,
    });
  };
  const change = (changed: Texts): void => {
    const [pasted] = Object.values(changed);
    const parts = kind === "crontab" ? crontabParts(pasted ?? "") : null;
    set({ ...member, texts: { ...texts, ...(parts ?? changed) } });
  };
  const { rows, details }: KindRow = KINDS[kind];
  const fields = { texts, path, wrong, set: change };
  return (
    <>
      <div class="switch" role="radiogroup" aria-label="kind of schedule">
        {KIND_NAMES.map((each) => (
          <button
            key={each}
            type="button"
            role="radio"
            aria-checked={kind === each}
            onClick={() => choose(each)}
          >
            {KINDS[each].name}
          </button>
        ))}
      </div>
      <FieldRows key={kind} rows={rows} {...fields} />
      {details !== undefined && (
        <details
          key={`${kind} more`}
          open={details.flat().some(({ field }) => (texts[field] ?? "") !== "" && field !== "timezone")}
        >
          <summary>More</summary>
          <FieldRows rows={details} {...fields} />
        </details>
      )}
      {steps.map((step, index) => (
        <StepFields
          key={index}
          {...{ step, wrong, path: `${path}.steps.${index}` }}
          put={(changed) => set({ ...member, steps: steps.toSpliced(index, 1, ...changed) })}
        />
      ))}
      <div class="row-actions">
        <select
          aria-label="restriction or move"
          value={chosen}
          onChange={({ currentTarget }) => setChosen(currentTarget.value as StepKind)}
        >
          {STEP_NAMES.map((each) => (
            <option key={each} value={each}>
              {STEPS[each].name}
            </option>
          ))}
        </select>
        <button
          type="button"
          class="small"
          onClick={() => set({ ...member, steps: [...steps, newStep(chosen)] })}
        >
          Restrict or move
        </button>
        {remove !== null && (
          <button type="button" class="small" onClick={remove}>
            Remove this schedule
          </button>
        )}
      </div>
    </>
  );
}

function StepFields({
  step,
  path,
  wrong,
  put,
}: Pick<RowsProps, "path" | "wrong"> & {
  readonly step: Step;
  readonly put: (steps: readonly Step[]) => void;
}): JSX.Element {
  const { name, rows } = STEPS[step.kind];
  return (
    <div class="step" role="group" aria-label={name}>
      <header>
        <strong>{name}</strong>
        <button type="button" class="small quiet" aria-label={`remove ${name}`} onClick={() => put([])}>
          Remove
        </button>
      </header>
      <FieldRows
        {...{ rows, path, wrong, texts: step.texts }}
        set={(change) => put([{ ...step, texts: { ...step.texts, ...change } }])}
      />
    </div>
  );
}
