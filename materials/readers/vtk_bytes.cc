#include "vtk_bytes.h"

#include <fmt/format.h>
#include <lz4.h>
#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <stdexcept>

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

/// Whether the compressed bytes fill the target, no less and no more.
bool inflate(VtkCompressor compressor, std::string_view compressed, std::string& target) {
  const auto* input = reinterpret_cast<const unsigned char*>(compressed.data());
  auto* output = reinterpret_cast<unsigned char*>(target.data());
  if (compressor == VtkCompressor::zlib) {
    auto length = static_cast<uLongf>(target.size());
    return uncompress(output, &length, input, static_cast<uLong>(compressed.size())) == Z_OK &&
           length == target.size();
  }
  if (compressor == VtkCompressor::lz4) {
    constexpr auto most = static_cast<std::size_t>(std::numeric_limits<int>::max());
    if (compressed.size() > most || target.size() > most) return false;
    return LZ4_decompress_safe(compressed.data(), target.data(),
                               static_cast<int>(compressed.size()),
                               static_cast<int>(target.size())) == static_cast<int>(target.size());
  }
  // Twice the dictionary of the strongest preset.
  std::uint64_t memory = std::uint64_t{128} << 20;
  std::size_t taken = 0, written = 0;
  const auto status = lzma_stream_buffer_decode(&memory, 0, nullptr, input, &taken,
                                                compressed.size(), output, &written, target.size());
  return status == LZMA_OK && written == target.size();
}

}  // namespace

std::size_t largest_inflation_of(VtkCompressor compressor) {
  switch (compressor) {
    case VtkCompressor::none:
      return 1;
    case VtkCompressor::zlib:
      return largest_inflation;
    case VtkCompressor::lz4:
      return 255;  // a byte lengthens a match by this at most
    case VtkCompressor::lzma:
      break;
  }
  return std::size_t{1} << 14;  // repeated matches of 273 bytes take a few hundredths of a bit each
}

std::string_view ByteSource::take(std::size_t n) {
  if (n > left()) fail("ends early; the file is truncated, or its sizes are wrong");
  if (!base64_) {
    const auto bytes = text_.substr(0, n);
    text_.remove_prefix(n);
    return bytes;
  }
  if (pending_.size() - taken_ < n) {
    pending_.erase(0, taken_);
    taken_ = 0;
  }
  while (pending_.size() - taken_ < n) decode_portion();
  taken_ += n;
  return std::string_view(pending_).substr(taken_ - n, n);
}

void ByteSource::decode_portion() {
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
    const std::uint32_t bits =
        static_cast<std::uint32_t>(digits[0]) << 18 | static_cast<std::uint32_t>(digits[1]) << 12 |
        static_cast<std::uint32_t>(digits[2]) << 6 | static_cast<std::uint32_t>(digits[3]);
    for (int byte = 0; byte < 3 - n_padding; ++byte)
      pending_ += static_cast<char>(bits >> (16 - 8 * byte) & 0xff);
  }
}

std::uint64_t VtkBytes::header_entry() {
  std::string bytes(source_.take(static_cast<std::size_t>(encoding_.header_size)));
  if (encoding_.big_endian != (std::endian::native == std::endian::big))
    std::reverse(bytes.begin(), bytes.end());
  if (encoding_.header_size == 4) {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

VtkBytes::VtkBytes(std::string_view text, const VtkEncoding& encoding, std::size_t n_bytes)
    : encoding_(encoding), source_(text, encoding.base64) {
  if (encoding.compressor != VtkCompressor::none) {
    read_block_sizes(n_bytes);
    return;
  }
  const auto size = header_entry();
  if (size != n_bytes) fail(fmt::format("holds {} bytes, expected {} for the grid", size, n_bytes));
  if (n_bytes > source_.left()) fail("ends early; the file is truncated, or its sizes are wrong");
}

void VtkBytes::read_block_sizes(std::size_t n_bytes) {
  const auto n_blocks = header_entry(), block_size = header_entry(), last_size = header_entry();
  if (n_blocks > source_.left() / static_cast<std::size_t>(encoding_.header_size))
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
  std::uint64_t compressed = 0;
  for (std::uint64_t b = 0; b < n_blocks; ++b) {
    sizes_.push_back(header_entry());
    if (sizes_.back() > source_.left()) fail("ends early; the file is truncated");
    compressed += sizes_.back();
  }
  if (compressed > source_.left() ||
      n_bytes / largest_inflation_of(encoding_.compressor) > compressed)
    fail(fmt::format("holds {} compressed bytes, too few for the {} of the grid", source_.left(),
                     n_bytes));
  block_size_ = block_size;
  last_size_ = last_size > 0 ? last_size : block_size;
}

void VtkBytes::next_block() {
  const auto compressed = source_.take(sizes_[next_]);
  block_.resize(next_ + 1 < sizes_.size() ? block_size_ : last_size_);
  if (!inflate(encoding_.compressor, compressed, block_))
    fail(fmt::format("compressed block {} is corrupt", next_));
  ++next_;
  read_ = 0;
}

void VtkBytes::read(char* target, std::size_t n) {
  if (encoding_.compressor == VtkCompressor::none) {
    // By portions, of which base64 needs a copy.
    constexpr std::size_t portion = 1 << 20;
    for (std::size_t done = 0; done < n; done += portion) {
      const auto bytes = source_.take(std::min(portion, n - done));
      std::copy(bytes.begin(), bytes.end(), target + done);
    }
    return;
  }
  for (std::size_t done = 0; done < n;) {
    if (read_ == block_.size()) {
      if (next_ == sizes_.size()) fail("ends early; its sizes are wrong");
      next_block();
      continue;
    }
    const auto m = std::min(n - done, block_.size() - read_);
    std::copy_n(block_.data() + read_, m, target + done);
    read_ += m;
    done += m;
  }
}

void VtkBytes::skip(std::size_t n) {
  std::string unused(std::min<std::size_t>(n, 1 << 16), '\0');
  for (std::size_t done = 0; done < n;) {
    const auto m = std::min(unused.size(), n - done);
    read(unused.data(), m);
    done += m;
  }
}

}  // namespace seco::materials
