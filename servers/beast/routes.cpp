#include "routes.hpp"

#include <filesystem>

#include "answers.hpp"
#include "compress.hpp"
#include "text.hpp"

namespace {

Answer plain(std::string text) { return {.type = answers::type_text, .text = std::move(text)}; }

Answer fixed(std::string_view text) { return {.type = answers::type_text, .fixed = text}; }

Answer refused(http::status status, std::string_view text) {
    return {.status = status, .type = answers::type_text, .fixed = text};
}

Answer bad_request() { return refused(http::status::bad_request, "a parameter must be a whole number\n"); }

Answer not_found() { return refused(http::status::not_found, "not found\n"); }

// number_of returns a number of the query, or fallback where it has none of that name.
std::optional<std::int64_t> number_of(const Request& r, std::string_view name, std::int64_t fallback) {
    const auto pairs = text::urlencoded(r.query);
    const auto value = text::value(pairs, name);
    return value ? text::number(*value) : fallback;
}

// compressed returns the answer with its text compressed as the request allows.
Answer compressed(const Request& r, Answer answer, bool brotli_too) {
    const auto accepted = r.field(http::field::accept_encoding);
    if (brotli_too && text::accepts(accepted, "br")) {
        answer.text = compression::brotli(answer.text);
        answer.headers.emplace_back("Content-Encoding", "br");
    } else if (text::accepts(accepted, "gzip")) {
        answer.text = compression::gzip(answer.text);
        answer.headers.emplace_back("Content-Encoding", "gzip");
    }
    answer.headers.emplace_back("Vary", "Accept-Encoding");
    return answer;
}

Answer json(const Request& r) {
    const auto id = number_of(r, "id", 1);
    return id ? Answer{.type = answers::type_json, .text = answers::object(*id)} : bad_request();
}

Answer gzip(const Request& r) {
    const auto seed = number_of(r, "seed", 1);
    if (!seed) {
        return bad_request();
    }
    return compressed(r, {.type = answers::type_json, .text = answers::document(*seed)}, false);
}

Answer items(const Items& items, const Request& r) {
    const auto count = text::number(r.rest);
    const auto multiplier = number_of(r, "m", 1);
    if (!count || !multiplier) {
        return bad_request();
    }
    if (*count < 0 || static_cast<std::size_t>(*count) > items.size()) {
        return not_found();
    }
    return {.type = answers::type_json, .text = items.answer(static_cast<std::size_t>(*count), *multiplier)};
}

Answer echo(const Request& r) {
    return {.type = answers::type_bytes, .text = std::string(r.body)};
}

Answer cookies(const Request& r) {
    std::size_t count = 0;
    const auto [first, last] = r.header.equal_range(http::field::cookie);
    for (auto field = first; field != last; ++field) {
        const auto value = field->value();
        count += text::cookies({value.data(), value.size()}).size();
    }
    return plain(std::to_string(count));
}

Answer etag(const Request& r) {
    Answer answer = fixed(answers::alive);
    if (r.field(http::field::if_none_match) == answers::etag) {
        answer = {.status = http::status::not_modified};
    }
    answer.headers.emplace_back("ETag", answers::etag);
    return answer;
}

Answer preflight(const Request&) {
    Answer answer{.status = http::status::no_content};
    answer.headers.assign(std::begin(answers::preflight), std::end(answers::preflight));
    return answer;
}

// sum adds a, b and, in a request with a body, the number that the body is.
Answer sum(const Request& r) {
    const auto a = number_of(r, "a", 0);
    const auto b = number_of(r, "b", 0);
    const auto c = r.body.empty() ? std::optional<std::int64_t>(0) : text::number(r.body);
    return a && b && c ? plain(std::to_string(*a + *b + *c)) : bad_request();
}

Answer delay(const Request& r) {
    const auto ms = text::number(r.rest);
    if (!ms || *ms < 0) {
        return bad_request();
    }
    Answer answer = fixed("ok");
    answer.delay_ms = *ms;
    return answer;
}

// file answers with a file of the folder, in the compressed form that stands beside it
// where the request allows it.
Answer file(const std::string& folder, const Request& r) {
    if (r.rest.empty() || r.rest.find('/') != r.rest.npos || r.rest.front() == '.') {
        return not_found();
    }
    Answer answer{.type = answers::media_type(r.rest), .file = folder + "/" + std::string(r.rest)};
    const auto accepted = r.field(http::field::accept_encoding);
    std::error_code missing;
    for (const auto& [encoding, ending] : {std::pair{"br", ".br"}, {"gzip", ".gz"}}) {
        if (text::accepts(accepted, encoding) && std::filesystem::exists(answer.file + ending, missing)) {
            answer.file += ending;
            answer.headers.emplace_back("Content-Encoding", encoding);
            break;
        }
    }
    answer.headers.emplace_back("Vary", "Accept-Encoding");
    return answer;
}

Answer count(const Request& r) { return plain(std::to_string(r.body_bytes)); }

}  // namespace

Routes::Routes(const std::string& data) : items_(data) {
    using enum http::verb;
    add(get, "/", [](const Request&) { return fixed(answers::alive); });
    add(get, "/json", json);
    add(post, "/echo", echo);
    add(get, "/large", [](const Request&) { return fixed(answers::large()); });
    add(get, "/cookies", cookies);
    add(post, "/upload", count, Body::pieces);
    add(post, "/upload_auto", count);
    add(post, "/upload_manual", count, Body::pieces);
    add(post, "/form", [](const Request& r) { return plain(std::to_string(text::urlencoded(r.body).size())); });
    add(post, "/drain", [](const Request&) { return fixed("ok"); }, Body::pieces);
    add(get, "/gzip", gzip);
    add(get, "/qs", [](const Request& r) { return plain(std::to_string(text::urlencoded(r.query).size())); });
    add(get, "/etag", etag);
    add(get, "/redirect", [](const Request&) {
        return Answer{.status = http::status::found, .headers = {{"Location", "/target"}}};
    });
    add(options, "/api", preflight);
    add(get, "/sse", [](const Request&) { return Answer{.type = answers::type_events, .events = true}; });
    add(get, "/baseline11", sum);
    add(post, "/baseline11", sum);
    add(get, "/pipeline", [](const Request&) { return fixed("ok"); });
    for (const auto& path : answers::item_paths()) {
        add(get, path, [](const Request&) { return fixed(answers::alive); });
    }
    add_below("/json/", [this](const Request& r) { return compressed(r, items(items_, r), true); });
    add_below("/httparena_json/", [this](const Request& r) { return items(items_, r); });
    add_below("/delay/", delay);
    add_below("/static/", [folder = data + "/static"](const Request& r) { return file(folder, r); });
    missing_ = {[](const Request&) { return not_found(); }, Body::pieces};
}

void Routes::add(http::verb method, const std::string& path, Handler answer, Body body) {
    exact_[method].emplace(path, Route{std::move(answer), body});
}

void Routes::add_below(const std::string& prefix, Handler answer) {
    below_.emplace_back(prefix, Route{std::move(answer), Body::whole});
}

std::pair<const Route&, std::string_view> Routes::find(http::verb method, std::string_view path) const {
    // HEAD is answered as GET, without the body.
    if (method == http::verb::head) {
        method = http::verb::get;
    }
    if (const auto table = exact_.find(method); table != exact_.end()) {
        if (const auto route = table->second.find(path); route != table->second.end()) {
            return {route->second, {}};
        }
    }
    if (method == http::verb::get) {
        for (const auto& [prefix, route] : below_) {
            if (path.starts_with(prefix)) {
                return {route, path.substr(prefix.size())};
            }
        }
    }
    return {missing_, {}};
}
