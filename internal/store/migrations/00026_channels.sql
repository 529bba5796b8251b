-- How each channel names a person, what WeChat may send him, and the list of
-- messages on his own pages.

-- +goose Up
CREATE TABLE contact (
  patient_id    TEXT NOT NULL REFERENCES patient (id),
  channel       TEXT NOT NULL, -- wechat, email
  address       {{blob}} NOT NULL,
  address_index TEXT NOT NULL,
  at            {{bigint}} NOT NULL,
  by_id         TEXT NOT NULL,
  PRIMARY KEY (patient_id, channel)
) {{keyed}};
CREATE INDEX contact_address ON contact (address_index, channel);

-- Consents to be sent a template. Nobody can ask the provider how many are left.
CREATE TABLE wechat_consent (
  openid_index TEXT NOT NULL,
  template     TEXT NOT NULL,
  credits      {{bigint}} NOT NULL CHECK (credits >= 0),
  granted_at   {{bigint}} NOT NULL, -- the last tap that counted
  PRIMARY KEY (openid_index, template)
) {{keyed}};

CREATE TABLE inbox_item (
  id         TEXT NOT NULL PRIMARY KEY, -- out-id of the message, so that it is there once
  patient_id TEXT NOT NULL,
  kind       TEXT NOT NULL,
  subject    TEXT NOT NULL,
  title      {{blob}},
  body       {{blob}},
  link       TEXT NOT NULL,
  at         {{bigint}} NOT NULL,
  read_at    {{bigint}} NOT NULL
) {{strict}};
CREATE INDEX inbox_item_of ON inbox_item (patient_id, at, id);
