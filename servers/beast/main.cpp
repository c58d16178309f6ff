// An HTTP/1.1 server on Boost.Beast: one io_context and one thread a CPU, a coroutine a
// connection. The first thread accepts, and gives connections to all in turn.

#include <utility>  // Asio 1.74 does not include it for itself

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/version.hpp>
#include <iostream>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "options.hpp"
#include "routes.hpp"
#include "session.hpp"

namespace net = boost::asio;
using tcp = net::ip::tcp;
using boost::beast::error_code;

namespace {

constexpr int backlog = 4096;

using Contexts = std::vector<std::unique_ptr<net::io_context>>;

// Gate counts the open connections. Only the thread that accepts touches it.
struct Gate {
    std::size_t most;
    std::size_t open = 0;
    net::steady_timer left;

    bool full() const { return most != 0 && open >= most; }
};

net::awaitable<void> accept(tcp::acceptor acceptor, Contexts& contexts, const Routes& routes, const Options& options) {
    Gate gate{options.max_connections, 0, net::steady_timer(acceptor.get_executor(), net::steady_timer::time_point::max())};
    error_code ec;
    for (std::size_t turn = 0;; turn = (turn + 1) % contexts.size()) {
        while (gate.full()) {
            co_await gate.left.async_wait(net::redirect_error(net::use_awaitable, ec));
        }
        auto& context = *contexts[turn];
        tcp::socket socket(context);
        co_await acceptor.async_accept(socket, net::redirect_error(net::use_awaitable, ec));
        if (ec) {
            continue;
        }
        gate.open++;
        net::co_spawn(context, session(std::move(socket), routes, options.keepalive_requests),
                      [&gate, executor = acceptor.get_executor()](std::exception_ptr) {
                          net::post(executor, [&gate] {
                              gate.open--;
                              gate.left.cancel();
                          });
                      });
    }
}

void run(const Options& options) {
    const Routes routes(options.data);
    Contexts contexts;
    for (std::size_t i = 0; i < std::max<std::size_t>(options.cpus, 1); i++) {
        // The hint says that one thread runs the context.
        contexts.push_back(std::make_unique<net::io_context>(1));
    }
    auto& first = *contexts.front();
    tcp::acceptor acceptor(first);
    const tcp::endpoint endpoint(net::ip::make_address(options.host), static_cast<unsigned short>(options.port));
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen(backlog);
    net::co_spawn(first, accept(std::move(acceptor), contexts, routes, options), net::detached);

    net::signal_set stop(first, SIGTERM, SIGINT);
    stop.async_wait([&](error_code, int) {
        for (auto& context : contexts) {
            context->stop();
        }
    });
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < contexts.size(); i++) {
        threads.emplace_back([&context = *contexts[i]] {
            const auto work = net::make_work_guard(context);
            context.run();
        });
    }
    first.run();
    for (auto& thread : threads) {
        thread.join();
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--version") {
        std::cout << "boost " << BOOST_LIB_VERSION << "\n";
        return 0;
    }
    try {
        run(parse_options(argc, argv));
    } catch (const std::exception& e) {
        std::cerr << "cannot serve: " << e.what() << "\n";
        return 1;
    }
}
