#include "routes.hpp"

#include <chrono>
#include <optional>
#include <thread>

#include "answers.hpp"
#include "text.hpp"

using httplib::ContentReader;
using httplib::Request;
using httplib::Response;

namespace {

void answer(Response& res, std::string_view text, std::string_view type = answers::type_text) {
    res.set_content(text.data(), text.size(), std::string(type));
}

void bad_request(Response& res) {
    res.status = 400;
    answer(res, "a parameter must be a whole number\n");
}

// number_of returns a number of the query, or fallback where it has none of that name.
std::optional<std::int64_t> number_of(const Request& req, const char* name, std::int64_t fallback) {
    return req.has_param(name) ? text::number(req.get_param_value(name)) : fallback;
}

void json(const Request& req, Response& res) {
    const auto id = number_of(req, "id", 1);
    if (!id) {
        return bad_request(res);
    }
    answer(res, answers::object(*id), answers::type_json);
}

// The framework compresses what it sends, as the request allows, and says so.
void gzip(const Request& req, Response& res) {
    const auto seed = number_of(req, "seed", 1);
    if (!seed) {
        return bad_request(res);
    }
    res.set_header("Vary", "Accept-Encoding");
    answer(res, answers::document(*seed), answers::type_json);
}

void priced(const Items& items, const Request& req, Response& res) {
    const auto count = text::number(req.matches[1].str());
    const auto multiplier = number_of(req, "m", 1);
    if (!count || !multiplier) {
        return bad_request(res);
    }
    if (static_cast<std::size_t>(*count) > items.size()) {
        res.status = 404;
        return;
    }
    res.set_header("Vary", "Accept-Encoding");
    answer(res, items.answer(static_cast<std::size_t>(*count), *multiplier), answers::type_json);
}

void cookies(const Request& req, Response& res) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < req.get_header_value_count("Cookie"); i++) {
        count += text::cookies(req.get_header_value("Cookie", i)).size();
    }
    answer(res, std::to_string(count));
}

void etag(const Request& req, Response& res) {
    res.set_header("ETag", std::string(answers::etag));
    if (req.get_header_value("If-None-Match") == answers::etag) {
        res.status = 304;
        return;
    }
    answer(res, answers::alive);
}

void preflight(const Request&, Response& res) {
    for (const auto& [name, value] : answers::preflight) {
        res.set_header(std::string(name), std::string(value));
    }
    res.status = 204;
}

// sum adds a, b and, in a request with a body, the number that the body is.
void sum(const Request& req, Response& res) {
    const auto a = number_of(req, "a", 0);
    const auto b = number_of(req, "b", 0);
    const auto c = req.body.empty() ? std::optional<std::int64_t>(0) : text::number(req.body);
    if (!a || !b || !c) {
        return bad_request(res);
    }
    answer(res, std::to_string(*a + *b + *c));
}

// count reads a body in pieces, as they arrive.
void count(const Request&, Response& res, const ContentReader& read) {
    std::uint64_t bytes = 0;
    read([&](const char*, std::size_t size) {
        bytes += size;
        return true;
    });
    answer(res, std::to_string(bytes));
}

void drain(const Request&, Response& res, const ContentReader& read) {
    read([](const char*, std::size_t) { return true; });
    answer(res, "ok");
}

void events(const Request&, Response& res) {
    res.set_header("Cache-Control", "no-cache");
    res.set_chunked_content_provider(std::string(answers::type_events),
                                     [n = 0](std::size_t, httplib::DataSink& sink) mutable {
                                         const auto event = answers::event(++n);
                                         const bool written = sink.write(event.data(), event.size());
                                         if (n == answers::events) {
                                             sink.done();
                                         }
                                         return written;
                                     });
}

// delay holds the connection's thread, which serves no other.
void delay(const Request& req, Response& res) {
    const auto ms = text::number(req.matches[1].str());
    if (!ms) {
        return bad_request(res);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(*ms));
    answer(res, "ok");
}

}  // namespace

void add_routes(httplib::Server& server, const std::string& data, const Items& items) {
    server.Get("/", [](const Request&, Response& res) { answer(res, answers::alive); });
    server.Get("/json", json);
    server.Get("/large", [](const Request&, Response& res) { answer(res, answers::large()); });
    server.Get("/cookies", cookies);
    server.Get("/gzip", gzip);
    server.Get("/qs", [](const Request& req, Response& res) { answer(res, std::to_string(req.params.size())); });
    server.Get("/etag", etag);
    server.Get("/redirect", [](const Request&, Response& res) { res.set_redirect("/target"); });
    server.Get("/sse", events);
    server.Get("/baseline11", sum);
    server.Get("/pipeline", [](const Request&, Response& res) { answer(res, "ok"); });
    const auto items_answer = [&items](const Request& req, Response& res) { priced(items, req, res); };
    server.Get(R"(/json/(\d+))", items_answer);
    server.Get(R"(/httparena_json/(\d+))", items_answer);
    server.Get(R"(/delay/(\d+))", delay);
    for (const auto& path : answers::item_paths()) {
        server.Get(path, [](const Request&, Response& res) { answer(res, answers::alive); });
    }

    server.Post("/echo", [](const Request& req, Response& res) { answer(res, req.body, answers::type_bytes); });
    server.Post("/upload", count);
    server.Post("/upload_auto",
                [](const Request& req, Response& res) { answer(res, std::to_string(req.body.size())); });
    server.Post("/upload_manual", count);
    // The framework parses an urlencoded body into the parameters.
    server.Post("/form", [](const Request& req, Response& res) { answer(res, std::to_string(req.params.size())); });
    server.Post("/drain", drain);
    server.Post("/baseline11", sum);
    server.Options("/api", preflight);

    for (const auto* ending : {"css", "html", "js", "json", "svg", "txt", "webp", "woff2", "xml"}) {
        server.set_file_extension_and_mimetype_mapping(ending,
                                                       std::string(answers::media_type(std::string(".") + ending)));
    }
    server.set_mount_point("/static", data + "/static", {{"Vary", "Accept-Encoding"}});
}
