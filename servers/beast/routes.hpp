// The routes of the server: what answers which path, and how it wants the request's
// body.
#pragma once

#include <boost/beast/http.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "items.hpp"

namespace http = boost::beast::http;

// Request is a request whose body has been read.
struct Request {
    const http::request_header<>& header;
    std::string_view path;
    std::string_view query;
    // The part of the path after a route's prefix.
    std::string_view rest;
    // The body, of a route that wants it whole.
    std::string_view body;
    // The number of the body's bytes.
    std::uint64_t body_bytes = 0;

    std::string_view field(http::field name) const {
        const auto value = header[name];
        return {value.data(), value.size()};
    }
};

// Answer is a status with headers and a text, or with a file in place of the text.
struct Answer {
    http::status status = http::status::ok;
    std::string_view type{};
    std::string text{};
    // A text that outlives the answer, in place of text.
    std::string_view fixed{};
    std::string file{};
    std::vector<std::pair<std::string_view, std::string_view>> headers{};
    // A time to wait before the answer, in milliseconds.
    std::int64_t delay_ms = 0;
    // The answer is the stream of events.
    bool events = false;
};

// Body is how a route wants the body of its requests.
enum class Body {
    whole,   // at most 32 MiB, in memory
    pieces,  // of any length, counted
};

using Handler = std::function<Answer(const Request&)>;

struct Route {
    Handler answer;
    Body body = Body::whole;
};

// Hash lets a table of strings be searched by a string_view.
struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};

class Routes {
public:
    // Registers all routes; data is the data set's folder.
    explicit Routes(const std::string& data);

    // find returns the route of a path and the part of the path after the route's
    // prefix; without a route it returns the one that answers 404.
    std::pair<const Route&, std::string_view> find(http::verb method, std::string_view path) const;

private:
    void add(http::verb method, const std::string& path, Handler answer, Body body = Body::whole);
    // Registers GET of all paths that begin with the prefix.
    void add_below(const std::string& prefix, Handler answer);

    Items items_;
    std::unordered_map<http::verb, std::unordered_map<std::string, Route, Hash, std::equal_to<>>> exact_;
    std::vector<std::pair<std::string, Route>> below_;
    Route missing_;
};
