-- Guidance before booking: versions of the hospital's table, and where its
-- emergency department is.

-- +goose Up
CREATE TABLE guide_version (
  id          TEXT NOT NULL PRIMARY KEY,
  number      {{bigint}} NOT NULL,
  state       TEXT NOT NULL,
  body        TEXT NOT NULL, -- JSON of the table
  author_id   TEXT NOT NULL,
  imported_at {{bigint}} NOT NULL,
  approved_by TEXT NOT NULL,
  approved_at {{bigint}} NOT NULL,
  from_day    {{bigint}} NOT NULL, -- in force from; 0 before it is approved
  revision    {{bigint}} NOT NULL
) {{strict}};
CREATE UNIQUE INDEX guide_version_number ON guide_version (number);
CREATE INDEX guide_version_approved ON guide_version (from_day, approved_at, number) WHERE state = 'approved';

ALTER TABLE hospital ADD COLUMN emergency_phone TEXT NOT NULL DEFAULT '';
ALTER TABLE hospital ADD COLUMN emergency_zh TEXT NOT NULL DEFAULT '';
ALTER TABLE hospital ADD COLUMN emergency_en TEXT NOT NULL DEFAULT '';
