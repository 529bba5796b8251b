-- Payments in advance. One row is one order at a provider; at most one of an
-- appointment is kept as its price. Amounts are fen; of the provider's data
-- there are opaque numbers only.

-- +goose Up
CREATE TABLE payment (
  id             TEXT NOT NULL PRIMARY KEY,
  out_no         TEXT NOT NULL,
  appointment_id TEXT NOT NULL REFERENCES appointment (id),
  patient_id     TEXT NOT NULL,
  nth            {{bigint}} NOT NULL,
  fee            {{bigint}} NOT NULL,
  paid           {{bigint}} NOT NULL,
  insured        {{bigint}} NOT NULL,
  state          TEXT NOT NULL,
  reason         TEXT NOT NULL,
  settlement     TEXT NOT NULL,
  settled_by     TEXT NOT NULL,
  trade_no       TEXT NOT NULL,
  cashier        TEXT NOT NULL,
  expires_at     {{bigint}} NOT NULL,
  due_at         {{bigint}} NOT NULL,
  attempts       {{bigint}} NOT NULL,
  silent         {{bigint}} NOT NULL,
  created_at     {{bigint}} NOT NULL,
  paid_at        {{bigint}} NOT NULL,
  ended_at       {{bigint}} NOT NULL,
  version        {{bigint}} NOT NULL,
  CONSTRAINT payment_fee CHECK (fee > 0 AND paid >= 0 AND insured BETWEEN 0 AND paid)
) {{strict}};
CREATE UNIQUE INDEX payment_out ON payment (out_no);
-- No place is paid for twice.
CREATE UNIQUE INDEX payment_kept ON payment (appointment_id) WHERE state = 'kept';
CREATE INDEX payment_of_appointment ON payment (appointment_id, nth);
CREATE INDEX payment_of_patient ON payment (patient_id, id);
CREATE INDEX payment_due ON payment (due_at, id) WHERE due_at > 0;
CREATE INDEX payment_by_hand ON payment (id) WHERE state = 'manual';
