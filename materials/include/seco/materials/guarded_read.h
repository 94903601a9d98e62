#pragma once

#include <functional>
#include <string>

namespace seco::materials {

/// Reads a file in a child process first and here only if the child came through. The HDF5 library
/// ends the process on some corrupt files (releases up to 1.14 in metadata, variable-length texts),
/// or never returns from them, which no check of ours can foresee; other libraries may as well.
/// Since the child begins as a copy of this process, the same calls do the same here. Reads within
/// a guarded read are not guarded again. What `read` throws passes through.
/// @param library that reads the file, for the message
/// @throws std::runtime_error naming the file if the child died, or needed more time than any sound
/// file
void guarded_read(const std::string& path, const std::function<void()>& read,
                  const char* library = "the HDF5 library");

}  // namespace seco::materials
