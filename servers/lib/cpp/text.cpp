#include "text.hpp"

#include <algorithm>
#include <charconv>

namespace text {

namespace {

std::string_view trimmed(std::string_view s) {
    const auto first = s.find_first_not_of(" \t");
    if (first == s.npos) {
        return {};
    }
    return s.substr(first, s.find_last_not_of(" \t") - first + 1);
}

// parts calls use for each part of the text between separators.
template <typename Use>
void parts(std::string_view text, char separator, Use use) {
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        use(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

std::string decoded(std::string_view s) {
    std::string out;
    out.reserve(s.size());
    for (std::size_t i = 0; i < s.size(); i++) {
        unsigned char byte = 0;
        if (s[i] == '%' && i + 2 < s.size() &&
            std::from_chars(&s[i + 1], &s[i + 1] + 2, byte, 16).ptr == &s[i + 1] + 2) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += s[i] == '+' ? ' ' : s[i];
        }
    }
    return out;
}

}  // namespace

std::optional<std::int64_t> number(std::string_view text) {
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || rest != end) {
        return std::nullopt;
    }
    return value;
}

Pairs urlencoded(std::string_view text) {
    Pairs pairs;
    parts(text, '&', [&](std::string_view part) {
        if (part.empty()) {
            return;
        }
        const auto equals = std::min(part.find('='), part.size());
        pairs.emplace_back(decoded(part.substr(0, equals)),
                           decoded(part.substr(std::min(equals + 1, part.size()))));
    });
    return pairs;
}

std::optional<std::string_view> value(const Pairs& pairs, std::string_view name) {
    for (const auto& [key, value] : pairs) {
        if (key == name) {
            return value;
        }
    }
    return std::nullopt;
}

Pairs cookies(std::string_view header) {
    Pairs pairs;
    parts(header, ';', [&](std::string_view part) {
        const auto equals = part.find('=');
        if (equals != part.npos) {
            pairs.emplace_back(trimmed(part.substr(0, equals)), trimmed(part.substr(equals + 1)));
        }
    });
    return pairs;
}

bool accepts(std::string_view header, std::string_view encoding) {
    bool listed = false;
    parts(header, ',', [&](std::string_view part) {
        listed = listed || trimmed(part.substr(0, part.find(';'))) == encoding;
    });
    return listed;
}

}  // namespace text
