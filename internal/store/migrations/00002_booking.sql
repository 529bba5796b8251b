-- The supply of places and who holds them. The unique indexes and checks here
-- are what makes overselling impossible; code only says it more kindly.

-- +goose Up
CREATE TABLE session (
  id             TEXT NOT NULL PRIMARY KEY,
  department_id  TEXT NOT NULL,
  zone_id        TEXT NOT NULL,
  room_id        TEXT NOT NULL,
  doctor_id      TEXT NOT NULL,
  attending_id   TEXT NOT NULL,
  day            {{bigint}} NOT NULL,
  part           TEXT NOT NULL,
  start_at       {{bigint}} NOT NULL,
  end_at         {{bigint}} NOT NULL,
  deadline       {{bigint}} NOT NULL,
  slice_minutes  {{bigint}} NOT NULL,
  slice_capacity {{bigint}} NOT NULL,
  class          TEXT NOT NULL,
  prefix         TEXT NOT NULL,
  status         TEXT NOT NULL,
  release_at     {{bigint}} NOT NULL,
  version        {{bigint}} NOT NULL,
  CONSTRAINT session_once UNIQUE (doctor_id, day, part),
  CONSTRAINT session_ref UNIQUE (id, doctor_id, day) -- for appointment_session
) {{strict}};
CREATE INDEX session_day ON session (day);
CREATE INDEX session_to_open ON session (start_at) WHERE status = 'planned';
CREATE INDEX session_to_close ON session (end_at) WHERE status IN ('planned', 'open');

CREATE TABLE slot (
  session_id TEXT NOT NULL REFERENCES session (id),
  no         {{bigint}} NOT NULL CONSTRAINT slot_no CHECK (no > 0),
  start_at   {{bigint}} NOT NULL,
  end_at     {{bigint}} NOT NULL,
  band       TEXT NOT NULL,
  withheld   {{bool}} NOT NULL,
  freed_by   TEXT NOT NULL,
  PRIMARY KEY (session_id, no)
) {{keyed}};
-- The absence of one patient frees one place.
CREATE UNIQUE INDEX slot_freed ON slot (freed_by) WHERE freed_by <> '';

CREATE TABLE appointment (
  id             TEXT NOT NULL PRIMARY KEY,
  voucher        TEXT NOT NULL,
  session_id     TEXT NOT NULL,
  slot_no        {{bigint}} NOT NULL,
  start_at       {{bigint}} NOT NULL,
  end_at         {{bigint}} NOT NULL,
  patient_id     TEXT NOT NULL,
  account_id     TEXT NOT NULL,
  doctor_id      TEXT NOT NULL,
  day            {{bigint}} NOT NULL,
  nth            {{bigint}} NOT NULL,
  state          {{bigint}} NOT NULL, -- 0 cancelled, 1 held, 2 booked, 3 checked in, 4 fulfilled, 5 no-show
  purpose        TEXT NOT NULL,
  origin_id      TEXT NOT NULL,
  expires_at     {{bigint}} NOT NULL,
  ended_by       TEXT NOT NULL,
  reason         TEXT NOT NULL,
  channel        TEXT NOT NULL,
  request_key    TEXT NOT NULL,
  booked_at      {{bigint}} NOT NULL,
  ended_at       {{bigint}} NOT NULL,
  checked_in_at  {{bigint}} NOT NULL,
  released_at    {{bigint}} NOT NULL,
  travel_minutes {{bigint}} NOT NULL,
  version        {{bigint}} NOT NULL,
  CONSTRAINT appointment_nth CHECK (nth BETWEEN 0 AND 3),
  CONSTRAINT appointment_state CHECK (state BETWEEN 0 AND 5),
  CONSTRAINT appointment_slot FOREIGN KEY (session_id, slot_no) REFERENCES slot (session_id, no),
  CONSTRAINT appointment_session FOREIGN KEY (session_id, doctor_id, day) REFERENCES session (id, doctor_id, day)
) {{strict}};
-- No place twice; one per patient, doctor and day; at most three per patient and day.
CREATE UNIQUE INDEX appointment_place ON appointment (session_id, slot_no) WHERE state > 0;
CREATE UNIQUE INDEX appointment_once ON appointment (patient_id, doctor_id, day) WHERE state > 0 AND purpose <> 'option';
CREATE UNIQUE INDEX appointment_limit ON appointment (patient_id, day, nth) WHERE state > 0 AND purpose <> 'option' AND nth > 0;
CREATE UNIQUE INDEX appointment_voucher ON appointment (voucher) WHERE voucher <> '';
CREATE INDEX appointment_of_session ON appointment (session_id);
CREATE INDEX appointment_of_patient ON appointment (patient_id, day);
CREATE INDEX appointment_of_day ON appointment (day, id);
CREATE INDEX appointment_of_origin ON appointment (origin_id) WHERE origin_id <> '';
-- Due lists: holds that lapse; booked ones that did not come.
CREATE INDEX appointment_held ON appointment (expires_at) WHERE state = 1;
CREATE INDEX appointment_awaited ON appointment (start_at) WHERE state = 2;

CREATE TABLE roster (
  id             TEXT NOT NULL PRIMARY KEY,
  department_id  TEXT NOT NULL,
  zone_id        TEXT NOT NULL,
  room_id        TEXT NOT NULL,
  doctor_id      TEXT NOT NULL,
  weekday        {{bigint}} NOT NULL CHECK (weekday BETWEEN 0 AND 6),
  part           TEXT NOT NULL,
  start_minute   {{bigint}} NOT NULL,
  end_minute     {{bigint}} NOT NULL,
  slice_minutes  {{bigint}} NOT NULL,
  slice_capacity {{bigint}} NOT NULL,
  class          TEXT NOT NULL,
  prefix         TEXT NOT NULL,
  valid_from     {{bigint}} NOT NULL,
  valid_to       {{bigint}} NOT NULL
) {{strict}};

CREATE TABLE roster_exception (
  id        TEXT NOT NULL PRIMARY KEY,
  day       {{bigint}} NOT NULL,
  kind      TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  part      TEXT NOT NULL,
  acts_as   {{bigint}} NOT NULL,
  extra     TEXT NOT NULL -- JSON of the line that is added
) {{strict}};
CREATE INDEX roster_exception_day ON roster_exception (day);
