-- +goose Up
-- What the desk tells the doctor about one patient.
ALTER TABLE ticket ADD COLUMN note TEXT NOT NULL DEFAULT '';
