-- Sessions that will not take place: who asked, who approved, what became of
-- each patient; and what people answer by SMS.

-- +goose Up
CREATE TABLE suspension (
  id          TEXT NOT NULL PRIMARY KEY,
  kind        TEXT NOT NULL,
  state       TEXT NOT NULL,
  session_id  TEXT NOT NULL, -- of kind session
  from_day    {{bigint}} NOT NULL, -- of kind closure, as the next three
  to_day      {{bigint}} NOT NULL,
  parts       TEXT NOT NULL,
  departments TEXT NOT NULL,
  reason      TEXT NOT NULL,
  asked_by    TEXT NOT NULL,
  decided_by  TEXT NOT NULL,
  alone       {{bool}} NOT NULL,
  asked_at    {{bigint}} NOT NULL,
  decided_at  {{bigint}} NOT NULL,
  ended_at    {{bigint}} NOT NULL,
  version     {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX suspension_asked_at ON suspension (asked_at, id);
-- A session is asked about once at a time.
CREATE UNIQUE INDEX suspension_open ON suspension (session_id) WHERE state = 'asked' AND session_id <> '';

CREATE TABLE suspension_item (
  suspension_id TEXT NOT NULL REFERENCES suspension (id),
  session_id    TEXT NOT NULL REFERENCES session (id),
  rank          {{bigint}} NOT NULL,
  due_at        {{bigint}} NOT NULL, -- 0 until it is approved
  done_at       {{bigint}} NOT NULL,
  outcome       TEXT NOT NULL, -- '' pending, done, skipped, stopped
  affected      {{bigint}} NOT NULL,
  kept          {{bigint}} NOT NULL,
  PRIMARY KEY (suspension_id, session_id)
) {{keyed}};
CREATE INDEX suspension_due ON suspension_item (due_at, suspension_id, rank) WHERE outcome = '' AND due_at > 0;
CREATE INDEX suspension_of_session ON suspension_item (session_id);

-- One patient who lost one place, by session and the appointment that was
-- lost: whoever goes on to another session may lose that place too.
CREATE TABLE suspension_case (
  session_id     TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  suspension_id  TEXT NOT NULL,
  patient_id     TEXT NOT NULL,
  start_at       {{bigint}} NOT NULL,
  here           {{bool}} NOT NULL,
  step           TEXT NOT NULL, -- '' open, refunded, waits
  via            TEXT NOT NULL,
  settled_at     {{bigint}} NOT NULL,
  call_at        {{bigint}} NOT NULL,
  calls          {{bigint}} NOT NULL,
  last_call      TEXT NOT NULL,
  last_call_at   {{bigint}} NOT NULL,
  last_call_by   TEXT NOT NULL,
  version        {{bigint}} NOT NULL,
  PRIMARY KEY (session_id, appointment_id)
) {{strict}};
CREATE INDEX suspension_case_of ON suspension_case (suspension_id, start_at, appointment_id);

-- A message that may be answered by a digit.
CREATE TABLE question (
  id          TEXT NOT NULL PRIMARY KEY,
  phone_index TEXT NOT NULL,
  code        {{bigint}} NOT NULL,
  kind        TEXT NOT NULL,
  subject     TEXT NOT NULL,
  recipient   TEXT NOT NULL,
  choices     TEXT NOT NULL, -- JSON: digit to what it stands for
  state       TEXT NOT NULL, -- open, answered, closed
  opened_at   {{bigint}} NOT NULL,
  expires_at  {{bigint}} NOT NULL,
  ended_at    {{bigint}} NOT NULL
) {{strict}};
CREATE UNIQUE INDEX question_code ON question (phone_index, code) WHERE state = 'open';
CREATE UNIQUE INDEX question_subject ON question (kind, subject);
CREATE INDEX question_phone ON question (phone_index, opened_at);

-- What came in by SMS, acknowledged when it is a row here.
CREATE TABLE sms_inbox (
  id          TEXT NOT NULL PRIMARY KEY,
  sequence    TEXT NOT NULL,
  phone       {{blob}},
  phone_index TEXT NOT NULL,
  body        {{blob}},
  sent_at     {{bigint}} NOT NULL,
  received_at {{bigint}} NOT NULL,
  state       TEXT NOT NULL, -- new, answered, unclear, desk, strange, done
  question_id TEXT NOT NULL,
  answer      TEXT NOT NULL,
  recipient   TEXT NOT NULL,
  handled_at  {{bigint}} NOT NULL,
  handled_by  TEXT NOT NULL,
  version     {{bigint}} NOT NULL
) {{strict}};
-- The provider posts the same one up to three times.
CREATE UNIQUE INDEX sms_inbox_once ON sms_inbox (phone_index, sequence);
CREATE INDEX sms_inbox_phone ON sms_inbox (phone_index, received_at);
CREATE INDEX sms_inbox_desk ON sms_inbox (received_at, id) WHERE state = 'desk';
