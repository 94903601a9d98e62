#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "seco/materials/hdf5_file.h"
#include "seco/materials/rve.h"

namespace seco::surrogate {

inline constexpr const char* dataset_format = "seco dataset";
inline constexpr int dataset_version = 1;

/// Reads a dataset written by `generate_dataset`; RVEs are held in memory, labels are read in
/// batches. @throws std::runtime_error naming file, dataset and what is wrong with it.
class DatasetReader {
 public:
  explicit DatasetReader(const std::string& file);

  std::size_t n_training() const { return n_training_; }
  std::size_t n_validation() const { return rves_.size() - n_training_; }
  int dimension() const { return rves_.front().dimension(); }
  int label_factor() const { return label_factor_; }
  double label_seconds() const { return label_seconds_; }
  const std::string& description() const { return description_; }
  const std::vector<materials::Rve>& rves() const { return rves_; }

  /// Low-resolution strain and stress of the given RVEs, each `[B, L, m, nc...]`, stress in the
  /// unit of the file. @throws std::runtime_error if a label is not finite.
  std::pair<torch::Tensor, torch::Tensor> labels(const std::vector<std::size_t>& indices) const;

 private:
  void read(const std::string& path);
  void check_labels() const;

  std::unique_ptr<materials::Hdf5Reader> file_;
  std::vector<materials::Rve> rves_;
  std::size_t n_training_ = 0;
  int label_factor_ = 0;
  double label_seconds_ = 0;
  std::string description_;
};

}  // namespace seco::surrogate
