-- The ledger: a message is a row before it is sent.

-- +goose Up
CREATE TABLE message (
  id          TEXT NOT NULL PRIMARY KEY,
  subject     TEXT NOT NULL,
  version     {{bigint}} NOT NULL,
  kind        TEXT NOT NULL,
  recipient   TEXT NOT NULL,
  channel     TEXT NOT NULL,
  class       TEXT NOT NULL,
  urgency     {{bigint}} NOT NULL,
  state       TEXT NOT NULL,
  due_at      {{bigint}} NOT NULL,
  expires_at  {{bigint}} NOT NULL,
  attempts    {{bigint}} NOT NULL,
  claimed_at  {{bigint}} NOT NULL,
  out_id      TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  error_code  TEXT NOT NULL,
  reason      TEXT NOT NULL,
  body        {{blob}}, -- as rendered
  secret      {{blob}}, -- what cannot be read again from the world
  created_at  {{bigint}} NOT NULL,
  sent_at     {{bigint}} NOT NULL,
  done_at     {{bigint}} NOT NULL,
  CONSTRAINT message_once UNIQUE (subject, version, kind, recipient, channel)
) {{strict}};
CREATE UNIQUE INDEX message_out ON message (out_id) WHERE out_id <> '';
CREATE INDEX message_due ON message (urgency, due_at, id) WHERE state = 'planned';
CREATE INDEX message_lost ON message (claimed_at) WHERE state IN ('claimed', 'unknown');
CREATE INDEX message_recipient ON message (recipient, created_at, id);
CREATE INDEX message_created ON message (created_at, id);
