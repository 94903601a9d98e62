#include "checkpoint_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "seco/materials/fnv_hash.h"
#include "seco/materials/guarded_read.h"
#include "seco/plugin/agree.h"

namespace seco::macro {
namespace {

namespace MPI = dealii::Utilities::MPI;
using Words = std::vector<std::int64_t>;

/// Words that are sent or read at a time: 8 MiB.
constexpr std::size_t piece = 1 << 20;

std::size_t n_words(std::size_t n_bytes) {
  return (n_bytes + sizeof(std::int64_t) - 1) / sizeof(std::int64_t);
}

void append(Words& words, std::string_view bytes) {
  const auto first = words.size();
  words.resize(first + n_words(bytes.size()), 0);
  if (!bytes.empty()) std::memcpy(&words[first], bytes.data(), bytes.size());
}

using ForRecords = std::function<void(const plugin::TakeRecord&)>;
using UseWords = std::function<void(const std::int64_t* words, std::size_t count)>;

std::uint64_t n_words_of(const ForRecords& for_records) {
  std::uint64_t n = 0;
  for_records([&](const std::string& key, std::string_view value) {
    n += 2 + n_words(key.size()) + n_words(value.size());
  });
  return n;
}

/// Every record as the bytes of its key and of its value, each counted before and filled up with
/// zeros to whole words; in pieces. After an error, zeros in place of what is missing, since
/// somebody waits for it.
/// @param n as of n_words_of
/// @return why they are not complete; empty if they are
std::string use_in_pieces(const ForRecords& for_records, std::uint64_t n, const UseWords& use) {
  Words words;
  std::uint64_t left = n;
  const auto use_whole_pieces = [&] {
    std::size_t done = 0;
    for (; words.size() - done >= piece; done += piece) use(words.data() + done, piece);
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(done));
    left -= done;
  };
  std::string failure;
  try {
    for_records([&](const std::string& key, std::string_view value) {
      words.push_back(static_cast<std::int64_t>(key.size()));
      words.push_back(static_cast<std::int64_t>(value.size()));
      append(words, key);
      append(words, value);
      if (words.size() > left) throw std::logic_error("a state has changed while it was written");
      use_whole_pieces();
    });
    if (words.size() < left) throw std::logic_error("a state has changed while it was written");
  } catch (const std::exception& error) {
    failure = error.what();
    words.resize(std::min<std::size_t>(words.size(), left));
  }
  while (left > 0) {
    words.resize(std::min<std::size_t>(piece, left), 0);
    use(words.data(), words.size());
    left -= words.size();
    words.clear();
  }
  return failure;
}

std::string checksum_name(const std::string& name) {
  return name + " checksum";
}

std::string as_text(const materials::FnvHash& checksum) {
  return fmt::format("{:016x}", checksum.value());
}

std::string checksum_of(const std::string& text) {
  materials::FnvHash checksum;
  checksum.add(text.data(), text.size());
  return as_text(checksum);
}

}  // namespace

CheckpointWriter::CheckpointWriter(const std::string& path, MPI_Comm communicator)
    : communicator_(communicator) {
  plugin::run_together(communicator_, [&] {
    if (MPI::this_mpi_process(communicator_) == 0)
      file_ = std::make_unique<materials::Hdf5Writer>(path);
  });
}

void CheckpointWriter::text(const std::string& name, const std::string& value) {
  plugin::run_together(communicator_, [&] {
    if (!file_) return;
    file_->text(name, value);
    file_->text(checksum_name(name), checksum_of(value));
  });
}

void CheckpointWriter::table(const std::string& name, const plugin::StateRecords& records) {
  table(name, [&](const plugin::TakeRecord& take) {
    for (const auto& [key, value] : records) take(key, value);
  });
}

void CheckpointWriter::table(const std::string& name, const ForRecords& for_records) {
  std::uint64_t n_own = 0;
  plugin::run_together(communicator_, [&] { n_own = n_words_of(for_records); });
  const auto sizes = MPI::all_gather(communicator_, n_own);
  constexpr int tag = 4711;
  plugin::run_together(communicator_, [&] {
    if (!file_) {
      const auto failure =
          use_in_pieces(for_records, n_own, [&](const std::int64_t* words, std::size_t count) {
            MPI_Send(words, static_cast<int>(count), MPI_INT64_T, 0, tag, communicator_);
          });
      if (!failure.empty()) throw std::runtime_error(failure);
      return;
    }
    std::size_t total = 0, position = 0;
    for (const auto size : sizes) total += size;
    materials::FnvHash checksum;
    std::string failure;
    const auto write = [&](const std::int64_t* words, std::size_t count) {
      checksum.add(words, count * sizeof *words);
      file_->write_slice(name, position, count, words);
      position += count;
    };
    // After an error the others are still listened to, or they would wait for ever.
    const auto try_to = [&](const auto& action) {
      if (failure.empty()) try {
          action();
        } catch (const std::exception& error) {
          failure = error.what();
        }
    };
    try_to([&] { file_->create<std::int64_t>(name, {total}); });
    if (const auto lost = use_in_pieces(for_records, n_own,
                                        [&](const std::int64_t* words, std::size_t count) {
                                          try_to([&] { write(words, count); });
                                        });
        failure.empty())
      failure = lost;
    Words received;
    for (std::size_t rank = 1; rank < sizes.size(); ++rank)
      for (std::size_t first = 0; first < sizes[rank]; first += piece) {
        received.resize(std::min<std::size_t>(piece, sizes[rank] - first));
        MPI_Recv(received.data(), static_cast<int>(received.size()), MPI_INT64_T,
                 static_cast<int>(rank), tag, communicator_, MPI_STATUS_IGNORE);
        try_to([&] { write(received.data(), received.size()); });
      }
    try_to([&] { file_->text(checksum_name(name), as_text(checksum)); });
    if (!failure.empty()) throw std::runtime_error(failure);
  });
}

void CheckpointWriter::close() {
  plugin::run_together(communicator_, [&] {
    if (file_) file_->close();
  });
}

CheckpointReader::CheckpointReader(const std::string& path) {
  // Opens every object, so that the library meets in the child process first what is corrupt.
  materials::guarded_read(path, [&] {
    file_ = std::make_unique<materials::Hdf5Reader>(path);
    for (const auto& table : file_->members())
      if (const auto shape = file_->shape(table); shape.size() == 1 && shape[0] > 0)
        file_->slice<std::int64_t>(table, shape[0] - 1, 1);
    for (const auto& name : file_->attributes()) file_->text(name);
  });
}

nlohmann::json CheckpointReader::json(const std::string& name) const {
  const auto text = file_->text(name);
  if (file_->text(checksum_name(name)) != checksum_of(text))
    throw std::runtime_error(fmt::format(
        "{}: text '{}' is damaged: its content is not that of its checksum", path(), name));
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    throw std::runtime_error(
        fmt::format("{}: text '{}' is not JSON: {}", path(), name, error.what()));
  }
}

void CheckpointReader::for_records(
    const std::string& table,
    const std::function<void(const std::string&, std::string_view)>& use) const {
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(fmt::format("{}: table '{}' {}", path(), table, what));
  };
  const auto shape = file_->shape(table);
  if (shape.size() != 1) fail("is missing");
  materials::FnvHash checksum;
  // What is left of the words read before, and where the next record starts in it.
  Words words;
  std::size_t next = 0;
  for (std::size_t first = 0; first < shape[0]; first += piece) {
    const auto more =
        file_->slice<std::int64_t>(table, first, std::min(piece, shape[0] - first)).values;
    checksum.add(more.data(), more.size() * sizeof(std::int64_t));
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(next));
    next = 0;
    words.insert(words.end(), more.begin(), more.end());
    while (words.size() - next >= 2) {
      const auto key_size = static_cast<std::uint64_t>(words[next]),
                 value_size = static_cast<std::uint64_t>(words[next + 1]);
      const std::size_t largest = shape[0] * sizeof(std::int64_t);
      if (key_size > largest || value_size > largest) fail("is damaged");
      const std::size_t end = next + 2 + n_words(key_size) + n_words(value_size);
      if (end > words.size()) break;
      const auto* key = reinterpret_cast<const char*>(words.data() + next + 2);
      const auto* value =
          reinterpret_cast<const char*>(words.data() + next + 2 + n_words(key_size));
      use(std::string(key, key_size), std::string_view(value, value_size));
      next = end;
    }
  }
  if (next != words.size() || file_->text(checksum_name(table)) != as_text(checksum))
    fail("is damaged: its content is not that of its checksum");
}

std::vector<std::string> CheckpointReader::find(const std::string& table,
                                                const std::vector<std::string>& keys) const {
  std::vector<std::string> values(keys.size());
  find(table, keys, [&](std::size_t k, std::string_view value) { values[k] = value; });
  return values;
}

void CheckpointReader::find(const std::string& table, const std::vector<std::string>& keys,
                            const plugin::FindRecords::Take& take) const {
  std::unordered_map<std::string, std::size_t> position;
  for (std::size_t k = 0; k < keys.size(); ++k) position.emplace(keys[k], k);
  std::vector<bool> found(keys.size(), false);
  for_records(table, [&](const std::string& key, std::string_view value) {
    const auto wanted = position.find(key);
    if (wanted == position.end()) return;
    take(wanted->second, value);
    found[wanted->second] = true;
  });
  for (std::size_t k = 0; k < keys.size(); ++k)
    if (!found[position.at(keys[k])])
      throw std::runtime_error(fmt::format(
          "{}: table '{}' has no record of a cell or an RVE of this run", path(), table));
}

}  // namespace seco::macro
