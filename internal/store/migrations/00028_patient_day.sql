-- +goose Up
-- One index of a patient's days instead of two: the guard of three visits a day
-- also lists them. Rows that the guard does not count have no number in it.
DROP INDEX appointment_limit;
DROP INDEX appointment_of_patient;
CREATE UNIQUE INDEX appointment_limit ON appointment
  (patient_id, day, (CASE WHEN state > 0 AND purpose <> 'option' AND nth > 0 THEN nth END));
