-- +goose Up
-- What is about to be released is read into memory before the crowd comes.
CREATE INDEX session_to_release ON session (release_at) WHERE status = 'planned';
