-- Who may stay away: what was learned, what is remembered of each patient, and
-- the estimates of upcoming visits. Chances are in millionths.

-- +goose Up
CREATE TABLE noshow_model (
  id      TEXT NOT NULL PRIMARY KEY,
  body    TEXT NOT NULL, -- JSON
  made_at {{bigint}} NOT NULL
) {{strict}};

CREATE TABLE noshow_history (
  patient_id  TEXT NOT NULL PRIMARY KEY,
  visits      {{bigint}} NOT NULL,
  missed      {{bigint}} NOT NULL,
  ahead       {{bigint}} NOT NULL,
  away        {{bigint}} NOT NULL,
  last_missed {{bool}} NOT NULL,
  last_day    {{bigint}} NOT NULL
) {{strict}};

CREATE TABLE noshow_forecast (
  appointment_id TEXT NOT NULL PRIMARY KEY,
  session_id     TEXT NOT NULL,
  day            {{bigint}} NOT NULL,
  p              {{bigint}} NOT NULL CONSTRAINT noshow_chance CHECK (p BETWEEN 0 AND 1000000),
  because        TEXT NOT NULL, -- JSON, strongest term first
  version        {{bigint}} NOT NULL,
  made_at        {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX noshow_forecast_day ON noshow_forecast (day, appointment_id);
