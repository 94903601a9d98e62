#include "seco/surrogate/result_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <tuple>

#include "result_file.h"

namespace seco::surrogate {
namespace {

namespace fs = std::filesystem;

/// Two sums over 64-bit words with unlike mixing, for content rather than against an adversary.
class Mixer {
 public:
  void add(std::uint64_t word) {
    first_ = (std::rotl(first_, 23) ^ word) * 0x9e3779b97f4a7c15ULL;
    second_ = std::rotl(second_ + (word ^ (word >> 29)) * 0xbf58476d1ce4e5b9ULL, 31) *
              0x94d049bb133111ebULL;
  }
  void add(const void* data, std::size_t size) {
    add(size);
    const auto* bytes = static_cast<const char*>(data);
    std::uint64_t word;
    for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
      std::memcpy(&word, bytes, sizeof word);
      add(word);
    }
    word = 0;
    std::memcpy(&word, bytes, size);
    add(word);
  }
  ResultCache::Digest value() const { return {finish(first_), finish(second_)}; }

 private:
  static std::uint64_t finish(std::uint64_t x) {
    x = (x ^ (x >> 31)) * 0x7fb5d329728ea185ULL;
    x = (x ^ (x >> 27)) * 0x81dadef4bc2dd44dULL;
    return x ^ (x >> 33);
  }
  std::uint64_t first_ = 0x243f6a8885a308d3ULL, second_ = 0x13198a2e03707344ULL;
};

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A name beside `path` that no other thread, process or node takes.
std::string aside(const std::string& path) {
  static const std::uint64_t process = [] {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
  }();
  static std::atomic<std::uint64_t> n_files = 0;
  return fmt::format("{}.{:016x}-{}.part", path, process, n_files++);
}

constexpr const char* extension = ".result";
constexpr auto day = std::chrono::hours(24);

/// Whether a kept result answers a request.
bool serves(const KeptResult& kept, double tolerance, unsigned int max_iterations) {
  if (kept.result.status == Status::not_converged)
    return kept.tolerance == tolerance && kept.max_iterations == max_iterations;
  return kept.tolerance <= tolerance;
}

}  // namespace

ResultCache::ResultCache(const std::string& folder, const std::string& engine,
                         const EngineSettings& settings)
    : folder_(folder), tolerance_(settings.tolerance), max_iterations_(settings.max_iterations) {
  const auto version = engine_version(engine);
  if (version.empty())
    throw std::invalid_argument(
        fmt::format("results of engine '{}' cannot be kept in a cache, because it was registered "
                    "without a version that tells them from those of earlier ones",
                    engine));
  std::error_code error;
  fs::create_directories(folder, error);
  const auto probe = aside((fs::path(folder) / "probe").string());
  if (error || !(std::ofstream(probe) << "1").flush())
    throw std::invalid_argument(
        fmt::format("{}: cannot be made or written{}; allowed is a folder where you may write",
                    folder, error ? ": " + error.message() : ""));
  fs::remove(probe, error);
  Mixer mixer;
  const auto add = [&](const std::string& text) { mixer.add(text.data(), text.size()); };
  for (const auto& text : {engine, version, settings.precision, settings.network_precision})
    add(text);
  for (const auto& [key, value] : changed_parameters(settings, engine)) {
    add(key);
    add(value);
  }
  // Of the model the content counts, not the place.
  if (fs::is_directory(settings.model)) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(settings.model))
      if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      const auto name = file.filename().string(), content = bytes_of(file);
      add(name);
      add(content);
    }
  }
  fingerprint_ = mixer.value()[0];
}

ResultCache::Digest ResultCache::digest(const materials::Rve& rve) {
  Mixer mixer;
  mixer.add(rve.shape.data(), rve.shape.size() * sizeof(int));
  mixer.add(rve.lengths.data(), rve.lengths.size() * sizeof(double));
  mixer.add(rve.phase.data(), rve.phase.size() * sizeof(std::uint16_t));
  mixer.add(rve.stiffness.size());
  for (const auto& stiffness : rve.stiffness)
    mixer.add(stiffness.data(), static_cast<std::size_t>(stiffness.size()) * sizeof(double));
  // They tell the stress out of the plane.
  mixer.add(rve.stiffness_3d.size());
  for (const auto& stiffness : rve.stiffness_3d)
    mixer.add(stiffness.data(), static_cast<std::size_t>(stiffness.size()) * sizeof(double));
  mixer.add(rve.orientation.size());
  for (const auto& angles : rve.orientation) mixer.add(angles.data(), 3 * sizeof(double));
  mixer.add(rve.unit.data(), rve.unit.size());
  return mixer.value();
}

std::string ResultCache::path_of(const Digest& rve) const {
  const auto name = fmt::format("{:016x}{:016x}", rve[0] ^ fingerprint_, rve[1]);
  return (fs::path(folder_) / name.substr(0, 2) / (name.substr(2) + extension)).string();
}

std::optional<Homogenized> ResultCache::find(const Digest& rve) const {
  const auto path = path_of(rve);
  ResultFile file;
  try {
    file = read_result_file(path, {fingerprint_, rve});
  } catch (const std::invalid_argument&) {
    ++n_damaged_;
    return {};
  }
  const KeptResult* best = nullptr;
  for (const auto& kept : file.results) {
    if (!bounds_in_order(kept.result)) {
      ++n_damaged_;
      continue;
    }
    if (!serves(kept, tolerance_, max_iterations_)) continue;
    const auto rank = [&](const KeptResult& r) {
      return std::tuple(r.result.status == Status::not_converged, r.tolerance != tolerance_,
                        r.tolerance);
    };
    if (!best || rank(kept) < rank(*best)) best = &kept;
  }
  if (!best) return {};
  ++n_found_;
  // Marked as used, but not at every use.
  std::error_code ignored;
  const auto now = fs::file_time_type::clock::now();
  if (const auto used = fs::last_write_time(path, ignored); !ignored && now - used > day)
    fs::last_write_time(path, now, ignored);
  return best->result;
}

void ResultCache::store(const Digest& rve, const Homogenized& result) const {
  if (result.status == Status::failed || !bounds_in_order(result)) return;
  const auto path = path_of(rve);
  ResultFile file;
  try {
    file = read_result_file(path, {fingerprint_, rve});
  } catch (const std::invalid_argument&) {
    // Overwritten.
  }
  file.key = {fingerprint_, rve};
  // What the new result answers as well need not be kept twice.
  std::erase_if(file.results, [&](const KeptResult& kept) { return kept.tolerance == tolerance_; });
  if (file.results.size() >= most_results_in_file) file.results.erase(file.results.begin());
  file.results.push_back({tolerance_, max_iterations_, result});
  const auto part = aside(path);
  std::error_code error;
  fs::create_directories(fs::path(path).parent_path(), error);
  bool written = !error;
  if (written) {
    const auto content = to_bytes(file);
    std::ofstream out(part, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    out.close();
    written = !out.fail();
  }
  if (written) fs::rename(part, path, error);
  if (!written || error) {
    ++n_not_written_;
    fs::remove(part, error);
  }
}

std::size_t ResultCache::prune(const std::string& folder, std::uintmax_t bytes) {
  struct Entry {
    std::int64_t used;
    std::uintmax_t bytes;
    fs::path path;
  };
  std::vector<Entry> entries;
  std::uintmax_t total = 0;
  std::error_code ignored;
  const std::int64_t an_hour_ago = std::time(nullptr) - 3600;
  for (const auto& group : fs::directory_iterator(folder, ignored)) {
    // Only what is certainly ours is ever removed.
    const auto name = group.path().filename().string();
    if (name.size() != 2 || name.find_first_not_of("0123456789abcdef") != std::string::npos)
      continue;
    for (const auto& entry : fs::directory_iterator(group.path(), ignored)) {
      struct stat status {};
      if (stat(entry.path().c_str(), &status) != 0) continue;
      const auto size = static_cast<std::uintmax_t>(status.st_blocks) * 512;
      if (entry.path().extension() == extension) {
        entries.push_back({status.st_mtime, size, entry.path()});
        total += size;
      } else if (entry.path().extension() == ".part" && status.st_mtime < an_hour_ago) {
        fs::remove(entry.path(), ignored);
      }
    }
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.used, a.path) < std::tie(b.used, b.path);
  });
  std::size_t n_removed = 0;
  for (const auto& entry : entries) {
    if (total <= bytes) break;
    total -= entry.bytes;
    n_removed += fs::remove(entry.path, ignored);
  }
  return n_removed;
}

}  // namespace seco::surrogate
