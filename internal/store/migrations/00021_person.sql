-- Who may be seen where, what the hospital knows of a person, and which
-- records were found to be one person's.

-- +goose Up
ALTER TABLE department ADD COLUMN min_age {{bigint}} NOT NULL DEFAULT 0; -- years, inclusive
ALTER TABLE department ADD COLUMN max_age {{bigint}} NOT NULL DEFAULT 0; -- years, inclusive; 0 is no limit
ALTER TABLE department ADD COLUMN sex TEXT NOT NULL DEFAULT '';          -- '' sees both
ALTER TABLE patient ADD COLUMN standing TEXT NOT NULL DEFAULT '';        -- '' is complete
ALTER TABLE patient ADD COLUMN linked TEXT NOT NULL DEFAULT '';          -- the parent, or the record that is kept

CREATE TABLE patient_merge (
  id      TEXT NOT NULL PRIMARY KEY,
  kept_id TEXT NOT NULL REFERENCES patient (id),
  lost_id TEXT NOT NULL REFERENCES patient (id),
  by_id   TEXT NOT NULL,
  reason  TEXT NOT NULL,
  at      {{bigint}} NOT NULL,
  undo    TEXT NOT NULL -- JSON: ids of what was changed
) {{strict}};
-- A record is given up once.
CREATE UNIQUE INDEX patient_merge_lost ON patient_merge (lost_id);
CREATE INDEX kinship_of_patient ON kinship (patient_id);
