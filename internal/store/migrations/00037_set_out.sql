-- When a patient said that he is on his way, and how likely he was to stay
-- away before the day, in millionths; 0 is unknown.

-- +goose Up
ALTER TABLE ticket ADD COLUMN set_out_at {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN no_show {{bigint}} NOT NULL DEFAULT 0;
