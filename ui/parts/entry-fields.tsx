/** The fields of an entry: what runs, when, and what happens when it does not go as planned. */
import type { JSX } from "preact";
import { crontabParts, CRONTAB_FIELDS, type Kind } from "../lib/draft.js";
import { Area, Check, Choice, type FieldsProps, textField, Told } from "./draft-fields.js";

const KIND_NAMES: Readonly<Record<Kind, string>> = {
  crontab: "Crontab",
  every: "Interval",
  solar: "Sun",
  at: "Once",
  text: "Text",
};

const CRONTAB_NAMES = ["Minute", "Hour", "Day", "Month", "Weekday"] as const;

const SUN = [
  ...["sunrise", "solar_noon", "sunset", "solar_midnight", "dawn_civil", "dusk_civil", "dawn_nautical"],
  ...["dusk_nautical", "dawn_astronomical", "dusk_astronomical", "golden_hour_start", "golden_hour_end"],
  ...["golden_hour_dawn_start", "golden_hour_dawn_end", "blue_hour_start", "blue_hour_end"],
  ...["blue_hour_dawn_start", "blue_hour_dawn_end"],
] as const;

export function EntryFields(props: FieldsProps): JSX.Element {
  const { draft, isNew, args, set } = props;
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
        <div class="switch" role="radiogroup" aria-label="kind of schedule">
          {(Object.keys(KIND_NAMES) as Kind[]).map((kind) => (
            <button
              key={kind}
              type="button"
              role="radio"
              aria-checked={draft.kind === kind}
              onClick={() => set({ kind })}
            >
              {KIND_NAMES[kind]}
            </button>
          ))}
        </div>
        <When {...props} />
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

function When(props: FieldsProps): JSX.Element {
  const { draft, set } = props;
  const text = textField(props);
  const zone = text("timezone", "Zone", { hint: "Europe/Paris", list: "zones" });
  switch (draft.kind) {
    case "crontab":
      return (
        <>
          <div class="crontab">
            {CRONTAB_FIELDS.map((field, index) => (
              <label key={field}>
                {CRONTAB_NAMES[index]}
                <input
                  value={draft[field]}
                  aria-invalid={props.wrong?.field === field}
                  onInput={(event) => {
                    const { value } = event.currentTarget;
                    set(crontabParts(value) ?? { [field]: value });
                  }}
                />
              </label>
            ))}
            <label>
              Second
              <input
                value={draft.second}
                placeholder="0"
                onInput={(event) => set({ second: event.currentTarget.value })}
              />
            </label>
          </div>
          <Told {...props} fields={CRONTAB_FIELDS} />
          {zone}
          <Zones />
          <div class="pair">
            <Choice
              {...props}
              field="dst"
              label="When clocks change"
              options={[
                ["", "as the app says"],
                ["vixie", "vixie: each run once, moved out of a gap"],
                ["skip", "skip: none in a gap"],
                ["wall", "wall: as the clock shows"],
              ]}
            />
            <Choice
              {...props}
              field="dayMatch"
              label="Day and weekday"
              options={[
                ["", "either one (as cron)"],
                ["and", "both"],
              ]}
            />
          </div>
          <Check {...props} field="extended" label="L, W, #, ? and H are understood" />
        </>
      );
    case "every":
      return (
        <div class="pair">
          {text("every", "Every", { hint: "90s, 10m, 1h30m" })}
          {text("offset", "Moved by", { hint: "0" })}
        </div>
      );
    case "solar":
      return (
        <>
          <Choice
            {...props}
            field="event"
            label="Event"
            options={SUN.map((event) => [event, event.replaceAll("_", " ")] as const)}
          />
          <div class="pair">
            {text("latitude", "Latitude", { hint: "48.85" })}
            {text("longitude", "Longitude", { hint: "2.35" })}
            {text("solarOffset", "Moved by", { hint: "-30m" })}
          </div>
        </>
      );
    case "at":
      return (
        <>
          {text("at", "Day and time", { hint: "2027-03-28T02:30" })}
          {zone}
          <Zones />
        </>
      );
    case "text":
      return (
        <>
          <Area
            {...props}
            field="text"
            label="Schedule"
            hint={
              '"30 2 * * mon-fri", "@daily", "every 90s", "solar:sunset:48.85:2.35", "at 2027-03-28T02:30", or JSON'
            }
          />
          {zone}
          <Zones />
        </>
      );
  }
}

/** All zones that this browser knows; the server has the last word. */
function Zones(): JSX.Element {
  return (
    <datalist id="zones">
      {["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => (
        <option key={zone} value={zone} />
      ))}
    </datalist>
  );
}
