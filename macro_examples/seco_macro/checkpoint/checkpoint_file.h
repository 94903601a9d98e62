#pragma once

#include <deal.II/base/mpi.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "seco/materials/hdf5_file.h"
#include "seco/plugin/material.h"

namespace seco::macro {

/// Writes a checkpoint: texts, and tables of records whose keys do not depend on how the mesh is
/// distributed over ranks. The file is written beside its name and renamed when it is complete, so
/// that a run that is killed meanwhile leaves the checkpoint before. The format is in
/// docs/file_formats.md.
///
/// All functions are collective, and throw std::runtime_error on all ranks together.
class CheckpointWriter {
 public:
  CheckpointWriter(const std::string& path, MPI_Comm communicator);

  /// @param value that of the first rank is written
  void text(const std::string& name, const std::string& value);
  /// The records of all ranks. Ranks hand them to the first one by one and in pieces, so that no
  /// rank holds all of them.
  void table(const std::string& name, const plugin::StateRecords& records);
  /// The same, of ranks that do not even hold their own.
  /// @param for_records hands over the records of this rank, twice the same
  void table(const std::string& name,
             const std::function<void(const plugin::TakeRecord&)>& for_records);
  void close();

 private:
  MPI_Comm communicator_;
  /// Of the first rank only.
  std::unique_ptr<seco::materials::Hdf5Writer> file_;
};

/// Reads what a CheckpointWriter has written, on any number of ranks; not collective.
/// Errors are std::runtime_error naming the file and what is wrong with it.
class CheckpointReader {
 public:
  explicit CheckpointReader(const std::string& path);

  const std::string& path() const { return file_->path(); }
  /// A text, as JSON. @throws std::runtime_error also if it is damaged
  nlohmann::json json(const std::string& name) const;
  bool has_table(const std::string& name) const { return file_->has_dataset(name); }
  /// Calls use(key, value) for all records of a table, which is read in pieces.
  /// @throws std::runtime_error also if the table is damaged, which shows at its end
  void for_records(const std::string& table,
                   const std::function<void(const std::string&, std::string_view)>& use) const;
  /// The values of keys, in their order; reads the whole table, in pieces.
  /// @throws std::runtime_error also if there is no record of a key, or if the table is damaged
  std::vector<std::string> find(const std::string& table,
                                const std::vector<std::string>& keys) const;
  /// The same one by one, in the order of the table; the keys are different.
  void find(const std::string& table, const std::vector<std::string>& keys,
            const plugin::FindRecords::Take& take) const;

 private:
  std::unique_ptr<materials::Hdf5Reader> file_;
};

}  // namespace seco::macro
