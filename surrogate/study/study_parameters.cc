#include "study_parameters.h"

#include <fmt/format.h>

#include <type_traits>
#include <variant>

#include "seco/surrogate/network_setting_table.h"

namespace seco {
namespace {

using materials::ParameterFile;

template <typename Number>
Number read_value(ParameterFile& file, const surrogate::NetworkSetting& s, Number default_value) {
  if constexpr (std::is_integral_v<Number>)
    return static_cast<Number>(file.integer("Network", s.key, default_value,
                                            static_cast<std::int64_t>(s.smallest),
                                            static_cast<std::int64_t>(s.largest), s.help));
  else
    return file.number("Network", s.key, default_value, s.smallest, s.largest, s.help);
}

std::string read_value(ParameterFile& file, const surrogate::NetworkSetting& s,
                       const std::string& default_value) {
  return file.choice("Network", s.key, default_value, s.allowed, s.help);
}

void read_network(ParameterFile& file, surrogate::NetworkSettings& network) {
  for (const auto& setting : surrogate::network_setting_table())
    if (!setting.key.empty())
      std::visit(
          [&](const auto member) { network.*member = read_value(file, setting, network.*member); },
          setting.member);
}

}  // namespace

StudyParameters read_study(ParameterFile& file) {
  StudyParameters study;
  study.family = materials::read_microstructure_family(file, "Microstructure");

  auto& d = study.dataset;
  d.file = file.path("Dataset", "File", "dataset.h5", "HDF5 file to write and train on");
  d.n_training = static_cast<std::size_t>(file.integer(
      "Dataset", "Training RVEs", 64, 0, 1000000, "RVEs to train on; 0 only with 'Fresh samples'"));
  d.n_validation = static_cast<std::size_t>(file.integer(
      "Dataset", "Validation RVEs", 8, 1, 1000000, "held-out RVEs, from seeds of their own"));
  d.label_factor = static_cast<int>(
      file.integer("Dataset", "Label factor", 2, 0, 64,
                   "labels are solved on a grid coarser by this factor; 0 for none"));
  d.label_tolerance = file.number("Dataset", "Label tolerance", 1e-5, 1e-12, 0.1,
                                  "relative residual of the labels");
  d.description = fmt::format("{}, seed {}", study.family.base.type, study.family.base.seed);

  auto& t = study.training;
  const std::string s = "Training";
  t.dataset = d.file;
  t.network.dimension = static_cast<int>(study.family.base.shape.size());
  read_network(file, t.network);
  t.model = file.path(s, "Model", "model", "model folder to write");
  t.initial_model = file.path(s, "Initial model", "",
                              "model folder whose weights training starts from; empty for none");
  t.n_steps = file.integer(s, "Steps", 2000, 1, 100000000, "optimizer steps");
  t.time_limit =
      file.number(s, "Time limit", 0, 0, 1e6, "minutes after which training stops; 0 for none");
  if (file.flag(s, "Fresh samples", false,
                "draws every RVE of every step anew from 'Microstructure', without labels; the "
                "dataset is for validation alone"))
    t.fresh_rve = [family = study.family](std::size_t index) {
      return materials::draw(family, index);
    };
  t.batch_size =
      static_cast<int>(file.integer(s, "Batch size", 4, 1, 4096, "RVEs per step, over all ranks"));
  t.micro_batch_size = static_cast<int>(file.integer(
      s, "Micro-batch size", 0, 0, 4096,
      "RVEs held at once; gradients are accumulated over the batch. 0: the whole batch"));
  t.augmentation = file.flag(s, "Augmentation", true,
                             "random shifts and symmetries of the cube, with loads and labels");
  t.learning_rate = file.number(s, "Learning rate", 2e-3, 1e-12, 10, "largest learning rate");
  t.final_learning_rate =
      file.number(s, "Final learning rate", 0.01, 0, 1, "last learning rate, relative");
  t.warm_up_steps =
      static_cast<int>(file.integer(s, "Warm-up steps", 50, 0, 1000000, "steps of linear warm-up"));
  t.weight_decay = file.number(s, "Weight decay", 1e-4, 0, 1, "AdamW weight decay");
  t.gradient_clipping =
      file.number(s, "Gradient clipping", 1, 1e-12, 1e12, "largest norm of the gradient");
  t.data_weight = file.number(s, "Data weight", 1, 0, 1e12, "weight of the low-resolution labels");
  t.physics_weight =
      file.number(s, "Physics weight", 1, 0, 1e12, "weight of the constitutive residual");
  t.residual = file.choice(s, "Residual", "gap", {"gap", "plain"}, "norm of the physics residual");
  t.shear_error = file.number(s, "Shear error", 0, -0.9, 10,
                              "studies: relative error of the shear stiffness that the training "
                              "assumes, while labels come from the true one");
  t.patience = static_cast<int>(
      file.integer(s, "Patience", 0, 0, 1000000,
                   "stops after so many validations without a better gap; 0 for never"));
  t.validation_interval =
      file.integer(s, "Validation interval", 100, 1, 100000000, "steps between validations");
  t.checkpoint_interval =
      file.integer(s, "Checkpoint interval", 200, 1, 100000000, "steps between checkpoints");
  t.seed = static_cast<std::uint64_t>(
      file.integer(s, "Seed", 1, 0, 1LL << 60, "seed of weights and batches"));
  t.parameter_file = file.origin();
  t.resume = file.flag(s, "Resume", true, "continue from a checkpoint in the model folder");
  file.check_all_used();
  return study;
}

std::string study_documentation() {
  ParameterFile defaults("", "defaults");
  read_study(defaults);
  return defaults.documentation();
}

}  // namespace seco
