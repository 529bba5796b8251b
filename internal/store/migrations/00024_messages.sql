-- What follows when a message is not seen, who wants to be told how, and what
-- providers say before it is worked on.

-- +goose Up
ALTER TABLE message ADD COLUMN next_at {{bigint}} NOT NULL DEFAULT 0;   -- when the next channel is tried, 0 for never
ALTER TABLE message ADD COLUMN opened_at {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE message ADD COLUMN prior TEXT NOT NULL DEFAULT '';          -- row of the channel that was tried before
ALTER TABLE message ADD COLUMN sent_with TEXT NOT NULL DEFAULT '';      -- row whose text told of this one too
ALTER TABLE message ADD COLUMN parts {{bigint}} NOT NULL DEFAULT 0;     -- SMS parts that were charged
ALTER TABLE message ADD COLUMN phone_index TEXT NOT NULL DEFAULT '';    -- keyed hash of the phone it went to
CREATE INDEX message_unheard ON message (next_at, id) WHERE next_at > 0;
CREATE INDEX message_sent_with ON message (sent_with) WHERE sent_with <> '';
CREATE INDEX message_provider ON message (provider_id, phone_index) WHERE provider_id <> '';
CREATE INDEX message_phone ON message (phone_index, created_at, id) WHERE phone_index <> '';
CREATE INDEX message_desk ON message (created_at, id) WHERE channel = 'desk' AND state = 'accepted';

CREATE TABLE message_pref (
  patient_id TEXT NOT NULL PRIMARY KEY,
  prefers    TEXT NOT NULL, -- channel, '' for the cheapest
  voice      {{bool}} NOT NULL,
  off        TEXT NOT NULL, -- JSON: classes and channels that he switched off
  version    {{bigint}} NOT NULL
) {{strict}};

-- A phone that is not the patient's: nothing about him goes there.
CREATE TABLE message_silence (
  patient_id  TEXT NOT NULL,
  phone_index TEXT NOT NULL,
  at          {{bigint}} NOT NULL,
  by_id       TEXT NOT NULL,
  PRIMARY KEY (patient_id, phone_index)
) {{keyed}};

CREATE TABLE message_pause (
  scope  TEXT NOT NULL, -- hospital, channel, kind
  target TEXT NOT NULL,
  at     {{bigint}} NOT NULL,
  by_id  TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (scope, target)
) {{keyed}};

-- What a provider said of messages it took, acknowledged when it is a row here.
CREATE TABLE receipt_inbox (
  id          TEXT NOT NULL PRIMARY KEY,
  out_id      TEXT NOT NULL,
  provider_id TEXT NOT NULL,
  phone       {{blob}},
  phone_index TEXT NOT NULL,
  delivered   {{bool}} NOT NULL,
  error_code  TEXT NOT NULL,
  at          {{bigint}} NOT NULL,
  received_at {{bigint}} NOT NULL,
  handled_at  {{bigint}} NOT NULL,
  outcome     TEXT NOT NULL -- '' waits, applied, repeated, strange
) {{strict}};
-- A provider posts the same one up to three times.
CREATE UNIQUE INDEX receipt_inbox_once ON receipt_inbox (out_id, provider_id, phone_index, delivered, error_code, at);
CREATE INDEX receipt_inbox_open ON receipt_inbox (received_at, id) WHERE handled_at = 0;

CREATE TABLE doctor_follow (
  doctor_id  TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  at         {{bigint}} NOT NULL,
  PRIMARY KEY (doctor_id, patient_id)
) {{keyed}};
CREATE INDEX doctor_follow_patient ON doctor_follow (patient_id);
