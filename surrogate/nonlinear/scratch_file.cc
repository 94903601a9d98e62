#include "scratch_file.h"

#include <fmt/format.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace seco::surrogate {

ScratchFile::ScratchFile(std::string folder) : folder_(std::move(folder)) {
  auto name = (std::filesystem::path(folder_) / ".seco_points_XXXXXX").string();
  file_ = ::mkstemp(name.data());
  if (file_ < 0)
    throw std::runtime_error(
        fmt::format("no file for the states of points can be made in the folder '{}': {}; another "
                    "folder can be named in 'State folder'",
                    folder_, std::strerror(errno)));
  ::unlink(name.c_str());
}

ScratchFile::~ScratchFile() {
  ::close(file_);
}

void ScratchFile::fail(const std::string& what, std::size_t size, int error) const {
  throw std::runtime_error(fmt::format(
      "{} bytes of the states of points cannot be {} the file for them in the folder '{}' "
      "('State storage' = disk), which has {:.3g} MiB: {}{}",
      size, what, folder_, static_cast<double>(end_) / (1024. * 1024.), std::strerror(error),
      error == ENOSPC || error == EDQUOT || error == EFBIG
          ? "; 'State folder' names one with more room"
          : ""));
}

std::int64_t ScratchFile::add(const void* bytes, std::size_t size) {
  std::int64_t place = 0;
  {
    const std::lock_guard lock(mutex_);
    auto& unused = free_[size];
    if (unused.empty()) {
      place = end_;
      end_ += static_cast<std::int64_t>(size);
    } else {
      place = unused.back();
      unused.pop_back();
    }
  }
  const auto* from = static_cast<const char*>(bytes);
  for (std::size_t done = 0; done < size;) {
    const auto n = ::pwrite(file_, from + done, size - done, place + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      const int error = n < 0 ? errno : ENOSPC;
      free(place, size);
      fail("written to", size, error);
    }
    done += static_cast<std::size_t>(n);
  }
  return place;
}

void ScratchFile::read(std::int64_t place, void* bytes, std::size_t size) const {
  auto* to = static_cast<char*>(bytes);
  for (std::size_t done = 0; done < size;) {
    const auto n = ::pread(file_, to + done, size - done, place + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("read from", size, n < 0 ? errno : EIO);
    done += static_cast<std::size_t>(n);
  }
}

void ScratchFile::free(std::int64_t place, std::size_t size) {
  const std::lock_guard lock(mutex_);
  if (place + static_cast<std::int64_t>(size) == end_)
    end_ = place;
  else
    free_[size].push_back(place);
}

double free_bytes(const std::string& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder.empty() ? "." : folder, error);
  return error ? std::numeric_limits<double>::infinity() : static_cast<double>(space.available);
}

/// Where a tensor is in a file.
struct KeptTensor::Place {
  Place(const torch::Tensor& tensor, std::shared_ptr<ScratchFile> of)
      : shape(tensor.sizes().vec()),
        type(tensor.scalar_type()),
        n_bytes(tensor.nbytes()),
        file(std::move(of)),
        begin(file->add(tensor.data_ptr(), n_bytes)) {}
  ~Place() { file->free(begin, n_bytes); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::vector<std::int64_t> shape;
  torch::ScalarType type;
  std::size_t n_bytes;
  std::shared_ptr<ScratchFile> file;
  std::int64_t begin;
};

KeptTensor::KeptTensor(const torch::Tensor& tensor, const std::shared_ptr<ScratchFile>& file) {
  if (file && tensor.defined())
    place_ = std::make_shared<const Place>(tensor.contiguous(), file);
  else
    tensor_ = tensor;
}

torch::Tensor KeptTensor::get() const {
  if (!place_) return tensor_;
  auto tensor = torch::empty(place_->shape, place_->type);
  place_->file->read(place_->begin, tensor.data_ptr(), place_->n_bytes);
  return tensor;
}

}  // namespace seco::surrogate
