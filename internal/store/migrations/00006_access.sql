-- Signing in, repeated requests, and the record of who did what.

-- +goose Up
CREATE TABLE sign_in (
  id          TEXT NOT NULL PRIMARY KEY,
  phone       {{blob}},
  phone_index TEXT NOT NULL,
  code_hash   TEXT NOT NULL,
  expires_at  {{bigint}} NOT NULL,
  attempts    {{bigint}} NOT NULL,
  used_at     {{bigint}} NOT NULL,
  created_at  {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX sign_in_phone ON sign_in (phone_index, created_at);

CREATE TABLE web_session (
  token_index TEXT NOT NULL PRIMARY KEY, -- whoever reads the table cannot take a session over
  data        {{blob}} NOT NULL,
  expires_at  {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX web_session_expiry ON web_session (expires_at);

CREATE TABLE replay (
  caller     TEXT NOT NULL,
  request_key TEXT NOT NULL,
  digest     TEXT NOT NULL,
  status     {{bigint}} NOT NULL,
  body       {{blob}},
  created_at {{bigint}} NOT NULL,
  PRIMARY KEY (caller, request_key)
) {{strict}};
CREATE INDEX replay_created ON replay (created_at);

CREATE TABLE audit (
  seq    {{bigint}} NOT NULL PRIMARY KEY,
  at     {{bigint}} NOT NULL,
  actor  TEXT NOT NULL,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL,
  prev   TEXT NOT NULL,
  hash   TEXT NOT NULL CONSTRAINT audit_hash UNIQUE
) {{strict}};

CREATE TABLE audit_head (
  id   {{bigint}} NOT NULL PRIMARY KEY CHECK (id = 1),
  seq  {{bigint}} NOT NULL,
  hash TEXT NOT NULL
) {{strict}};
INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '');
