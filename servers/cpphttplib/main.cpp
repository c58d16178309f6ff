// An HTTP/1.1 server on cpp-httplib: a thread a connection.

#include <httplib.h>
#include <pthread.h>
#include <sys/socket.h>

#include <csignal>
#include <iostream>
#include <string_view>
#include <thread>

#include "answers.hpp"
#include "items.hpp"
#include "options.hpp"
#include "routes.hpp"
#include "tasks.hpp"

namespace {

constexpr int backlog = 4096;
constexpr std::size_t most_threads = 16384;
constexpr std::size_t unlimited = 1'000'000'000;

class Server : public httplib::Server {
public:
    // The library listens with a backlog of 5, fixed when it was compiled. A second call
    // changes that of a socket that listens already.
    void set_backlog(int length) { ::listen(svr_sock_, length); }
};

// configure sets what production needs: the defaults end a connection after 5 requests
// or 5 seconds, delay small packets, and send no Date.
void configure(Server& server, const Options& options) {
    server.set_keep_alive_max_count(options.keepalive_requests > 0 ? options.keepalive_requests : unlimited);
    server.set_keep_alive_timeout(60);
    server.set_tcp_nodelay(true);
    server.new_task_queue = [most = options.max_connections > 0 ? options.max_connections : most_threads] {
        return new Tasks(most);
    };
    server.set_post_routing_handler([](const httplib::Request&, httplib::Response& res) {
        res.set_header("Date", std::string(answers::date()));
    });
}

int run(const Options& options) {
    // Threads inherit the mask, so that the signals wait for sigwait.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    const Items items(options.data);
    Server server;
    configure(server, options);
    add_routes(server, options.data, items);
    if (!server.bind_to_port(options.host, options.port)) {
        std::cerr << "cannot listen on " << options.host << ":" << options.port << "\n";
        return 1;
    }
    server.set_backlog(backlog);
    std::thread stopper([&] {
        int received = 0;
        sigwait(&signals, &received);
        server.stop();
    });
    stopper.detach();
    server.listen_after_bind();
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "--version") {
        std::cout << "cpp-httplib " << CPPHTTPLIB_VERSION << "\n";
        return 0;
    }
    try {
        return run(parse_options(argc, argv));
    } catch (const std::exception& e) {
        std::cerr << "cannot serve: " << e.what() << "\n";
        return 1;
    }
}
