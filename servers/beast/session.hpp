// One connection: requests are read and answered in turn.
#pragma once

#include <utility>  // Asio 1.74 does not include it for itself

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>

#include "routes.hpp"

// session serves a connection until the client or the server ends it; the server does
// after most requests, unless that is 0.
boost::asio::awaitable<void> session(boost::asio::ip::tcp::socket socket, const Routes& routes, std::size_t most);
