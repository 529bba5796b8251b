-- A receipt's id is made of what it says, so that one that is posted again is
-- known by its id, and needs no second index.

-- +goose Up
DROP INDEX receipt_inbox_once;
