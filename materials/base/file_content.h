#pragma once

#include <string>

namespace seco::materials {

/// The bytes of a file, at most the first `largest` of them.
/// @throws std::runtime_error naming the file if it is missing, a folder or not readable.
std::string file_content(const std::string& path, std::size_t largest = std::string::npos);

/// Deflate, of zlib and PNG, makes at most this many bytes of one, so that a file which announces
/// more is refused before anything is allocated.
constexpr std::size_t largest_inflation = 1040;

}  // namespace seco::materials
