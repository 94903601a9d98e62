// Which parameters say the same.
#include "run_identity.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "parameter_value.h"

using namespace seco::macro;

TEST(RunIdentity, ValuesAreComparedAndNotTexts) {
  const std::vector<std::vector<std::string>> same{
      {"1e-3", "0.001", "1.0e-03", ".1E-2", "0.0010"},
      {"1000", "1e3", "1000.", "01000"},
      {"8, 8, 8", "8,8,8", " 8 ,\t8,  8 "},
      {"0: 0; 0; 0 | 1: free; 0.1*y; free", "0:0;0;0|1:free;1e-1 * y;free"},
      {"x - 1e-3*y", "x-0.001*y"},
      {"true", "yes"},
      {"false", "no"},
      {"linear elastic", "linear  elastic"},
      {"0", "0.0", "0e5", "00"}};
  const std::vector<std::vector<std::string>> other{
      {"1e-3", "1e-4", "-1e-3", "1e-30", "e-3"},
      {"1 2", "12"},
      {"x1e3", "x1000"},
      {"rve_1.0.h5", "rve_1.h5"},
      {"1.h5", "1.0.h5", "01.h5"},
      // Seeds beyond the integers of a double.
      {"9007199254740992", "9007199254740993"},
      {"18446744073709551615", "18446744073709551614"},
      {"x-1", "x1", "x+1"},
      {"2e", "2"},
      {"a b", "ab"},
      {"true", "1"},
      {"0x10", "16"}};
  for (const auto& list : same)
    for (const auto& text : list)
      EXPECT_EQ(comparable_value(text), comparable_value(list.front())) << text;
  for (const auto& list : other)
    for (std::size_t i = 0; i < list.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        EXPECT_NE(comparable_value(list[i]), comparable_value(list[j]))
            << list[i] << ' ' << list[j];
}

TEST(RunIdentity, FollowsTheTagsOfTheKeys) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "seco_run_identity";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "a.table") << "same";
  std::ofstream(folder / "b.table") << "same";
  std::ofstream(folder / "c.table") << "another";
  const seco::plugin::ParameterTraits traits{
      {{"Material 0/mine", "Threads"}, {.changeable_on_restart = true}},
      {{"Material 0/mine", "Table"}, {.is_path = true}},
      {{"Material 0/mine", "Label"}, {}}};
  const auto identity = [&](const std::string& threads, const std::string& table,
                            const std::string& label) {
    return run_identity({{{"Material 0/mine", "Threads"}, threads},
                         {{"Material 0/mine", "Table"}, table},
                         {{"Material 0/mine", "Label"}, label}},
                        traits, folder.string());
  };
  const auto kept = identity("2", "a.table", "a.table");
  EXPECT_EQ(difference(kept, identity("4", "a.table", "a.table")), "");
  EXPECT_EQ(difference(kept, identity("2", "b.table", "a.table")), "");
  EXPECT_NE(difference(kept, identity("2", "c.table", "a.table")).find("'Table'"),
            std::string::npos);
  EXPECT_NE(difference(kept, identity("2", "a.table", "b.table")).find("'Label'"),
            std::string::npos);
  std::filesystem::remove_all(folder);
}

TEST(RunIdentity, TheDifferenceNamesWhatWasWritten) {
  const seco::plugin::ParameterTexts kept{{{"Solver", "Tolerance"}, "1e-10"},
                                          {{"Geometry", "Cells"}, "4, 4, 4"}};
  auto now = kept;
  now[{"Solver", "Tolerance"}] = "0.0000000001";
  now[{"Geometry", "Cells"}] = "4,4,4";
  EXPECT_EQ(difference(run_identity(kept, {}, ""), run_identity(now, {}, "")), "");
  now[{"Solver", "Tolerance"}] = "2e-10";
  EXPECT_EQ(difference(run_identity(kept, {}, ""), run_identity(now, {}, "")),
            "key 'Tolerance' in section 'Solver' is '2e-10', and '1e-10' in the run that wrote it");
  now.erase({"Geometry", "Cells"});
  EXPECT_NE(difference(run_identity(kept, {}, ""), run_identity(now, {}, "")), "");
}
