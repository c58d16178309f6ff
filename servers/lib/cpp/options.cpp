#include "options.hpp"

#include <stdexcept>

#include "text.hpp"

namespace {

std::size_t count(const std::string& flag, const std::string& value, std::int64_t most) {
    const auto number = text::number(value);
    if (!number || *number < 0 || *number > most) {
        throw std::runtime_error(flag + " " + value + ": give a number of 0 to " + std::to_string(most));
    }
    return static_cast<std::size_t>(*number);
}

}  // namespace

Options parse_options(int argc, char** argv) {
    constexpr std::int64_t billion = 1'000'000'000;
    Options options;
    for (int i = 1; i < argc; i += 2) {
        const std::string flag = argv[i];
        if (i + 1 == argc) {
            throw std::runtime_error(flag + " needs a value");
        }
        const std::string value = argv[i + 1];
        if (flag == "--host") {
            options.host = value;
        } else if (flag == "--port") {
            options.port = static_cast<int>(count(flag, value, 65535));
        } else if (flag == "--cpus") {
            options.cpus = count(flag, value, 1024);
        } else if (flag == "--data") {
            options.data = value;
        } else if (flag == "--keepalive-requests") {
            options.keepalive_requests = count(flag, value, billion);
        } else if (flag == "--max-connections") {
            options.max_connections = count(flag, value, billion);
        } else {
            throw std::runtime_error("unknown flag " + flag);
        }
    }
    return options;
}
