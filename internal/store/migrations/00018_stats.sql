-- What was counted of each session, without identities: it stays when names go.

-- +goose Up
CREATE TABLE session_figures (
  session_id    TEXT NOT NULL PRIMARY KEY,
  day           {{bigint}} NOT NULL,
  part          TEXT NOT NULL,
  department_id TEXT NOT NULL,
  doctor_id     TEXT NOT NULL,
  class         TEXT NOT NULL,
  figures       TEXT NOT NULL -- JSON of sums
) {{strict}};
CREATE INDEX session_figures_day ON session_figures (day, session_id);
