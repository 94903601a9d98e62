#include "weights_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "seco/materials/write_atomically.h"

namespace seco::surrogate {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors are little endian");

// Far more than any header of ours; a length beyond it is no length.
constexpr std::uint64_t largest_header = 16 << 20;
const char* const metadata_key = "__metadata__";

struct NumberType {
  const char* name;
  torch::Dtype type;
  std::uint64_t size;
};
constexpr std::array number_types{
    NumberType{"F64", torch::kDouble, 8}, NumberType{"F32", torch::kFloat, 4},
    NumberType{"BF16", torch::kBFloat16, 2}, NumberType{"F16", torch::kHalf, 2},
    NumberType{"I64", torch::kLong, 8}};

template <typename Predicate>
const NumberType* find_type(Predicate predicate) {
  const auto* found = std::find_if(number_types.begin(), number_types.end(), predicate);
  return found == number_types.end() ? nullptr : found;
}

[[noreturn]] void refuse(const std::string& origin, const std::string& what) {
  throw std::invalid_argument(fmt::format("{}: {}", origin, what));
}

/// Where the numbers of a tensor lie after the header.
struct Place {
  std::string name;
  NumberType type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end;
};

/// Number of bytes, or nothing where they are more than 64 bits can count.
std::optional<std::uint64_t> n_bytes(const std::vector<std::int64_t>& shape, std::uint64_t size) {
  std::uint64_t n = size;
  // Strides are products as well, without the zeros.
  for (const auto extent : shape)
    if (extent != 0 && __builtin_mul_overflow(n, static_cast<std::int64_t>(extent), &n)) return {};
  return std::find(shape.begin(), shape.end(), 0) == shape.end() ? n : 0;
}

bool is_natural(const json& value) {
  return value.is_number_unsigned() &&
         value.get<std::uint64_t>() <= std::numeric_limits<std::int64_t>::max();
}

Place place_of(const std::string& path, const std::string& name, const json& entry) {
  const auto expect = [&](bool condition, const char* key, const std::string& expected) {
    if (!condition)
      refuse(path, fmt::format("tensor '{}': {} is {}, expected {}", name, key,
                               entry.contains(key) ? entry[key].dump() : "missing", expected));
  };
  if (!entry.is_object())
    refuse(path,
           fmt::format("tensor '{}' is described by {}, expected an object", name, entry.dump()));
  expect(entry.contains("dtype") && entry["dtype"].is_string(), "dtype", "a type of number");
  const auto type_name = entry["dtype"].get<std::string>();
  const auto* type = find_type([&](const NumberType& t) { return t.name == type_name; });
  expect(type != nullptr, "dtype", "F64, F32, BF16, F16 or I64");
  const auto is_list = [&](const char* key) {
    return entry.contains(key) && entry[key].is_array() &&
           std::all_of(entry[key].begin(), entry[key].end(), is_natural);
  };
  expect(is_list("shape") && entry["shape"].size() <= 8, "shape", "at most 8 numbers");
  expect(is_list("data_offsets") && entry["data_offsets"].size() == 2, "data_offsets",
         "begin and end");
  Place place{name, *type, entry["shape"].get<std::vector<std::int64_t>>(),
              entry["data_offsets"][0].get<std::uint64_t>(),
              entry["data_offsets"][1].get<std::uint64_t>()};
  const auto bytes = n_bytes(place.shape, type->size);
  expect(bytes && place.begin <= place.end && place.end - place.begin == *bytes, "data_offsets",
         fmt::format("as many bytes as a tensor of shape {} and type {} has", entry["shape"].dump(),
                     type_name));
  return place;
}

json parse_header(const std::string& path, const std::string& text) {
  // The library keeps one of several equal keys; a file that names a tensor twice is refused.
  std::size_t n_keys = 0;
  const json::parser_callback_t count = [&](int depth, json::parse_event_t event, json&) {
    if (event == json::parse_event_t::key && depth == 1) ++n_keys;
    return true;
  };
  json header;
  try {
    header = json::parse(text, count);
  } catch (const json::exception& error) {
    refuse(path, fmt::format("its header is not valid JSON ({})", error.what()));
  }
  if (!header.is_object()) refuse(path, "its header is not a JSON object");
  if (header.size() != n_keys) refuse(path, "its header names a tensor twice");
  return header;
}

/// Places in the order of the numbers, which fill the rest of the file without a gap.
std::vector<Place> places_of(const std::string& path, const json& header, std::uint64_t size) {
  std::vector<Place> places;
  for (const auto& [name, entry] : header.items())
    if (name != metadata_key) places.push_back(place_of(path, name, entry));
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::uint64_t end = 0;
  for (const auto& place : places) {
    if (place.begin != end)
      refuse(path, fmt::format("tensor '{}' begins at byte {}, expected {}, the end of the one "
                               "before",
                               place.name, place.begin, end));
    end = place.end;
  }
  if (end != size)
    refuse(path, fmt::format("holds {} bytes of numbers, its header describes {}; the file is cut "
                             "or damaged",
                             size, end));
  return places;
}

std::map<std::string, std::string> metadata_of(const std::string& path, const json& header) {
  const auto entry = header.find(metadata_key);
  if (entry == header.end()) return {};
  try {
    return entry->get<std::map<std::string, std::string>>();
  } catch (const json::exception&) {
    refuse(path, fmt::format("{} holds something other than texts", metadata_key));
  }
}

}  // namespace

void write_weights(const std::string& path, const WeightsFile& content) {
  json header = json::object();
  if (!content.metadata.empty()) header[metadata_key] = content.metadata;
  std::vector<torch::Tensor> values;
  std::uint64_t end = 0;
  for (const auto& [name, tensor] : content.tensors) {
    const auto scalar_type = tensor.scalar_type();
    const auto* type = find_type([&](const NumberType& t) { return t.type == scalar_type; });
    if (!type)
      refuse(path, fmt::format("tensor '{}' has numbers of type {}, which are not written", name,
                               c10::toString(tensor.scalar_type())));
    values.push_back(tensor.detach().to(torch::kCPU).contiguous());
    const auto begin = std::exchange(end, end + values.back().nbytes());
    header[name] = {
        {"dtype", type->name}, {"shape", tensor.sizes().vec()}, {"data_offsets", {begin, end}}};
  }
  auto text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');  // numbers start at a multiple of their size
  const std::uint64_t length = text.size();
  materials::write_atomically(path, [&](std::ostream& out) {
    out.write(reinterpret_cast<const char*>(&length), sizeof length);
    out << text;
    for (const auto& tensor : values)
      out.write(static_cast<const char*>(tensor.data_ptr()),
                static_cast<std::streamsize>(tensor.nbytes()));
  });
}

WeightsFile read_weights(const std::string& path) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) refuse(path, "no such file, or it cannot be read");
  const auto read = [&](void* to, std::uint64_t n) {
    if (!file.read(static_cast<char*>(to), static_cast<std::streamsize>(n)))
      refuse(path, "cannot be read to its end");
  };
  std::uint64_t length = 0;
  if (size < sizeof length)
    refuse(path, fmt::format("has {} bytes; expected a safetensors file", size));
  read(&length, sizeof length);
  if (length > largest_header || length > size - sizeof length)
    refuse(path, fmt::format("its header would have {} bytes in a file of {}; expected a "
                             "safetensors file",
                             length, size));
  std::string text(length, '\0');
  read(text.data(), length);
  const auto header = parse_header(path, text);
  WeightsFile content;
  content.metadata = metadata_of(path, header);
  for (const auto& place : places_of(path, header, size - sizeof length - length)) {
    auto tensor = torch::empty(place.shape, place.type.type);
    read(tensor.data_ptr(), place.end - place.begin);
    content.tensors.emplace(place.name, std::move(tensor));
  }
  return content;
}

std::map<std::string, torch::Tensor> weights_of(const torch::nn::Module& module) {
  std::map<std::string, torch::Tensor> weights;
  for (const auto& p : module.named_parameters()) weights.emplace(p.key(), p.value());
  for (const auto& b : module.named_buffers()) weights.emplace(b.key(), b.value());
  return weights;
}

void assign_weights(torch::nn::Module& module, const std::map<std::string, torch::Tensor>& weights,
                    const std::string& origin) {
  const auto own = weights_of(module);
  for (const auto& [name, tensor] : weights)
    if (!own.contains(name))
      refuse(origin, fmt::format("tensor '{}' belongs to another network", name));
  for (const auto& [name, tensor] : own) {
    const auto found = weights.find(name);
    if (found == weights.end()) refuse(origin, fmt::format("tensor '{}' is missing", name));
    const auto& value = found->second;
    if (value.sizes() != tensor.sizes() || value.scalar_type() != tensor.scalar_type())
      refuse(
          origin,
          fmt::format("tensor '{}' has shape [{}] and type {}, expected [{}] and {}", name,
                      fmt::join(value.sizes().vec(), ", "), c10::toString(value.scalar_type()),
                      fmt::join(tensor.sizes().vec(), ", "), c10::toString(tensor.scalar_type())));
    if (value.is_floating_point() && !torch::isfinite(value).all().item<bool>())
      refuse(origin, fmt::format("tensor '{}' holds NaN or infinite values", name));
  }
  torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : own) torch::Tensor(tensor).copy_(weights.at(name));
}

}  // namespace seco::surrogate
