/** The fields of an entry: what runs, when, and what happens when it does not go as planned. */
import type { JSX } from "preact";
import { Area, Check, Choice, type FieldsProps, textField } from "./draft-fields.js";
import { ScheduleFields } from "./schedule-fields.js";

export function EntryFields(props: FieldsProps): JSX.Element {
  const { draft, isNew, args, timezone, wrong, set } = props;
  const text = textField(props);
  return (
    <div class="fields">
      <fieldset>
        <legend>What</legend>
        {text("name", "Name", {
          isRequired: true,
          isFixed: !isNew,
          hint: isNew ? undefined : "the name stays",
        })}
        {text("task", "Task", { isRequired: true, hint: "as workers know it" })}
        {args === "code" ? null : (
          <Area
            {...props}
            field="args"
            label="Arguments, as a JSON array"
            hint={
              args === "kept"
                ? "Kept as they are, unless something is written here."
                : '["ann@example.org", 3]'
            }
          />
        )}
        {text("description", "What it is for", {})}
        <Check {...props} field="enabled" label="Switched on" />
      </fieldset>
      <fieldset>
        <legend>When</legend>
        <ScheduleFields when={draft.when} {...{ timezone, wrong }} set={(when) => set({ when })} />
      </fieldset>
      <fieldset>
        <legend>When it does not go as planned</legend>
        <div class="pair">
          <Choice
            {...props}
            field="misfire"
            label="Due times found late"
            options={[
              ["", "run the latest, within a day"],
              ["latest", "run the latest"],
              ["all", "run all"],
              ["skip", "run none"],
            ]}
          />
          {draft.misfire !== "" &&
            draft.misfire !== "skip" &&
            text("misfireWithin", "No older than", { hint: "6h" })}
          {draft.misfire === "all" && text("misfireMax", "At most at once", { hint: "1000" })}
        </div>
        <div class="pair">
          <Choice
            {...props}
            field="overlap"
            label="While an earlier run goes on"
            options={[
              ["", "run beside it"],
              ["skip", "skip"],
              ["queue-one", "one waits"],
              ["cancel-running", "cancel the earlier one"],
            ]}
          />
          {text("overlapTimeout", "An earlier run counts as ended after", { hint: "2h; empty: never" })}
        </div>
        <div class="pair">
          {text("lock", "Lock that each run holds", {})}
          {text("capacity", "How many may hold it", { hint: "1" })}
        </div>
        {text("jitter", "Spread: sent up to so long after", { hint: "5m" })}
      </fieldset>
      <details class="fieldset">
        <summary>From when to when, queue, and alerts</summary>
        <div class="pair">
          {text("startAt", "Nothing before", { hint: "2027-03-28T02:30, or with Z" })}
          {text("endAt", "Nothing from then on", { hint: "2027-12-31" })}
          {text("maxRuns", "Ends after so many runs", {})}
        </div>
        <div class="pair">
          {text("queue", "Queue", { hint: "as the task says" })}
          {text("priority", "Priority, 0 to 9", {})}
          {text("expires", "Worthless after", { hint: "10m" })}
        </div>
        <Area
          {...props}
          field="more"
          label="Further options, as a JSON object"
          hint={'{"maxDeliveries": 5}'}
        />
        <div class="pair">
          {text("grace", "Missed after", { hint: "60s" })}
          {text("runtime", "Overdue after", { hint: "never" })}
          {text("failures", "Told after so many failures", { hint: "1" })}
        </div>
        <Check {...props} field="mute" label="Nobody is told of its alerts" />
      </details>
    </div>
  );
}
