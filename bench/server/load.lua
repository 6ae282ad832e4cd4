-- wrk's script: sends the request of one row, and prints what came back as one line of JSON.
--   METHOD, URL_PATH ({n} in it is the number of the token), ORIGIN, TOKENS: a file, one token a line; BODY: "", "session", "identify" or "run"; RUN: of ids
local method, path, kind = os.getenv("METHOD"), os.getenv("URL_PATH"), os.getenv("BODY")
local run, tokens = os.getenv("RUN"), {}
for line in io.lines(os.getenv("TOKENS")) do tokens[#tokens + 1] = line end

-- What Chromium sends with a request to another origin.
local common = table.concat({
  "Host: localhost",
  "Connection: keep-alive",
  'sec-ch-ua: "Chromium";v="143", "Not)A;Brand";v="24"',
  "sec-ch-ua-mobile: ?0",
  'sec-ch-ua-platform: "Linux"',
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36",
  "Accept: text/event-stream, application/json",
  "Content-Type: application/json",
  "Origin: " .. os.getenv("ORIGIN"),
  "Sec-Fetch-Site: cross-site",
  "Sec-Fetch-Mode: cors",
  "Sec-Fetch-Dest: empty",
  "Referer: " .. os.getenv("ORIGIN") .. "/",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
  "Widgent-Service-Key: pk_acme_demo",
  "Widgent-Anonymous-Id: 5f0c1a2b3c4d5e6f708192a3b4c5d6e7",
}, "\r\n")
local before, after = path:match("^(.*){n}(.*)$")
local function start_of(user)
  return method .. " " .. (before and before .. user .. after or path)
end
local start = " HTTP/1.1\r\n" .. common .. "\r\nAuthorization: Bearer "

local events = { session = ',"event":"inspect"', identify = ',"event":"identify"', run = "" }
local function body_of(n)
  if not events[kind] then return "" end
  local id = run .. n
  return '{"threadId":"th_' .. id .. '","runId":"r_' .. id .. '","protocolVersion":"1.0","messages":[{"id":"m_' .. id
    .. '","role":"user","content":"How do returns work?"}],"tools":[],"context":[],"state":{},"forwardedProps":'
    .. '{"widgent":{"page":"https://shop.example/account","locale":"en"}}' .. events[kind] .. "}"
end

local n = 0
function request()
  n = n + 1
  local body = body_of(n)
  local length = method == "POST" and "\r\nContent-Length: " .. #body or ""
  local user = (n - 1) % #tokens
  return start_of(user) .. start .. tokens[user + 1] .. length .. "\r\n\r\n" .. body
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"failed":%d,"p50":%f,"p99":%f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
