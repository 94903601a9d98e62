#include "vtk_bytes.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <vector>

#include "file_content.h"

namespace seco::materials {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

/// Value of a base64 digit, or -1.
int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

bool is_blank(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Hands out the bytes of an array piece by piece. Header and data may be encoded in base64 one by
/// one, each with padding, or together; groups of four are decoded as they come, so both are read.
class ByteSource {
 public:
  ByteSource(std::string_view text, bool base64) : text_(text), base64_(base64) {}

  /// At least as many bytes as are left.
  std::size_t left() const {
    return pending_.size() - taken_ + (base64_ ? text_.size() / 4 * 3 : text_.size());
  }

  std::string take(std::size_t n) {
    if (n > left()) fail("ends early; the file is truncated, or its sizes are wrong");
    if (!base64_) {
      std::string bytes(text_.substr(0, n));
      text_.remove_prefix(n);
      return bytes;
    }
    if (pending_.size() - taken_ < n) {
      pending_.erase(0, taken_);
      taken_ = 0;
    }
    while (pending_.size() < n) decode_portion();
    taken_ += n;
    return pending_.substr(taken_ - n, n);
  }

 private:
  void decode_portion() {
    constexpr std::size_t portion = 1 << 16;
    const std::size_t before = pending_.size();
    while (pending_.size() < before + portion) {
      std::array<int, 4> digits{};
      int n_digits = 0, n_padding = 0;
      while (n_digits < 4 && !text_.empty()) {
        const char c = text_.front();
        text_.remove_prefix(1);
        if (is_blank(c)) continue;
        if (c == '=' && n_digits >= 2) {
          ++n_padding;
        } else if (base64_digit(c) < 0 || n_padding > 0) {
          text_ = {};  // the end of the array, or a fault
          break;
        } else {
          digits[static_cast<std::size_t>(n_digits)] = base64_digit(c);
        }
        ++n_digits;
      }
      if (n_digits < 4) {
        if (pending_.size() == before) fail("ends early, or holds what is not base64");
        return;
      }
      const std::uint32_t bits = static_cast<std::uint32_t>(digits[0]) << 18 |
                                 static_cast<std::uint32_t>(digits[1]) << 12 |
                                 static_cast<std::uint32_t>(digits[2]) << 6 |
                                 static_cast<std::uint32_t>(digits[3]);
      for (int byte = 0; byte < 3 - n_padding; ++byte)
        pending_ += static_cast<char>(bits >> (16 - 8 * byte) & 0xff);
    }
  }

  std::string_view text_;
  bool base64_;
  /// Decoded bytes, the first of which have been taken.
  std::string pending_;
  std::size_t taken_ = 0;
};

std::uint64_t header_entry(ByteSource& source, const VtkEncoding& encoding) {
  auto bytes = source.take(static_cast<std::size_t>(encoding.header_size));
  if (encoding.swap_bytes) std::reverse(bytes.begin(), bytes.end());
  if (encoding.header_size == 4) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

std::string inflate_blocks(ByteSource& source, const VtkEncoding& encoding, std::size_t n_bytes) {
  const auto n_blocks = header_entry(source, encoding);
  const auto block_size = header_entry(source, encoding);
  const auto last_size = header_entry(source, encoding);
  if (n_blocks > source.left() / static_cast<std::size_t>(encoding.header_size))
    fail(fmt::format("announces {} compressed blocks, more than the file can hold", n_blocks));
  if (n_blocks > 0 && block_size > n_bytes && (n_blocks > 1 || last_size == 0))
    fail(fmt::format("announces compressed blocks of {} bytes, expected {} bytes in all",
                     block_size, n_bytes));
  const std::uint64_t whole = last_size > 0 && n_blocks > 0 ? n_blocks - 1 : n_blocks;
  const bool fits = block_size == 0 || whole <= n_bytes / block_size;
  if (!fits || last_size > n_bytes ||
      whole * block_size + (n_blocks > 0 ? last_size : 0) != n_bytes)
    fail(
        fmt::format("announces {} compressed blocks of {} bytes, the last of {}; expected {} "
                    "bytes in all",
                    n_blocks, block_size, last_size > 0 ? last_size : block_size, n_bytes));
  std::vector<std::uint64_t> sizes;
  std::uint64_t compressed = 0;
  for (std::uint64_t b = 0; b < n_blocks; ++b) {
    sizes.push_back(header_entry(source, encoding));
    if (sizes.back() > source.left()) fail("ends early; the file is truncated");
    compressed += sizes.back();
  }
  if (compressed > source.left() || n_bytes / largest_inflation > compressed)
    fail(fmt::format("holds {} compressed bytes, too few for the {} of the grid", source.left(),
                     n_bytes));
  std::string bytes(n_bytes, '\0');
  std::size_t done = 0;
  for (std::uint64_t b = 0; b < n_blocks; ++b) {
    const auto block = source.take(sizes[b]);
    const std::size_t expected = b < whole ? block_size : last_size;
    auto length = static_cast<uLongf>(expected);
    const int status =
        uncompress(reinterpret_cast<Bytef*>(bytes.data() + done), &length,
                   reinterpret_cast<const Bytef*>(block.data()), static_cast<uLong>(block.size()));
    if (status != Z_OK || length != expected)
      fail(fmt::format("compressed block {} is corrupt", b));
    done += expected;
  }
  return bytes;
}

}  // namespace

std::string decode_vtk_array(std::string_view text, const VtkEncoding& encoding,
                             std::size_t n_bytes) {
  ByteSource source(text, encoding.base64);
  if (encoding.compressed) return inflate_blocks(source, encoding, n_bytes);
  const auto size = header_entry(source, encoding);
  if (size != n_bytes) fail(fmt::format("holds {} bytes, expected {} for the grid", size, n_bytes));
  return source.take(n_bytes);
}

}  // namespace seco::materials
