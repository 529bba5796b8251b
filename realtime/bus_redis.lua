-- One topic's update in one step. KEYS: the shard's head (epoch, version) and
-- the topic's state. ARGV: what, rev, payload, at, candidate epoch, time to
-- live in ms, channel, topic.
-- A version never falls behind the server's clock, so that a replica that was
-- promoted without the last versions does not use their numbers again.
local head, state = KEYS[1], KEYS[2]
local rev = tonumber(ARGV[2])
local held = redis.call('HMGET', state, 'r', 'p', 'e', 'v')
if ARGV[1] == 'touch' then
  redis.call('HDEL', state, 'p')
  if not held[1] or tonumber(held[1]) < rev then redis.call('HSET', state, 'r', ARGV[2]) end
  redis.call('PEXPIRE', state, ARGV[6])
  redis.call('PUBLISH', ARGV[7], '0 - ' .. ARGV[8])
  return {1, '', '0'}
end
if held[1] then
  local known = tonumber(held[1])
  if rev < known or (rev == known and held[2] == ARGV[3]) then
    return {0, held[3] or '', held[4] or '0'}
  end
end
redis.call('HSETNX', head, 'e', ARGV[5])
local at = redis.call('HMGET', head, 'e', 'v')
local clock = redis.call('TIME')
local version = math.max(tonumber(at[2] or '0') + 1, tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000))
local text = string.format('%.0f', version)
redis.call('HSET', head, 'v', text)
redis.call('HSET', state, 'r', ARGV[2], 'p', ARGV[3], 'e', at[1], 'v', text, 'a', ARGV[4])
redis.call('PEXPIRE', state, ARGV[6])
redis.call('PUBLISH', ARGV[7], text .. ' ' .. at[1] .. ' ' .. ARGV[8])
return {1, at[1], text}
