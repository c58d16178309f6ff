-- OPTIONS /api: the preflight of a cross-origin request.
local r = lighty.r
if r.req_attr["request.method"] ~= "OPTIONS" then
    return 404
end
local h = r.resp_header
h["Access-Control-Allow-Origin"] = "https://example.com"
h["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
h["Access-Control-Allow-Headers"] = "Content-Type, X-Requested-With"
h["Access-Control-Max-Age"] = "86400"
return 204
