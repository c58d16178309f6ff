#include "answers.hpp"

#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <unordered_map>

namespace answers {

using json = nlohmann::ordered_json;

const std::string& large() {
    static const std::string text = [] {
        constexpr std::string_view pattern = "0123456789abcdefghijklmnopqrstuvwxyz";
        std::string out;
        while (out.size() < 65536) {
            out += pattern;
        }
        out.resize(65536);
        return out;
    }();
    return text;
}

std::string event(int n) { return "data: " + std::to_string(n) + "\n\n"; }

std::string object(std::int64_t id) {
    return json{
        {"id", id},
        {"status", "ok"},
        {"data",
         {
             {"name", "joust"},
             {"version", "1.0.0"},
             {"flags", json::array({"fast", "correct", "measured", "repeatable"})},
         }},
    }
        .dump();
}

std::string document(std::int64_t seed) {
    constexpr std::int64_t rows = 384;
    json list = json::array();
    for (std::int64_t i = 0; i < rows; i++) {
        list.push_back({
            {"id", i},
            {"value", (i * seed * 7919 + i * i) % 1000003},
            {"name", "row-" + std::to_string(i)},
        });
    }
    return json{{"seed", seed}, {"rows", std::move(list)}}.dump();
}

std::vector<std::string> item_paths() {
    std::vector<std::string> paths;
    for (int i = 1; i <= 100; i++) {
        char path[32];
        std::snprintf(path, sizeof path, "/api/v1/items/%04d", i);
        paths.emplace_back(path);
    }
    return paths;
}

std::string_view media_type(std::string_view name) {
    static const std::unordered_map<std::string_view, std::string_view> types = {
        {"css", "text/css"},        {"html", "text/html"},
        {"js", "text/javascript"},  {"json", "application/json"},
        {"svg", "image/svg+xml"},   {"txt", "text/plain"},
        {"webp", "image/webp"},     {"woff2", "font/woff2"},
        {"xml", "application/xml"},
    };
    const auto dot = name.rfind('.');
    if (dot != name.npos) {
        if (const auto found = types.find(name.substr(dot + 1)); found != types.end()) {
            return found->second;
        }
    }
    return type_bytes;
}

std::string_view date() {
    thread_local std::time_t formatted = 0;
    thread_local char text[sizeof "Sun, 06 Nov 1994 08:49:37 GMT"];
    const std::time_t now = std::time(nullptr);
    if (now != formatted) {
        std::tm parts{};
        gmtime_r(&now, &parts);
        std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        formatted = now;
    }
    return {text, sizeof text - 1};
}

}  // namespace answers
