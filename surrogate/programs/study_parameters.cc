#include "study_parameters.h"

#include <fmt/format.h>

#include "seco/materials/generator_parameters.h"

namespace seco {

using materials::ParameterFile;

materials::Rve StudyParameters::make_rve(std::size_t index) const {
  auto settings = microstructure;
  settings.seed = materials::mix_seed(microstructure.seed, index);
  materials::RandomStream random(materials::mix_seed(settings.seed, 11));
  settings.volume_fraction =
      random.uniform(microstructure.volume_fraction, largest_volume_fraction);
  return materials::generate(settings);
}

StudyParameters read_study(ParameterFile& file) {
  StudyParameters study;
  study.microstructure = materials::read_generator_settings(file, "Microstructure");
  study.largest_volume_fraction =
      file.number("Microstructure", "Largest volume fraction", study.microstructure.volume_fraction,
                  0, 1, "datasets draw the volume fraction between the two");

  auto& d = study.dataset;
  d.file = file.path("Dataset", "File", "dataset.h5", "HDF5 file to write and train on");
  d.n_training = static_cast<std::size_t>(
      file.integer("Dataset", "Training RVEs", 64, 1, 1000000, "RVEs to train on"));
  d.n_validation = static_cast<std::size_t>(file.integer(
      "Dataset", "Validation RVEs", 8, 1, 1000000, "held-out RVEs, from seeds of their own"));
  d.label_factor = static_cast<int>(
      file.integer("Dataset", "Label factor", 2, 0, 64,
                   "labels are solved on a grid coarser by this factor; 0 for none"));
  d.label_tolerance = file.number("Dataset", "Label tolerance", 1e-5, 1e-12, 0.1,
                                  "relative residual of the labels");
  d.description = fmt::format("{}, seed {}", study.microstructure.type, study.microstructure.seed);

  auto& t = study.training;
  const std::string n = "Network", s = "Training";
  t.dataset = d.file;
  t.network.dimension = static_cast<int>(study.microstructure.shape.size());
  t.network.width =
      static_cast<int>(file.integer(n, "Width", 16, 1, 1024, "channels of the finest level"));
  t.network.levels =
      static_cast<int>(file.integer(n, "Levels", 3, 1, 8, "resolutions of the UNet"));
  t.network.equilibrium_block =
      file.choice(n, "Equilibrium block", "projection",
                  {"vector potential", "beltrami", "projection"}, "equilibrium block");
  t.network.green_steps = static_cast<int>(file.integer(
      n, "Green steps", 1, 0, 100, "steps of the basic scheme that come before the network"));
  t.network.kinematic_head =
      file.choice(n, "Kinematic head", "polarization", {"displacement", "polarization"},
                  "meaning of the kinematic channels");
  t.model = file.path(s, "Model", "model", "model folder to write");
  t.n_steps = file.integer(s, "Steps", 2000, 1, 100000000, "optimizer steps");
  t.time_limit =
      file.number(s, "Time limit", 0, 0, 1e6, "minutes after which training stops; 0 for none");
  t.batch_size = static_cast<int>(file.integer(s, "Batch size", 4, 1, 4096, "RVEs per step"));
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
  t.residual =
      file.choice(s, "Residual", "gap", {"gap", "plain"}, "norm of the constitutive residual");
  t.validation_interval =
      file.integer(s, "Validation interval", 100, 1, 100000000, "steps between validations");
  t.checkpoint_interval =
      file.integer(s, "Checkpoint interval", 200, 1, 100000000, "steps between checkpoints");
  t.seed = static_cast<std::uint64_t>(
      file.integer(s, "Seed", 1, 0, 1LL << 60, "seed of weights and batches"));
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
