-- What desks tell those who wait in a zone, and who said it and took it back.

-- +goose Up
CREATE TABLE notice (
  id       TEXT NOT NULL PRIMARY KEY,
  zone_id  TEXT NOT NULL,
  request  TEXT NOT NULL,
  words    TEXT NOT NULL,
  words_en TEXT NOT NULL,
  said_by  TEXT NOT NULL,
  at       {{bigint}} NOT NULL,
  until_at {{bigint}} NOT NULL,
  taken_by TEXT NOT NULL,
  taken_at {{bigint}} NOT NULL
) {{strict}};
CREATE UNIQUE INDEX notice_once ON notice (zone_id, request);
CREATE INDEX notice_of_zone ON notice (zone_id, until_at);
