// Compression of whole texts, for frameworks that have none.
#pragma once

#include <string>
#include <string_view>

namespace compression {

// gzip compresses at zlib's default level.
std::string gzip(std::string_view text);

// brotli compresses at level 4, for answers that are made per request; the library's
// default of 11 is for files that are compressed beforehand.
std::string brotli(std::string_view text);

}  // namespace compression
