-- SPDX-License-Identifier: MIT
--
-- Publishes a measurement and a message, and waits until both have come back:
--
--     luajit measure.lua [BROKER-URI [iotkit.h]]

local ffi = require("ffi")
local iotkit -- the library

local uri = arg[1] or "mqtt://localhost:1883"
local header = arg[2] or "/usr/local/include/iotkit.h"

-- LuaJIT reads C declarations as they are, so that the header itself is the binding. Only what is
-- for a preprocessor, which it has not, is taken out.
local function declare(path)
	local file = assert(io.open(path))
	local text = file:read("*a")
	file:close()
	text = text:gsub("/%*.-%*/", "") -- comments
	text = text:gsub("#ifdef __cplusplus.-#endif", "")
	text = text:gsub("#[^\n]*", ""):gsub("IOTKIT_API", "")
	ffi.cdef(text)
end

local function check(status)
	if status ~= iotkit.IOTKIT_OK then
		-- The whole sentence: what was tried, why it failed, what mends it. A second
		-- argument of 0 keeps Lua from putting a line number before it.
		error(ffi.string(iotkit.iotkit_last_error()), 0)
	end
end

-- Takes events until all that is expected, a set of topics, has come.
local function receive(iot, expected)
	while next(expected) ~= nil do
		local event = iotkit.iotkit_next_event(iot, 10000)
		if event == nil then
			error("nothing came for 10 s", 0)
		elseif event.type == iotkit.IOTKIT_EVENT_MESSAGE then
			local topic = ffi.string(event.topic)
			print(topic, ffi.string(event.payload, event.payload_size))
			expected[topic] = nil
		elseif event.type == iotkit.IOTKIT_EVENT_SUBSCRIBED and event.status ~= iotkit.IOTKIT_OK then
			error("the broker refuses the subscription to " .. ffi.string(event.topic), 0)
		elseif event.text ~= nil then
			print(ffi.string(iotkit.iotkit_event_name(event.type)), ffi.string(event.text))
		end
	end
end

local function print_stats(iot)
	local stats = ffi.new("iotkit_stats", { struct_size = ffi.sizeof("iotkit_stats") })
	check(iotkit.iotkit_get_stats(iot, stats))
	-- Its numbers have 64 bits, which Lua shows as 2ULL.
	print(string.format("accepted %d, delivered %d, received %d",
		tonumber(stats.accepted), tonumber(stats.delivered), tonumber(stats.received)))
end

local function measure(iot)
	local will, text = "gone without goodbye", "hello from Lua"
	check(iotkit.iotkit_set_option(iot, "topic.base", "iotkit/lua"))
	check(iotkit.iotkit_set_option(iot, "mqtt.keepalive_s", "30"))
	check(iotkit.iotkit_set_will(iot, "iotkit/lua/status", will, #will, 1, 1))
	check(iotkit.iotkit_connect(iot, 10000))
	check(iotkit.iotkit_subscribe(iot, "iotkit/lua/#", 1))
	check(iotkit.iotkit_publish_metric(iot, "greenhouse", "temperature", 23.5, "Cel", 0))
	check(iotkit.iotkit_publish(iot, "iotkit/lua/hello", text, #text, 1, 0, nil))
	receive(iot, { ["iotkit/lua/greenhouse/temperature"] = true, ["iotkit/lua/hello"] = true })
	check(iotkit.iotkit_flush(iot, 10000))
	print_stats(iot)
	check(iotkit.iotkit_disconnect(iot, 10000))
end

declare(header)
iotkit = ffi.load(os.getenv("IOTKIT_LIBRARY") or "libiotkit.so.1")
local out = ffi.new("iotkit *[1]")
local ok, message = pcall(function()
	check(iotkit.iotkit_open(uri, out))
	measure(out[0])
end)
iotkit.iotkit_close(out[0]) -- NULL, when it was not opened, does nothing
if not ok then
	io.stderr:write(message, "\n")
	os.exit(1)
end
