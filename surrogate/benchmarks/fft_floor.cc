#include <ATen/Parallel.h>
#include <torch/fft.h>
#include <torch/torch.h>

#include <memory>
#include <stdexcept>

#include "floors.h"
#ifdef SECO_WITH_FFTW
#include "cpu/fftw.h"
#endif

namespace seco::benchmarks {
namespace {

torch::Tensor random_fields(const FftCase& fft) {
  torch::manual_seed(1);
  return torch::rand({fft.batch, fft.grid, fft.grid, fft.grid},
                     fft.single_precision ? torch::kFloat : torch::kDouble);
}

std::function<void()> torch_pair(const FftCase& fft) {
  return [fields = random_fields(fft)] {
    torch::NoGradGuard no_grad;
    const std::vector<std::int64_t> axes{1, 2, 3};
    torch::fft::irfftn(torch::fft::rfftn(fields, c10::nullopt, axes), fields.sizes().slice(1),
                       axes);
  };
}

#ifdef SECO_WITH_FFTW

/// Fields, their transforms and plans of one batch.
template <typename Number>
class FftwBatch {
 public:
  using Library = surrogate::cpu::Fftw<Number>;

  explicit FftwBatch(const FftCase& fft)
      : fields_(random_fields(fft)),
        transforms_(torch::empty({fft.batch, fft.grid, fft.grid, 2 * (fft.grid / 2 + 1)},
                                 fields_.options())) {
    const int shape[3] = {fft.grid, fft.grid, fft.grid};
    forward_ = Library::forward(3, shape, field(0), transform(0), FFTW_MEASURE);
    back_ = Library::backward(3, shape, transform(0), field(0), FFTW_MEASURE);
    if (!forward_ || !back_) throw std::runtime_error("FFTW made no plan");
    // Planning overwrites them. Unscaled transforms must not overflow when they are repeated, so
    // they start from zero: the time does not depend on values.
    fields_.zero_();
    transforms_.zero_();
  }
  FftwBatch(const FftwBatch&) = delete;
  FftwBatch& operator=(const FftwBatch&) = delete;
  ~FftwBatch() {
    if (forward_) Library::destroy(forward_);
    if (back_) Library::destroy(back_);
  }

  void transform_and_back() {
    at::parallel_for(0, fields_.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = begin; i < end; ++i) {
        Library::run_forward(forward_, field(i), transform(i));
        Library::run_backward(back_, transform(i), field(i));
      }
    });
  }

 private:
  Number* field(std::int64_t i) {
    return fields_.data_ptr<Number>() + i * (fields_.numel() / fields_.size(0));
  }
  typename Library::Complex* transform(std::int64_t i) {
    return reinterpret_cast<typename Library::Complex*>(
        transforms_.data_ptr<Number>() + i * (transforms_.numel() / transforms_.size(0)));
  }

  torch::Tensor fields_, transforms_;
  typename Library::Plan forward_ = nullptr, back_ = nullptr;
};

template <typename Number>
std::function<void()> fftw_pair(const FftCase& fft) {
  return [batch = std::make_shared<FftwBatch<Number>>(fft)] { batch->transform_and_back(); };
}

std::function<void()> fftw_pair(const FftCase& fft) {
  return fft.single_precision ? fftw_pair<float>(fft) : fftw_pair<double>(fft);
}

#endif

}  // namespace

#ifdef SECO_WITH_FFTW

bool has_fftw() {
  return true;
}

std::string fftw_version() {
  return fftwf_version;
}

Comparison compare_ffts(const FftCase& fft, const Budget& budget) {
  return compare(fftw_pair(fft), torch_pair(fft), budget);
}

Sample measure_fft(const FftCase& fft, const Budget& budget) {
  return measure(fftw_pair(fft), budget);
}

#else

bool has_fftw() {
  return false;
}

std::string fftw_version() {
  return "not found when this was built";
}

Comparison compare_ffts(const FftCase&, const Budget&) {
  throw std::logic_error("this build has no FFTW to compare with");
}

Sample measure_fft(const FftCase& fft, const Budget& budget) {
  return measure(torch_pair(fft), budget);
}

#endif

}  // namespace seco::benchmarks
