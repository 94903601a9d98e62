#pragma once

#include <algorithm>
#include <string>

#include "seco/materials/random.h"

namespace seco::test {

/// One to four changes: a flipped bit, another byte, a deleted or doubled stretch.
inline std::string mutated(std::string bytes, materials::RandomStream& random) {
  const auto place = [&] { return static_cast<std::size_t>(random.index(bytes.size())); };
  for (auto n = 1 + random.index(4); n-- > 0 && bytes.size() > 1;) {
    const auto at = place();
    const auto length = std::min<std::size_t>(1 + random.index(16), bytes.size() - at - 1);
    switch (random.index(5)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.index(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random.index(256));
        break;
      case 2:
        bytes.erase(at, length);
        break;
      case 3:
        bytes.insert(at, bytes.substr(at, length));
        break;
      default:
        bytes.replace(at, length, std::string(length, '\xff'));
    }
  }
  return bytes;
}

}  // namespace seco::test
