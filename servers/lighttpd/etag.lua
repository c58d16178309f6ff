-- GET /etag: the answer carries its entity tag, and is left out for a client that has it.
local r = lighty.r
r.resp_header["ETag"] = '"v1"'
if r.req_header["If-None-Match"] == '"v1"' then
    return 304
end
r.resp_header["Content-Type"] = "text/plain"
r.resp_body.set({ "alive\r\n" })
return 200
