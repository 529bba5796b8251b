-- Part of the places is kept for a channel or a group until the quotas fall
-- back; a place may open later than its session; rules of release are data.

-- +goose Up
ALTER TABLE slot ADD COLUMN quota TEXT NOT NULL DEFAULT '';           -- '' is the general pool
ALTER TABLE slot ADD COLUMN open_at {{bigint}} NOT NULL DEFAULT 0;    -- bookable from then on, 0 = at once
ALTER TABLE slot ADD COLUMN reason TEXT NOT NULL DEFAULT '';          -- why it was added or withheld
ALTER TABLE session ADD COLUMN fall_back_at {{bigint}} NOT NULL DEFAULT 0; -- all quotas are general from then on, 0 = never
ALTER TABLE roster ADD COLUMN quotas TEXT NOT NULL DEFAULT '';        -- JSON: places by quota
-- Who stands on a withheld place must be found another one.
CREATE INDEX slot_withheld ON slot (session_id) WHERE withheld = 1;

-- Rules are never changed, only followed by others.
CREATE TABLE release_rule (
  department_id TEXT NOT NULL, -- '' is the rule of all who have none of their own
  version       {{bigint}} NOT NULL,
  horizon_days  {{bigint}} NOT NULL,
  at_minute     {{bigint}} NOT NULL,
  spread        {{bigint}} NOT NULL, -- seconds
  fall_back_days   {{bigint}} NOT NULL,
  fall_back_minute {{bigint}} NOT NULL,
  overbook_most {{bigint}} NOT NULL,
  draw_doctors  TEXT NOT NULL,       -- JSON
  draw_window   {{bigint}} NOT NULL, -- seconds
  made_by       TEXT NOT NULL,
  made_at       {{bigint}} NOT NULL,
  PRIMARY KEY (department_id, version)
) {{strict}};
