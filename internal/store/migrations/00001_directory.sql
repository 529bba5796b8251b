-- Who and where. Instants are microseconds since 1970 in UTC, 0 = not set;
-- dates are numbers such as 20260731. A {{blob}} of a person is ciphertext, and
-- a column that ends in _index is a keyed hash to look it up by.

-- +goose Up
CREATE TABLE hospital (
  id        TEXT NOT NULL PRIMARY KEY,
  name_zh   TEXT NOT NULL,
  name_en   TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  phone     TEXT NOT NULL,
  sign      TEXT NOT NULL
) {{strict}};

CREATE TABLE campus (
  id          TEXT NOT NULL PRIMARY KEY,
  hospital_id TEXT NOT NULL REFERENCES hospital (id),
  name_zh     TEXT NOT NULL,
  name_en     TEXT NOT NULL
) {{strict}};

CREATE TABLE department (
  id        TEXT NOT NULL PRIMARY KEY,
  campus_id TEXT NOT NULL REFERENCES campus (id),
  code      TEXT NOT NULL,
  name_zh   TEXT NOT NULL,
  name_en   TEXT NOT NULL,
  sensitive {{bool}} NOT NULL,
  alias_zh  TEXT NOT NULL,
  alias_en  TEXT NOT NULL
) {{strict}};

CREATE TABLE zone (
  id        TEXT NOT NULL PRIMARY KEY,
  campus_id TEXT NOT NULL REFERENCES campus (id),
  code      TEXT NOT NULL,
  name_zh   TEXT NOT NULL,
  name_en   TEXT NOT NULL,
  mask      TEXT NOT NULL
) {{strict}};

CREATE TABLE room (
  id      TEXT NOT NULL PRIMARY KEY,
  zone_id TEXT NOT NULL REFERENCES zone (id),
  code    TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL
) {{strict}};

CREATE TABLE doctor (
  id            TEXT NOT NULL PRIMARY KEY,
  department_id TEXT NOT NULL REFERENCES department (id),
  code          TEXT NOT NULL,
  name_zh       TEXT NOT NULL,
  name_en       TEXT NOT NULL,
  title_zh      TEXT NOT NULL,
  title_en      TEXT NOT NULL,
  grade         {{bigint}} NOT NULL,
  pool          {{bool}} NOT NULL
) {{strict}};

CREATE TABLE patient (
  id             TEXT NOT NULL PRIMARY KEY,
  name           {{blob}},
  doc_type       TEXT NOT NULL,
  doc            {{blob}},
  doc_index      TEXT NOT NULL,
  doc_tail_index TEXT NOT NULL,
  sex            TEXT NOT NULL,
  birth          {{blob}},
  phone          {{blob}},
  phone_index    TEXT NOT NULL,
  lang           TEXT NOT NULL,
  push           {{blob}},
  travel_minutes {{bigint}} NOT NULL,
  version        {{bigint}} NOT NULL
) {{strict}};
-- One person, one row. Without a document (a newborn) there is nothing to tell by.
CREATE UNIQUE INDEX patient_doc ON patient (doc_type, doc_index) WHERE doc_index <> '';
CREATE INDEX patient_phone ON patient (phone_index) WHERE phone_index <> '';
CREATE INDEX patient_doc_tail ON patient (doc_tail_index) WHERE doc_tail_index <> '';

CREATE TABLE account (
  id          TEXT NOT NULL PRIMARY KEY,
  phone       {{blob}},
  phone_index TEXT NOT NULL,
  lang        TEXT NOT NULL
) {{strict}};
CREATE UNIQUE INDEX account_phone ON account (phone_index);

CREATE TABLE kinship (
  account_id TEXT NOT NULL REFERENCES account (id),
  patient_id TEXT NOT NULL REFERENCES patient (id),
  relation   TEXT NOT NULL,
  consent_at {{bigint}} NOT NULL,
  PRIMARY KEY (account_id, patient_id)
) {{keyed}};

CREATE TABLE staff (
  id            TEXT NOT NULL PRIMARY KEY,
  login         TEXT NOT NULL,
  display       TEXT NOT NULL,
  role          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  doctor_id     TEXT NOT NULL,
  disabled      {{bool}} NOT NULL
) {{strict}};
CREATE UNIQUE INDEX staff_login ON staff (login);

CREATE TABLE screen (
  id         TEXT NOT NULL PRIMARY KEY,
  kind       TEXT NOT NULL,
  target     TEXT NOT NULL,
  token_hash TEXT NOT NULL,
  paired_at  {{bigint}} NOT NULL
) {{strict}};
CREATE UNIQUE INDEX screen_token ON screen (token_hash);
