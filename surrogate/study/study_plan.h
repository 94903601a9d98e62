#pragma once

#include <map>
#include <string>
#include <vector>

#include "measurement.h"
#include "study_parameters.h"

namespace seco {

/// Parameters of a training as `Section/Key` -> value.
using ParameterMap = std::map<std::string, std::string>;

/// What a figure must not exceed.
struct Target {
  std::string metric;
  /// `mean`, `median` or `worst` over the test set.
  std::string statistic = "mean";
  double value = 0;
};

/// A microstructure family on which the models of a case are evaluated without retraining: other
/// shapes, or the family of the case on another grid.
struct PlannedSet {
  std::string name;
  StudyParameters parameters;
  /// Grid spacing of the labels over that of this set's grid.
  int label_factor = 2;
};

struct PlannedCase {
  std::string name, title;
  /// Parameter file of a training that all models of the case start from, and changes to it.
  std::string base;
  ParameterMap changes;
  /// The base with the changes.
  StudyParameters parameters;
  ParameterMap entries;
  std::size_t n_test = 8;
  /// The test set first, then other grids and families.
  std::vector<PlannedSet> sets;
  std::vector<Target> targets;
};

struct PlannedModel {
  std::string name;
  std::size_t case_index = 0;
  /// Model folder; one that the study file names is never trained.
  std::string folder;
  bool shipped = false;
  bool wrong_moduli = false;
  /// Changes to the base of the case.
  ParameterMap changes;
  /// All parameters of the training, of which those of the dataset decide which models share one.
  ParameterMap entries;
  StudyParameters parameters;
};

/// What `seco evaluate STUDY.prm` does.
struct StudyPlan {
  /// The study file.
  std::string file;
  std::string title;
  /// Folder of report, tables, figures, datasets and trained models.
  std::string folder;
  surrogate::MeasureSettings measure;
  std::vector<double> shear_errors;
  std::size_t n_label_cost = 2;
  bool figures = true;
  std::string python;
  std::vector<PlannedCase> cases;
  std::vector<PlannedModel> models;
};

/// Reads a study file. @throws std::invalid_argument naming file, section, key, value and what is
///   allowed, also for the training parameters that the file changes.
StudyPlan read_study_plan(const std::string& path);

/// RVE `index` of the test set of a family: the members of index 10 000 000 and above, which no
/// dataset reaches, so that their seeds are disjoint from those of training and validation.
materials::Rve test_rve(const StudyParameters& parameters, std::size_t index);

/// Lower case letters, digits and single underscores, for file names.
std::string slug(const std::string& name);

}  // namespace seco
