-- +goose Up
-- When the hospital last changed the time of a place, or took it by changing the
-- hours of its session; 0 is never. Whoever had booked it before gives it up freely.
ALTER TABLE slot ADD COLUMN retimed_at {{bigint}} NOT NULL DEFAULT 0;
