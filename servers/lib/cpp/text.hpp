// Small parsers of what HTTP frameworks without parsers of their own leave as text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace text {

// number returns the whole decimal number that the text is, and nothing else.
std::optional<std::int64_t> number(std::string_view text);

// Pairs are names and values, decoded, in their order.
using Pairs = std::vector<std::pair<std::string, std::string>>;

// urlencoded parses a query or a form: a=1&b=2, with + and %XX decoded.
Pairs urlencoded(std::string_view text);

// value returns the first value of the name, or nothing.
std::optional<std::string_view> value(const Pairs& pairs, std::string_view name);

// cookies parses the value of a Cookie header.
Pairs cookies(std::string_view header);

// accepts reports whether the Accept-Encoding header lists the encoding. It ignores
// weights.
bool accepts(std::string_view header, std::string_view encoding);

}  // namespace text
