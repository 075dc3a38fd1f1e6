// Recurrences of iCalendar, read and written: npx tsx examples/rrule.ts
import { calendar, rrule, toRRule, upcoming } from "sunbeat";

// The second Tuesday of each month, twelve times.
const meeting = rrule("DTSTART;TZID=Europe/Berlin:20270112T090000\nRRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=12");
console.log(meeting.describe(), upcoming(meeting, { after: "2027-01-01T00:00Z", count: 2 }));

// And the other way.
const sprint = calendar({
  every: "2 weeks",
  on: ["mon", "thu"],
  at: "08:00",
  from: "2027-01-04",
  timezone: "Europe/Berlin",
});
console.log(toRRule(sprint));

// prints:
// on the 2nd Tuesday of every month at 09:00, from 2027-01-12, 12 times (Europe/Berlin) [ 2027-01-12T08:00:00.000Z, 2027-02-09T08:00:00.000Z ]
// DTSTART;TZID=Europe/Berlin:20270104T080000
// RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH
