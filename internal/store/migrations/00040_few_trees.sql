-- +goose Up
-- A booking goes into two trees less. An appointment's id begins with its
-- voucher, so it is found by its id; those that were given before, of nine
-- signs, keep an index that no new one goes into. The appointments of a day are
-- those of its sessions.
CREATE INDEX appointment_old_voucher ON appointment (voucher) WHERE length(voucher) = 9;
DROP INDEX appointment_voucher;
DROP INDEX appointment_of_day;
