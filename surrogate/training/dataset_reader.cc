#include "dataset_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "seco/materials/guarded_read.h"
#include "seco/materials/mandel.h"

namespace seco::surrogate {
namespace {

[[noreturn]] void refuse(const std::string& file, const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", file, what));
}

double number(const materials::Hdf5Reader& file, const std::string& name) {
  const auto values = file.numbers(name);
  if (values.size() != 1 || !std::isfinite(values[0]))
    refuse(file.path(), fmt::format("attribute '{}' is not one finite number", name));
  return values[0];
}

std::size_t count(const materials::Hdf5Reader& file, const std::string& name, std::size_t largest) {
  const double value = number(file, name);
  if (!(value >= 0) || value > static_cast<double>(largest) || value != std::floor(value))
    refuse(file.path(),
           fmt::format("attribute '{}' is {}, allowed are 0 to {}", name, value, largest));
  return static_cast<std::size_t>(value);
}

}  // namespace

DatasetReader::DatasetReader(const std::string& path) {
  materials::guarded_read(path, [&] { read(path); });
}

void DatasetReader::read(const std::string& path) {
  file_ = std::make_unique<materials::Hdf5Reader>(path);
  const auto format = file_->text_or("format", "missing");
  if (format != dataset_format)
    refuse(path, fmt::format("attribute 'format' is '{}', expected '{}'; datasets are written by "
                             "`seco generate`",
                             format, dataset_format));
  if (number(*file_, "version") != dataset_version)
    refuse(path, fmt::format("attribute 'version' is {}, expected {}", number(*file_, "version"),
                             dataset_version));
  label_seconds_ = number(*file_, "label_seconds");
  description_ = file_->text_or("description", "");

  const auto phase = file_->dataset<std::uint16_t>("phase");
  const auto table = file_->dataset<double>("stiffness", 4);
  const auto counts = file_->dataset<std::int64_t>("n_phases", 1);
  std::vector<double> orientation;
  if (file_->has_dataset("orientation"))
    orientation = file_->dataset<double>("orientation", 3).values;
  if (phase.shape.size() != 3 && phase.shape.size() != 4)
    refuse(path, fmt::format("dataset 'phase' has shape {}, expected N x n1 x n2 (x n3)",
                             fmt::join(phase.shape, "x")));
  const std::size_t n = phase.shape[0], d = phase.shape.size() - 1;
  const auto m = static_cast<std::size_t>(materials::n_mandel_components(static_cast<int>(d)));
  if (n == 0 || table.shape[0] != n || counts.shape[0] != n || table.shape[2] != m ||
      table.shape[3] != m)
    refuse(path, fmt::format("dataset 'stiffness' has shape {}, expected {} x P x {} x {} to fit "
                             "dataset 'phase'",
                             fmt::join(table.shape, "x"), n, m, m));
  if (!orientation.empty() && orientation.size() != n * table.shape[1] * 3)
    refuse(path, fmt::format("dataset 'orientation' holds {} numbers, expected {} x {} x 3",
                             orientation.size(), n, table.shape[1]));
  const auto lengths = file_->numbers("lengths");
  const auto unit = file_->text("unit");
  const std::size_t n_voxels = phase.values.size() / n;
  rves_.clear();
  for (std::size_t i = 0; i < n; ++i) {
    materials::Rve rve;
    rve.shape.assign(phase.shape.begin() + 1, phase.shape.end());
    rve.lengths = lengths;
    rve.unit = unit;
    rve.phase.assign(phase.values.begin() + static_cast<long>(i * n_voxels),
                     phase.values.begin() + static_cast<long>((i + 1) * n_voxels));
    if (counts.values[i] < 1 || static_cast<std::size_t>(counts.values[i]) > table.shape[1])
      refuse(path, fmt::format("dataset 'n_phases' holds {} at position {}, allowed are 1 to {}",
                               counts.values[i], i, table.shape[1]));
    for (std::int64_t p = 0; p < counts.values[i]; ++p) {
      materials::MandelMatrix matrix(m, m);
      std::copy_n(table.values.begin() + static_cast<long>((i * table.shape[1] + p) * m * m), m * m,
                  matrix.data());
      rve.stiffness.push_back(matrix);
      if (!orientation.empty()) {
        const double* angles = orientation.data() + (i * table.shape[1] + p) * 3;
        rve.orientation.emplace_back(angles[0], angles[1], angles[2]);
      }
    }
    materials::check(rve, fmt::format("{}, entry {}", path, i));
    rves_.push_back(std::move(rve));
  }
  n_training_ = count(*file_, "n_training", n);
  const auto& shape = rves_.front().shape;
  label_factor_ = static_cast<int>(
      count(*file_, "label_factor", *std::min_element(shape.begin(), shape.end())));
  if (label_factor_ > 0) check_labels();
}

void DatasetReader::check_labels() const {
  const auto& rve = rves_.front();
  const std::size_t m = materials::n_mandel_components(rve.dimension());
  std::vector<std::size_t> expected{rves_.size(), m, m};
  for (const int n : rve.shape) {
    if (n % label_factor_ != 0)
      refuse(file_->path(), fmt::format("attribute 'label_factor' is {}, which does not divide the "
                                        "grid of {} voxels",
                                        label_factor_, fmt::join(rve.shape, "x")));
    expected.push_back(n / label_factor_);
  }
  for (const char* name : {"label_strain", "label_stress"}) {
    if (!file_->has_dataset(name))
      refuse(file_->path(), fmt::format("dataset '{}' is missing", name));
    if (file_->shape(name) != expected)
      refuse(file_->path(),
             fmt::format("dataset '{}' has shape {}, expected {}", name,
                         fmt::join(file_->shape(name), "x"), fmt::join(expected, "x")));
    // Whatever the library does with this dataset, it does now, in the child process first.
    file_->slice<float>(name, 0, 1);
  }
}

std::pair<torch::Tensor, torch::Tensor> DatasetReader::labels(
    const std::vector<std::size_t>& indices) const {
  const auto read = [&](const char* name) {
    std::vector<torch::Tensor> fields;
    for (const auto i : indices) {
      const auto part = file_->slice<float>(name, i, 1);
      const std::vector<std::int64_t> shape(part.shape.begin(), part.shape.end());
      fields.push_back(torch::tensor(part.values).reshape(shape));
      if (!torch::isfinite(fields.back()).all().item<bool>())
        refuse(file_->path(),
               fmt::format("dataset '{}' holds NaN or infinite values in entry {}", name, i));
    }
    return torch::cat(fields);
  };
  return {read("label_strain"), read("label_stress")};
}

}  // namespace seco::surrogate
