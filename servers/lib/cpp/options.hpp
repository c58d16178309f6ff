// The flags of the C++ servers.
#pragma once

#include <cstddef>
#include <string>

struct Options {
    // The address to listen on.
    std::string host = "127.0.0.1";
    int port = 8080;
    // The number of processors.
    std::size_t cpus = 1;
    // The folder of the data set.
    std::string data;
    // After this many requests a connection is closed; 0 is never.
    std::size_t keepalive_requests = 0;
    // The largest number of accepted connections; 0 is no limit.
    std::size_t max_connections = 0;
};

// parse_options reads --host, --port, --cpus, --data, --keepalive-requests and
// --max-connections; it throws a message for anything else.
Options parse_options(int argc, char** argv);
