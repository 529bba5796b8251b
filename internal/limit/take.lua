-- The generic cell rate algorithm over several keys at once: all or none.
-- ARGV: now, then the interval and the burst of each key; microseconds.
local now = tonumber(ARGV[1])
local nexts, worst = {}, 0
for i, key in ipairs(KEYS) do
  local every, burst = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local at = math.max(tonumber(redis.call('GET', key) or '0'), now)
  nexts[i] = at + every
  worst = math.max(worst, nexts[i] - now - burst * every)
end
if worst > 0 then
  return worst
end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', nexts[i]), 'PX', math.ceil((nexts[i] - now) / 1000) + 1000)
end
return 0
