-- How a patient comes, what he was told on the way, and whether the doctor has
-- seen him before.

-- +goose Up
ALTER TABLE patient ADD COLUMN lives_near {{bool}} NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN lives_near {{bool}} NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN wait_advised_at {{bigint}} NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN first_visit {{bool}} NOT NULL DEFAULT 0;
