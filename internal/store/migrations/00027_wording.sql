-- What messages say: versions that managers wrote, and what the provider said
-- of them. The words of a version never change.

-- +goose Up
CREATE TABLE wording_version (
  id         TEXT NOT NULL PRIMARY KEY,
  wording    TEXT NOT NULL, -- key in templates/messages, as appt.booked.sens
  lang       TEXT NOT NULL,
  channel    TEXT NOT NULL,
  number     {{bigint}} NOT NULL,
  state      TEXT NOT NULL,
  title      TEXT NOT NULL,
  body       TEXT NOT NULL,
  fields     TEXT NOT NULL, -- JSON of a WeChat template's fields, '' without
  code       TEXT NOT NULL, -- the provider's
  note       TEXT NOT NULL,
  author_id  TEXT NOT NULL,
  saved_at   {{bigint}} NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at {{bigint}} NOT NULL,
  revision   {{bigint}} NOT NULL
) {{strict}};
CREATE UNIQUE INDEX wording_version_number ON wording_version (wording, lang, channel, number);
