#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "element_type.h"
#include "voxel_array.h"

namespace seco::materials {

/// Bytes in ascending order, of a file or of what is compressed in it.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// @throws std::runtime_error naming the file if it does not hold as many
  virtual void read(char* bytes, std::size_t n) = 0;
  /// Reads on, unless there is a shorter way.
  virtual void skip(std::uint64_t n);
};

/// Size of a regular file. @throws std::runtime_error if there is none
std::uint64_t size_of_file(const std::string& path);

/// The bytes of a file from `offset`.
std::unique_ptr<ByteStream> file_bytes(const std::string& path, std::uint64_t offset);
/// What zlib or gzip have compressed, from `offset` of a file.
std::unique_ptr<ByteStream> inflated_bytes(const std::string& path, std::uint64_t offset);
/// `n` bytes of each file from `offset`, one file after the other.
std::unique_ptr<ByteStream> bytes_of_files(const std::vector<std::string>& paths,
                                           std::uint64_t offset, std::uint64_t n);

/// Bytes that the values of an array take. @throws std::runtime_error if there are more than 2^60
std::uint64_t n_bytes(const VoxelArray::Description& array, const ElementType& type);

/// Refuses an array that announces more bytes than the file can hold from `offset`, compressed or
/// not. @throws std::runtime_error with both numbers
void check_bytes(const VoxelArray::Description& array, const ElementType& type,
                 const std::string& path, std::uint64_t offset, bool compressed);

/// Whether array axis order and numbers are as described, read from a stream.
std::unique_ptr<VoxelArray> streamed_array(VoxelArray::Description description,
                                           const ElementType& type, bool big_endian,
                                           std::unique_ptr<ByteStream> stream);

/// The values of several files, one after the other, each with as many behind `offset` bytes.
/// @param header that names the files
/// @throws std::runtime_error naming a file of another size
std::unique_ptr<VoxelArray> array_of_files(VoxelArray::Description description,
                                           const ElementType& type, bool big_endian,
                                           const std::string& header,
                                           const std::vector<std::string>& files,
                                           std::uint64_t offset);

/// Refuses a file that holds other bytes from `offset` than those of the array.
/// @param keys of the header that say how many there are
void check_no_bytes_left(const VoxelArray::Description& array, const ElementType& type,
                         const std::string& header, const char* keys, const std::string& path,
                         std::uint64_t offset);

/// The numbers of a text from `offset` of a file, separated by blanks, as many as the array has and
/// no more, in the precision of their type. @throws std::runtime_error
std::unique_ptr<VoxelArray> array_in_text(VoxelArray::Description description,
                                          const ElementType& type, const std::string& path,
                                          std::uint64_t offset);

}  // namespace seco::materials
