#pragma once

#include <functional>
#include <ostream>
#include <string>

namespace seco::materials {

/// Writes a file beside `path` and moves it into place once it is complete, so that no half-written
/// file is ever read.
/// @param content writes to the stream, which takes bytes as they are
/// @throws std::runtime_error if the file cannot be written; what was there before is unchanged
void write_atomically(const std::string& path, const std::function<void(std::ostream&)>& content);

/// Gives a complete file its final name. The content is on the disk before the name is, so that
/// also a machine that loses power leaves the file of before or this one.
/// @throws std::runtime_error if the name cannot be given
void put_in_place(const std::string& temporary, const std::string& path);

}  // namespace seco::materials
