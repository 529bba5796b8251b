-- +goose Up
-- One index of a session's appointments instead of two: the guard of its places
-- also lists them. Appointments that hold no place have no number in it.
DROP INDEX appointment_place;
DROP INDEX appointment_of_session;
CREATE UNIQUE INDEX appointment_place ON appointment (session_id, (CASE WHEN state > 0 THEN slot_no END));
