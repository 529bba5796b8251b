-- What patients were shown of their waiting time, what it came to, and how good
-- each zone's forecasts were.

-- +goose Up
CREATE TABLE shown_range (
  ticket_id  TEXT NOT NULL PRIMARY KEY,
  zone_id    TEXT NOT NULL,
  first_low  {{bigint}} NOT NULL, -- the first range that was shown after the check-in
  first_mid  {{bigint}} NOT NULL,
  first_high {{bigint}} NOT NULL,
  last_low   {{bigint}} NOT NULL,
  last_mid   {{bigint}} NOT NULL,
  last_high  {{bigint}} NOT NULL,
  changes    {{bigint}} NOT NULL, -- how often another range took its place
  called_at  {{bigint}} NOT NULL  -- 0: not called
) {{strict}};
CREATE INDEX shown_range_called ON shown_range (called_at, zone_id);

CREATE TABLE forecast_quality (
  zone_id     TEXT NOT NULL PRIMARY KEY,
  people      {{bigint}} NOT NULL,
  first_right {{bigint}} NOT NULL, -- of a million
  last_right  {{bigint}} NOT NULL, -- of a million
  off         {{bigint}} NOT NULL, -- nanoseconds
  width       {{bigint}} NOT NULL, -- nanoseconds
  changes     {{bigint}} NOT NULL, -- a patient, of a million
  rated_at    {{bigint}} NOT NULL
) {{strict}};
