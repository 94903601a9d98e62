#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seco::materials {

enum class VtkCompressor { none, zlib, lz4, lzma };

/// Encoding of the binary arrays of a VTK XML file.
struct VtkEncoding {
  bool base64 = false;
  VtkCompressor compressor = VtkCompressor::none;
  /// Bytes of a header entry, 4 or 8.
  int header_size = 4;
  bool big_endian = false;
};

/// At most how many bytes a compressor makes of one, so that an array that announces more is
/// refused before anything is allocated.
std::size_t largest_inflation_of(VtkCompressor compressor);

/// Hands out the bytes of a text piece by piece, as they are or decoded from base64. Header and
/// data may be encoded one by one, each with padding, or together; groups of four are decoded as
/// they come, so both are read.
class ByteSource {
 public:
  ByteSource(std::string_view text, bool base64) : text_(text), base64_(base64) {}

  /// At least as many bytes as are left.
  std::size_t left() const {
    return pending_.size() - taken_ + (base64_ ? text_.size() / 4 * 3 : text_.size());
  }
  /// The next n bytes, valid until the next call. @throws std::runtime_error if there are fewer
  std::string_view take(std::size_t n);

 private:
  void decode_portion();

  std::string_view text_;
  bool base64_;
  /// Decoded bytes, the first of which have been taken.
  std::string pending_;
  std::size_t taken_ = 0;
};

/// The bytes of an array of a VTK XML file, from the first to the last: a header of the size, or of
/// the number and sizes of the compressed blocks, and the data. Besides the text only a compressed
/// block is in memory.
class VtkBytes {
 public:
  /// @param text that begins with the array; must outlive this
  /// @param n_bytes what the array must hold
  /// @throws std::runtime_error saying what is wrong, without the name of file and array, as do the
  ///   other functions
  VtkBytes(std::string_view text, const VtkEncoding& encoding, std::size_t n_bytes);

  /// Copies the next n bytes.
  void read(char* target, std::size_t n);
  void skip(std::size_t n);

 private:
  std::uint64_t header_entry();
  void read_block_sizes(std::size_t n_bytes);
  void next_block();

  VtkEncoding encoding_;
  ByteSource source_;
  std::vector<std::uint64_t> sizes_;
  std::size_t block_size_ = 0, last_size_ = 0, next_ = 0;
  /// The current block, the first bytes of which have been read.
  std::string block_;
  std::size_t read_ = 0;
};

}  // namespace seco::materials
