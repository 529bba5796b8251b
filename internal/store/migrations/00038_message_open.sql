-- What is still to be done about messages stands in a narrow table of its own,
-- so that the ledger's rows change without their indexes: of those none is left
-- on what an answer or a receipt changes. The out-id needs none, because it is
-- made of the id.

-- +goose Up
CREATE TABLE message_open (
  id         TEXT NOT NULL PRIMARY KEY,
  state      TEXT NOT NULL,
  channel    TEXT NOT NULL,
  urgency    {{bigint}} NOT NULL,
  due_at     {{bigint}} NOT NULL,
  claimed_at {{bigint}} NOT NULL,
  next_at    {{bigint}} NOT NULL
) {{keyed}};
INSERT INTO message_open (id, state, channel, urgency, due_at, claimed_at, next_at)
 SELECT id, state, channel, urgency, due_at, claimed_at, next_at FROM message
 WHERE state IN ('planned', 'claimed', 'unknown') OR next_at > 0 OR (channel = 'desk' AND state = 'accepted');
DROP INDEX message_out;
DROP INDEX message_due;
DROP INDEX message_lost;
DROP INDEX message_unheard;
DROP INDEX message_provider;
DROP INDEX message_desk;
CREATE INDEX message_due ON message_open (urgency, due_at, id) WHERE state = 'planned';
CREATE INDEX message_lost ON message_open (claimed_at) WHERE state IN ('claimed', 'unknown');
CREATE INDEX message_unheard ON message_open (next_at, id) WHERE next_at > 0;
CREATE INDEX message_desk ON message_open (claimed_at, id) WHERE channel = 'desk' AND state = 'accepted';
{{message_room}}
