// Stands in for the main function of a fuzzer: hands every file of the folders named to the entry
// function once. The fuzzer's own checks decide; a finding ends the program.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  int n_files = 0;
  for (int argument = 1; argument < argc; ++argument)
    for (const auto& entry : std::filesystem::directory_iterator(argv[argument])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string content{std::istreambuf_iterator<char>(file), {}};
      // Named before it is read, since a finding leaves no time for it.
      std::printf("%s\n", entry.path().c_str());
      std::fflush(stdout);
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
      ++n_files;
    }
  std::printf("%d files read or refused\n", n_files);
  return n_files > 0 ? 0 : 1;
}
