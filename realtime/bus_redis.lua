-- The updates of some topics of one shard in one step. KEYS: the shard's head
-- (epoch, version), then each topic's state. ARGV: at, candidate epoch, time to
-- live in ms, channel, and of each topic what, rev, payload and its name. Gives
-- of each topic whether it was accepted, its epoch and its version; announces
-- all that have news in one message, a line each.
-- A version never falls behind the server's clock, so that a replica that was
-- promoted without the last versions does not use their numbers again.
local head, at, life, channel = KEYS[1], ARGV[1], ARGV[3], ARGV[4]
local epoch, version
local function nextVersion()
  if version then
    version = version + 1
  else
    redis.call('HSETNX', head, 'e', ARGV[2])
    local held = redis.call('HMGET', head, 'e', 'v')
    local clock = redis.call('TIME')
    epoch = held[1]
    version = math.max(tonumber(held[2] or '0') + 1, tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000))
  end
  return string.format('%.0f', version)
end
local answers, news = {}, {}
local function answer(accepted, e, v)
  local n = #answers
  answers[n + 1], answers[n + 2], answers[n + 3] = accepted, e, v
end
for i = 2, #KEYS do
  local state, a = KEYS[i], 4 * i - 3
  local rev, topic = ARGV[a + 1], ARGV[a + 3]
  local held = redis.call('HMGET', state, 'r', 'e', 'v')
  local known = held[1] and tonumber(held[1])
  if ARGV[a] == 'touch' then
    redis.call('HDEL', state, 'p')
    if not known or known < tonumber(rev) then redis.call('HSET', state, 'r', rev) end
    redis.call('PEXPIRE', state, life)
    news[#news + 1] = '0 - ' .. topic
    answer(1, '', '0')
  elseif known and (tonumber(rev) < known or tonumber(rev) == known and redis.call('HGET', state, 'p') == ARGV[a + 2]) then
    answer(0, held[2] or '', held[3] or '0')
  else
    local text = nextVersion()
    redis.call('HSET', state, 'r', rev, 'p', ARGV[a + 2], 'e', epoch, 'v', text, 'a', at)
    redis.call('PEXPIRE', state, life)
    news[#news + 1] = text .. ' ' .. epoch .. ' ' .. topic
    answer(1, epoch, text)
  end
end
if version then redis.call('HSET', head, 'v', string.format('%.0f', version)) end
if #news > 0 then redis.call('PUBLISH', channel, table.concat(news, '\n')) end
return answers
