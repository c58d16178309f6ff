// The routes of the server.
#pragma once

#include <httplib.h>

#include <string>

#include "items.hpp"

// add_routes registers all routes. data is the data set's folder; the items live as
// long as the server.
void add_routes(httplib::Server& server, const std::string& data, const Items& items);
