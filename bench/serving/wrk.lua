-- What wrk asks, each question once in the order of a file, and what it prints: one line of JSON.
--
--     wrk -t1 -c8 -d5s -s bench/wrk.lua http://127.0.0.1:8000 -- FILE
--
-- A line of FILE is a path, which is asked with GET, or a path, a tab and a JSON body for POST.

local questions, last, threads = {}, 0, {}
repeats = 0 -- questions that were asked again, since the file was too short

function setup(thread)
  table.insert(threads, thread)
end

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, body = line:match("^([^\t]+)\t(.+)$")
    local headers = { ["Host"] = wrk.headers["Host"] }
    if body then headers["Content-Type"] = "application/json" end
    table.insert(questions, wrk.format(body and "POST" or "GET", path or line, headers, body))
  end
end

function request()
  last = last + 1
  if last > #questions then
    repeats = repeats + 1
  end
  return questions[(last - 1) % #questions + 1]
end

function done(summary, latency)
  local asked_again = 0
  for _, thread in ipairs(threads) do
    asked_again = asked_again + thread:get("repeats")
  end
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local counts = {}
  for number = 1, #latency do
    local microseconds, count = latency(number)
    table.insert(counts, string.format("[%d,%d]", microseconds, count))
  end
  io.write(string.format(
    '\n{"answers":%d,"microseconds":%d,"bytes":%d,"errors":%d,"repeats":%d,"latency":[%s]}\n',
    summary.requests, summary.duration, summary.bytes, failed, asked_again,
    table.concat(counts, ",")))
end
