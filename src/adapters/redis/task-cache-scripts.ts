// Over 300 lines: the Lua scripts share functions and are read together.

import { CACHE_TTL } from '../../ports/task-cache.ts';
import { LUA_DOCUMENT, READ_ENTRY } from './entry.ts';
import { script } from './script.ts';

/*
 * What is stored, all under one hash tag:
 *
 * - an entry, a string per task:       t|until|version|json      a task
 *                                      a|until                   absent
 *                                      g|until|at                removed: deleted at that moment
 * - `lists`, a hash: by task id what the lists show; by `#` and the name of a list what is known of it
 *                                      s|until|version|score|status|project: shown
 *                                        and a line each for id, version and json, which begins with its shape
 *                                      g|until|at
 *                                      u|until|at                unsure: removed, then saved again
 *                                      token|until|asked|filled|floor score|floor id
 * - `recent`, a sorted set: when each id in `lists` was last written
 * - a sorted set per list: ids by their last update, and `#token` at -1, so that a list that was evicted is known to
 *   be another one
 *
 * Scripts use what Redis 7, Valkey and ioredis-mock have in common: no cjson, no KEEPTTL, no ZADD GT, and nothing
 * that is not there is compared with false, because the mock has null for it. ARGV[1] is always the time.
 */
const PRELUDE = `${READ_ENTRY}
-- Saved after its deletion: created again, or merely late. It is over when the deletion is.
local function unsure(at)
  return string.format('u|%.0f|%.0f', at + ${CACHE_TTL.removed}, at)
end

-- When what is kept in \`lists\` and \`recent\` began to be complete. Either may have been evicted.
local function completeSince(lists, recent)
  local at = redis.call('HGET', lists, '#born')
  if type(at) == 'string' and type(redis.call('ZSCORE', recent, '#born')) == 'string' then return tonumber(at) end
  redis.call('HSET', lists, '#born', ARGV[1])
  redis.call('ZADD', recent, '9000000000000000', '#born')
  return now
end

-- Removes what has expired without a write, a little with every write; and keeps within bounds.
local function touch(lists, recent, id, oldest, capacity, idle)
  -- Release 0.1 answers with a page that it has kept as long as this is there.
  redis.call('HDEL', lists, '#still')
  redis.call('ZADD', recent, ARGV[1], id)
  local over = redis.call('ZRANGEBYSCORE', recent, '-inf', oldest, 'LIMIT', '0', '4')
  if #over == 0 and tonumber(redis.call('ZCARD', recent)) > capacity then
    over = redis.call('ZRANGE', recent, '0', '1')
  end
  for i = 1, #over do
    if over[i] ~= '#born' then
      redis.call('HDEL', lists, over[i])
      redis.call('ZREM', recent, over[i])
    end
  end
  redis.call('PEXPIRE', lists, idle)
  redis.call('PEXPIRE', recent, idle)
end

local TASK = '^s|(%d+)|%d+|(%d+)|(%a+)|([^|\\n]*)\\n'
local TASK_OF_THIS_SHAPE = TASK .. '[^\\n]*\\n%d+\\n${LUA_DOCUMENT}'

local function shownText(til, id, version, score, status, project, json)
  return 's|' .. til .. '|' .. version .. '|' .. score .. '|' .. status .. '|' .. project .. '\\n'
    .. id .. '\\n' .. version .. '\\n' .. json .. '\\n'
end
`;

/**
 * KEYS: entry, lists, recent, the lists that the task is in.
 * ARGV: now, asOf, id, version, score, status, project, json, until of the entry and of what the lists show, the
 * entry's life, oldest time to keep, capacity, idle life.
 */
export const SAVE = script(`${PRELUDE}
local asOf, id, version = tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local entry = redis.call('GET', KEYS[1])
local entryKind, entryMark = read(entry)
local known = redis.call('HGET', KEYS[2], id)
local listKind, listMark = read(known)

local function place()
  completeSince(KEYS[2], KEYS[3])
  touch(KEYS[2], KEYS[3], id, ARGV[12], tonumber(ARGV[13]), ARGV[14])
  for i = 4, #KEYS do
    if redis.call('EXISTS', KEYS[i]) == 1 then redis.call('ZADD', KEYS[i], ARGV[5], id) end
  end
end

if isRemoved(entryKind) or isRemoved(listKind) then
  local at = 0
  if isRemoved(entryKind) then at = entryMark end
  if isRemoved(listKind) and listMark > at then at = listMark end
  if asOf >= at then
    redis.call('HSET', KEYS[2], id, unsure(at))
    place()
  end
  return 0
end

if entryKind == 't' and entryMark > version then return 0 end
if listKind == 's' and listMark > version then return 0 end
if entryKind ~= 't' or entryMark < version or isOfOtherShape(entry) then
  redis.call('SET', KEYS[1], 't|' .. ARGV[9] .. '|' .. ARGV[4] .. '|' .. ARGV[8], 'PX', ARGV[11])
end
if listKind ~= 's' or listMark < version or not string.find(known, TASK_OF_THIS_SHAPE) then
  redis.call('HSET', KEYS[2], id,
    shownText(ARGV[10], id, ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]))
end
place()
return 1
`);

/** KEYS: entry, lists, recent. ARGV: now, id, until, life, oldest time to keep, capacity, idle life. */
export const REMOVE = script(`${PRELUDE}
local removed = 'g|' .. ARGV[3] .. '|' .. ARGV[1]
redis.call('SET', KEYS[1], removed, 'PX', ARGV[4])
completeSince(KEYS[2], KEYS[3])
redis.call('HSET', KEYS[2], ARGV[2], removed)
touch(KEYS[2], KEYS[3], ARGV[2], ARGV[5], tonumber(ARGV[6]), ARGV[7])
return 1
`);

const LISTS = `
local META = '^([^|]+)|(%d+)|(%d+)|(%d)|(-?%d+)|([^|]*)$'

-- Whether one id comes before another in descending order of bytes. Lua itself compares by locale.
local function isGreater(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x > y end
  end
  return #a > #b
end

-- Whether the first place is nearer to the top of a list than the second.
local function isAbove(score, id, otherScore, otherId)
  if score ~= otherScore then return score > otherScore end
  return isGreater(id, otherId)
end

local function metaOf(lists, list, name)
  local text = redis.call('HGET', lists, '#' .. name)
  if type(text) ~= 'string' then return nil end
  local token, til, asked, filled, score, id = string.match(text, META)
  if not token or tonumber(til) <= now then return nil end
  if type(redis.call('ZSCORE', list, '#' .. token)) ~= 'string' then return nil end
  return { token = token, til = til, asked = asked, filled = filled == '1', score = tonumber(score), id = id }
end
`;

/**
 * KEYS: lists, recent, the sorted sets of the lists to be merged.
 * ARGV: now, limit, after score and id or '', a new token, until of a new list, life of a list, since when what was
 * saved is put in a new list, idle life; per list its name, status, project, '' for any.
 *
 * Answers a list of the lists' tokens; or the pieces of a page: `page|`, the score of its last task where more may
 * follow, and what `lists` has of every task.
 */
export const PAGE = script(`${PRELUDE}${LISTS}
local limit, afterScore, afterId = tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local count = #KEYS - 2

local function fits(i, status, project)
  local wantedStatus, wantedProject = ARGV[8 + i * 3], ARGV[9 + i * 3]
  return (wantedStatus == '' or wantedStatus == status) and (wantedProject == '' or wantedProject == project)
end

local function begin(i)
  local list, name, token = KEYS[2 + i], ARGV[7 + i * 3], ARGV[5]
  redis.call('DEL', list)
  redis.call('ZADD', list, '-1', '#' .. token)
  local ids = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[8], '8000000000000000')
  for n = 1, #ids do
    local text = redis.call('HGET', KEYS[1], ids[n])
    local kind = read(text)
    if kind == 's' then
      local _, score, status, project = string.match(text, TASK)
      if fits(i, status, project) then redis.call('ZADD', list, score, ids[n]) end
    elseif kind == 'u' then
      redis.call('ZADD', list, ARGV[1], ids[n])
    end
  end
  redis.call('PEXPIRE', list, ARGV[7])
  redis.call('HSET', KEYS[1], '#' .. name, token .. '|' .. ARGV[6] .. '|' .. ARGV[1] .. '|0|-1|')
  redis.call('PEXPIRE', KEYS[1], ARGV[9])
  redis.call('PEXPIRE', KEYS[2], ARGV[9])
  return token
end

local unpack = unpack or table.unpack
-- The mock takes a table for an array only where it was written as one.
local function array(t) return { unpack(t) } end

local tokens = {}
local filled = true
local since, delay = completeSince(KEYS[1], KEYS[2]), now - tonumber(ARGV[8])
local floorScore, floorId = -1, ''
for i = 1, count do
  local meta = metaOf(KEYS[1], KEYS[2 + i], ARGV[7 + i * 3])
  -- A list begun before it was known what had been saved shortly before cannot be filled.
  if meta == nil or (not meta.filled and since > tonumber(meta.asked) - delay) then
    tokens[i] = begin(i)
    filled = false
  else
    tokens[i] = meta.token
    if not meta.filled then
      filled = false
    elseif meta.score >= 0 and (floorScore < 0 or isAbove(meta.score, meta.id, floorScore, floorId)) then
      floorScore, floorId = meta.score, meta.id
    end
  end
end
if not filled then return array(tokens) end

local found = {}

-- Collects the first tasks of a list as far down as the floor. False where the list turns out not to be good.
local function collect(i)
  local list = KEYS[2 + i]
  local highest, lowest = '+inf', '0'
  if afterScore then highest = ARGV[3] end
  if floorScore >= 0 then lowest = string.format('%.0f', floorScore) end
  local offset, taken, strays = 0, 0, {}
  while true do
    local rows = redis.call('ZREVRANGEBYSCORE', list, highest, lowest, 'WITHSCORES', 'LIMIT',
      string.format('%d', offset), string.format('%d', limit + 2))
    local ids, scores = {}, {}
    for r = 1, #rows, 2 do
      local id, score = rows[r], tonumber(rows[r + 1])
      if (not afterScore or isAbove(afterScore, afterId, score, id))
        and not (floorScore >= 0 and isAbove(floorScore, floorId, score, id)) then
        ids[#ids + 1] = id
        scores[#scores + 1] = score
      end
    end
    if #ids > 0 then
      local texts = redis.call('HMGET', KEYS[1], unpack(ids))
      for n = 1, #ids do
        local text = texts[n]
        -- One look at what is nearly always there: a task that is still good. Another shape is filled again.
        local til, score, status, project
        if type(text) == 'string' then til, score, status, project = string.match(text, TASK_OF_THIS_SHAPE) end
        til = tonumber(til)
        if til and til > now then
          if not fits(i, status, project) then
            strays[#strays + 1] = ids[n]
          elseif tonumber(score) ~= scores[n] then
            -- Another call has found a change that never reached this list.
            tokens[i] = begin(i)
            return false
          else
            found[#found + 1] = { id = ids[n], score = scores[n], text = text }
            taken = taken + 1
            if taken > limit then break end
          end
        else
          local kind = read(text)
          if kind == 'g' then
            strays[#strays + 1] = ids[n]
          else
            if kind == nil then tokens[i] = begin(i) end
            return false
          end
        end
      end
    end
    offset = offset + #rows / 2
    if taken > limit or #rows < (limit + 2) * 2 then break end
  end
  for n = 1, #strays do redis.call('ZREM', list, strays[n]) end
  return true
end

for i = 1, count do
  if not collect(i) then return array(tokens) end
end
if count > 1 then
  table.sort(found, function(a, b) return isAbove(a.score, a.id, b.score, b.id) end)
end
local more = #found > limit or floorScore >= 0
if more and #found < limit then return array(tokens) end

local shown = math.min(#found, limit)
local last = ''
if more and shown > 0 then last = string.format('%.0f', found[shown].score) end
local page = { 'page|' .. last .. '\\n' }
for n = 1, shown do page[n + 1] = found[n].text end
return array(page)
`);

/**
 * KEYS: lists, recent, the sorted sets of the lists, the entries of the tasks, every list that one of them is in.
 * ARGV: now, asOf, until, number of lists, after score and id or '', score and id where the page ended or '', how
 * long a list may get, the store's delay, oldest time to keep, capacity, idle life, number of tasks; per list its name,
 * token, status, project; per task its id, version, score, status, project, json, and which of the lists at the end of
 * KEYS it is in, by their numbers.
 */
export const FILL = script(`${PRELUDE}${LISTS}
local asOf, count = tonumber(ARGV[2]), tonumber(ARGV[4])
local afterScore, afterId, endScore, endId = tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7]), ARGV[8]
local taskCount = tonumber(ARGV[14])
local FIRST_LIST = 15
local FIRST_TASK = FIRST_LIST + count * 4
local lists, recent = KEYS[1], KEYS[2]
local since = completeSince(lists, recent)

-- Only where a list can be taken further down is there anything to do.
local metas, useful = {}, false
for i = 1, count do
  local at = FIRST_LIST + (i - 1) * 4
  local meta = metaOf(lists, KEYS[2 + i], ARGV[at])
  -- What was saved shortly before the list was begun may be missing in the store's answer as well as in the list.
  if meta and meta.token == ARGV[at + 1] and since <= tonumber(meta.asked) - tonumber(ARGV[10]) then
    local begins = not afterScore
    if afterScore and meta.filled then
      begins = meta.score < 0 or not isAbove(meta.score, meta.id, afterScore, afterId)
    end
    if begins then
      metas[i] = meta
      useful = true
    end
  end
end
if not useful then return 0 end

local function place(id, score, status, project)
  for i = 1, count do
    local at = FIRST_LIST + (i - 1) * 4
    if metas[i] and (ARGV[at + 2] == '' or ARGV[at + 2] == status) and (ARGV[at + 3] == '' or ARGV[at + 3] == project) then
      redis.call('ZADD', KEYS[2 + i], score, id)
    end
  end
end

-- A change that is found is written to every list: not only to the one that has lost the task to another.
local function placeEverywhere(id, score, numbers)
  for number in string.gmatch(numbers, '%d+') do
    local list = KEYS[2 + count + taskCount + tonumber(number)]
    if redis.call('EXISTS', list) == 1 then redis.call('ZADD', list, score, id) end
  end
end

local complete = true
for n = 1, taskCount do
  local at = FIRST_TASK + (n - 1) * 7
  local id, version = ARGV[at], tonumber(ARGV[at + 1])
  local entryKind, entryMark = read(redis.call('GET', KEYS[2 + count + n]))
  local known = redis.call('HGET', lists, id)
  local listKind, listMark = read(known)
  if isRemoved(entryKind) or isRemoved(listKind) then
    local removed = 0
    if isRemoved(entryKind) then removed = entryMark end
    if isRemoved(listKind) and listMark > removed then removed = listMark end
    if asOf >= removed then
      redis.call('HSET', lists, id, unsure(removed))
      touch(lists, recent, id, ARGV[11], tonumber(ARGV[12]), ARGV[13])
      place(id, ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
      complete = false
    end
  elseif listKind == 's' and listMark > version then
    local _, score, status, project = string.match(known, TASK)
    place(id, score, status, project)
  elseif entryKind == 't' and entryMark > version then
    complete = false
  else
    redis.call('HSET', lists, id,
      shownText(ARGV[3], id, ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]))
    -- The list knows better than the entry; who asks for the task alone shall not hear otherwise.
    if entryKind == 't' and entryMark < version then redis.call('DEL', KEYS[2 + count + n]) end
    touch(lists, recent, id, ARGV[11], tonumber(ARGV[12]), ARGV[13])
    placeEverywhere(id, ARGV[at + 2], ARGV[at + 6])
    place(id, ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
  end
end
if not complete then return 0 end

for i = 1, count do
  local meta = metas[i]
  if meta then
    local score, id = endScore or -1, endId
    local deeper = not meta.filled
      or (meta.score >= 0 and (score < 0 or isAbove(meta.score, meta.id, score, id))
        and tonumber(redis.call('ZCARD', KEYS[2 + i])) <= tonumber(ARGV[9]))
    if deeper then
      redis.call('HSET', lists, '#' .. ARGV[FIRST_LIST + (i - 1) * 4],
        meta.token .. '|' .. meta.til .. '|' .. meta.asked .. '|1|' .. string.format('%.0f', score) .. '|' .. id)
    end
  end
end
return 1
`);
