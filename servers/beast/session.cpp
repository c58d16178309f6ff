#include "session.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <chrono>
#include <limits>

#include "answers.hpp"

namespace net = boost::asio;
namespace beast = boost::beast;
using tcp = net::ip::tcp;

namespace {

constexpr auto idle_limit = std::chrono::seconds(60);
constexpr std::uint64_t whole_limit = 32 << 20;
constexpr std::size_t piece_size = 64 << 10;
// Shorter bodies come with the head, or fit into the buffer as it is.
constexpr std::size_t small_body = 4 << 10;

template <typename Message>
void set_type(Message& message, std::string_view type) {
    if (!type.empty()) {
        message.set(http::field::content_type, beast::string_view(type.data(), type.size()));
    }
}

// path_and_query returns a target without the scheme and the host that its absolute form
// has.
std::string_view path_and_query(beast::string_view target) {
    std::string_view rest(target.data(), target.size());
    constexpr std::string_view scheme = "http://";
    if (rest.starts_with(scheme)) {
        rest.remove_prefix(scheme.size());
        rest.remove_prefix(std::min(rest.find('/'), rest.size()));
    }
    return rest;
}

// refusal returns the status for a head that the parser takes and a server must not, or
// ok. Beast leaves these rules to the program.
http::status refusal(const http::request_header<>& head) {
    const auto hosts = head.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && head.version() == 11)) {
        return http::status::bad_request;
    }
    const auto coding = head[http::field::transfer_encoding];
    if (!coding.empty() && !beast::iequals(coding, "chunked")) {
        return http::status::not_implemented;
    }
    return http::status::ok;
}

// Session is the state of one connection. Errors end the connection: ec_ has them.
//
// A co_await takes no temporaries that own memory: GCC 12 destroys some of them twice.
class Session {
public:
    Session(tcp::socket socket, const Routes& routes, std::size_t most)
        : stream_(std::move(socket)), routes_(routes), most_(most) {
        buffer_.reserve(small_body);
    }

    net::awaitable<void> serve() {
        for (std::size_t served = 1; open_; served++) {
            stream_.expires_after(idle_limit);
            http::request_parser<http::empty_body> head;
            head.header_limit(16 << 10);
            // Beast 1.74 refuses all bodies where there is no limit at all.
            head.body_limit(std::numeric_limits<std::uint64_t>::max());
            co_await http::async_read_header(stream_, buffer_, head, token());
            if (ec_) {
                co_await refuse();
                break;
            }
            open_ = head.get().keep_alive() && served != most_;
            co_await exchange(head);
            if (ec_) {
                break;
            }
        }
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

private:
    net::redirect_error_t<std::decay_t<decltype(net::use_awaitable)>> token() {
        return net::redirect_error(net::use_awaitable, ec_);
    }

    // exchange reads the rest of a request and answers it.
    net::awaitable<void> exchange(http::request_parser<http::empty_body>& head) {
        const auto target = path_and_query(head.get().target());
        const auto question = std::min(target.find('?'), target.size());
        const auto [route, rest] = routes_.find(head.get().method(), target.substr(0, question));
        version_ = head.get().version();
        without_body_ = head.get().method() == http::verb::head;
        if (const auto status = refusal(head.get()); status != http::status::ok) {
            co_await refuse(status);
            co_return;
        }
        if (beast::iequals(head.get()[http::field::expect], "100-continue")) {
            http::response<http::empty_body> go_on{http::status::continue_, version_};
            co_await http::async_write(stream_, go_on, token());
            if (ec_) {
                co_return;
            }
        }
        const auto path = std::string(target.substr(0, question));
        const auto query = std::string(target.substr(std::min(question + 1, target.size())));
        const auto below = std::string(rest);
        if (route.body == Body::pieces) {
            http::request_parser<http::buffer_body> parser{std::move(head)};
            const auto bytes = co_await read_pieces(parser);
            if (!ec_) {
                const Request request{parser.get().base(), path, query, below, {}, bytes};
                const Answer reply = route.answer(request);
                co_await answer(reply);
            }
        } else {
            http::request_parser<http::string_body> parser{std::move(head)};
            parser.body_limit(whole_limit);
            if (parser.content_length().value_or(piece_size) >= small_body) {
                buffer_.reserve(piece_size);
            }
            co_await http::async_read(stream_, buffer_, parser, token());
            if (ec_) {
                co_await refuse();
            } else {
                const auto& body = parser.get().body();
                const Request request{parser.get().base(), path, query, below, body, body.size()};
                const Answer reply = route.answer(request);
                co_await answer(reply);
            }
        }
    }

    // read_pieces reads a body of any length and returns its length.
    net::awaitable<std::uint64_t> read_pieces(http::request_parser<http::buffer_body>& parser) {
        std::uint64_t bytes = 0;
        piece_.resize(piece_size);
        // Beast reads as much at once as the buffer holds, 512 bytes at first.
        buffer_.reserve(piece_size);
        while (!parser.is_done()) {
            stream_.expires_after(idle_limit);
            parser.get().body().data = piece_.data();
            parser.get().body().size = piece_.size();
            co_await http::async_read(stream_, buffer_, parser, token());
            if (ec_ == http::error::need_buffer) {
                ec_ = {};
            }
            if (ec_) {
                co_return bytes;
            }
            bytes += piece_.size() - parser.get().body().size;
        }
        co_return bytes;
    }

    // refuse answers a request that cannot be read, if the client is still there.
    net::awaitable<void> refuse() {
        if (ec_ == http::error::header_limit) {
            co_await refuse(http::status::request_header_fields_too_large);
        } else if (ec_ == http::error::body_limit) {
            co_await refuse(http::status::payload_too_large);
        } else if (ec_ != http::error::end_of_stream && ec_ != http::error::partial_message &&
                   ec_.category() == http::make_error_code(http::error::bad_method).category()) {
            co_await refuse(http::status::bad_request);
        }
    }

    net::awaitable<void> refuse(http::status status) {
        ec_ = {};
        open_ = false;
        const Answer reply{.status = status, .type = answers::type_text, .fixed = "the request cannot be read\n"};
        co_await answer(reply);
    }

    net::awaitable<void> answer(const Answer& answer) {
        stream_.expires_after(idle_limit);
        if (answer.delay_ms > 0) {
            net::steady_timer timer(co_await net::this_coro::executor, std::chrono::milliseconds(answer.delay_ms));
            co_await timer.async_wait(token());
        }
        if (answer.events) {
            co_await write_events(answer);
        } else if (!answer.file.empty()) {
            co_await write_file(answer);
        } else {
            co_await write_text(answer);
        }
    }

    // prepared fills in the headers that every answer has.
    template <typename Message>
    void prepare(Message& message, const Answer& answer) const {
        message.result(answer.status);
        message.version(version_);
        message.keep_alive(open_);
        const auto date = answers::date();
        message.set(http::field::date, beast::string_view(date.data(), date.size()));
        set_type(message, answer.type);
        for (const auto& [name, value] : answer.headers) {
            message.set(beast::string_view(name.data(), name.size()), beast::string_view(value.data(), value.size()));
        }
    }

    net::awaitable<void> write_text(const Answer& answer) {
        const std::string_view text = answer.fixed.empty() ? std::string_view(answer.text) : answer.fixed;
        const bool has_length =
            answer.status != http::status::no_content && answer.status != http::status::not_modified;
        http::response<http::span_body<const char>> response;
        prepare(response, answer);
        if (has_length) {
            response.content_length(text.size());
        }
        if (!without_body_) {
            response.body() = {text.data(), text.size()};
        }
        co_await http::async_write(stream_, response, token());
    }

    net::awaitable<void> write_file(const Answer& answer) {
        http::file_body::value_type body;
        beast::error_code missing;
        body.open(answer.file.c_str(), beast::file_mode::scan, missing);
        if (missing) {
            const Answer not_found{.status = http::status::not_found, .type = answers::type_text, .fixed = "not found\n"};
            co_await write_text(not_found);
            co_return;
        }
        const auto size = body.size();
        if (without_body_) {
            http::response<http::empty_body> response;
            prepare(response, answer);
            response.content_length(size);
            co_await http::async_write(stream_, response, token());
            co_return;
        }
        http::response<http::file_body> response;
        response.body() = std::move(body);
        prepare(response, answer);
        response.content_length(size);
        co_await http::async_write(stream_, response, token());
    }

    // write_events sends each event by itself, in a chunk.
    net::awaitable<void> write_events(const Answer& answer) {
        http::response<http::empty_body> response;
        prepare(response, answer);
        response.set(http::field::cache_control, "no-cache");
        response.chunked(true);
        http::response_serializer<http::empty_body> serializer(response);
        co_await http::async_write_header(stream_, serializer, token());
        for (int n = 1; n <= answers::events && !ec_; n++) {
            const auto event = answers::event(n);
            const auto chunk = http::make_chunk(net::buffer(event));
            co_await net::async_write(stream_, chunk, token());
        }
        if (!ec_) {
            const auto last = http::make_chunk_last();
            co_await net::async_write(stream_, last, token());
        }
    }

    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    std::vector<char> piece_;
    const Routes& routes_;
    const std::size_t most_;
    beast::error_code ec_;
    // Of the current request: its HTTP version, and whether it is HEAD.
    unsigned version_ = 11;
    bool without_body_ = false;
    // The connection stays open after the current answer.
    bool open_ = true;
};

}  // namespace

net::awaitable<void> session(tcp::socket socket, const Routes& routes, std::size_t most) {
    beast::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    Session session(std::move(socket), routes, most);
    co_await session.serve();
}
