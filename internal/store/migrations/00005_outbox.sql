-- What happened, in the order it was written; nothing is ever taken out.

-- +goose Up
CREATE TABLE fact (
  seq        {{serial}},
  id         TEXT NOT NULL,
  kind       TEXT NOT NULL,
  subject    TEXT NOT NULL,
  version    {{bigint}} NOT NULL,
  session_id TEXT NOT NULL,
  at         {{bigint}} NOT NULL,
  data       TEXT NOT NULL, -- JSON, ids only
  urgency    {{bigint}} NOT NULL,
  handled_at {{bigint}} NOT NULL,
  attempts   {{bigint}} NOT NULL,
  next_at    {{bigint}} NOT NULL, -- the sweeper leaves it alone until then
  code       TEXT NOT NULL        -- of the last failure
) {{strict}};
CREATE UNIQUE INDEX fact_id ON fact (id);
CREATE INDEX fact_pending ON fact (urgency, seq, next_at) WHERE handled_at = 0;

CREATE TABLE tick (
  schedule TEXT NOT NULL,
  at       {{bigint}} NOT NULL,
  PRIMARY KEY (schedule, at)
) {{keyed}};
