// The answers that count as right, for the C++ servers: canned texts, and documents
// that are serialised anew for each request. They repeat the rows of the scenario
// table; "joust check" compares the two.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace answers {

inline constexpr std::string_view alive = "alive\r\n";

inline constexpr std::string_view type_text = "text/plain";
inline constexpr std::string_view type_json = "application/json";
inline constexpr std::string_view type_bytes = "application/octet-stream";
inline constexpr std::string_view type_events = "text/event-stream";

// The entity tag of GET /etag.
inline constexpr std::string_view etag = "\"v1\"";

// The headers of an answer to the preflight of a cross-origin request.
inline constexpr std::pair<std::string_view, std::string_view> preflight[] = {
    {"Access-Control-Allow-Origin", "https://example.com"},
    {"Access-Control-Allow-Methods", "GET, POST, OPTIONS"},
    {"Access-Control-Allow-Headers", "Content-Type, X-Requested-With"},
    {"Access-Control-Max-Age", "86400"},
};

// The number of events of GET /sse.
inline constexpr int events = 100;

// The 65 536 bytes of GET /large.
const std::string& large();

// event returns event number n of GET /sse.
std::string event(int n);

// object returns the body of GET /json?id=ID.
std::string object(std::int64_t id);

// document returns the body of GET /gzip?seed=SEED before its compression.
std::string document(std::int64_t seed);

// item_paths returns /api/v1/items/0001 to /api/v1/items/0100.
std::vector<std::string> item_paths();

// media_type returns the media type of a file by the ending of its name.
std::string_view media_type(std::string_view name);

// date returns the time of now as a Date header has it. Each thread formats it once a
// second.
std::string_view date();

}  // namespace answers
