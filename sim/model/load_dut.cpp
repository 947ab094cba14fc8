// SPDX-License-Identifier: Apache-2.0
// make_dut: the engine of a configuration, from the library models/vmso_<config>[_wave].so.
//
// Compiling a model takes most of a build, and a run needs one of six. So the program is not linked
// with any: it loads the one that its options name, and has the build make it if it is not there
// yet. Who builds after a change of the RTL seldom builds the models with waves: one that is older
// than its sister without is brought up to date, so that nobody looks at an engine of yesterday.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string_view>

#include "model/dut.hpp"

namespace vmso {
namespace {

namespace fs = std::filesystem;
using MakeDut = Dut *(const DutOptions &);
constexpr std::string_view kWave = "_wave";

// Runs `ninja -C build name`, one process at a time; false if it fails.
bool build(const fs::path &build, const std::string &name) {
  int lock = open((build / ".vmso_models.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock < 0 || flock(lock, LOCK_EX) != 0) return false;
  const char *line =
      isatty(STDERR_FILENO) ? "\r\x1b[K" : "";  // somebody may show his progress there
  std::fprintf(stderr, "%svmso: building the model %s: ninja -C %s %s\n", line, name.c_str(),
               build.c_str(), name.c_str());
  pid_t child = fork();
  if (child == 0) {
    dup2(STDERR_FILENO, STDOUT_FILENO);  // stdout is for results
    execlp("ninja", "ninja", "-C", build.c_str(), name.c_str(), static_cast<char *>(nullptr));
    _exit(127);
  }
  int status = -1;
  bool good = child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
              WEXITSTATUS(status) == 0;
  close(lock);
  return good;
}

// The build that this program is from; empty if it was moved elsewhere.
fs::path build_of_program() {
  fs::path folder = fs::read_symlink("/proc/self/exe").parent_path();
  for (int up = 0; up < 3; up++, folder = folder.parent_path()) {
    if (fs::exists(folder / "build.ninja")) return folder;
  }
  return {};
}

// Older than the model without waves.
bool is_stale(const fs::path &models, const std::string &name) {
  if (!name.ends_with(kWave)) return false;
  fs::path wave = models / (name + ".so");
  fs::path plain = models / (name.substr(0, name.size() - kWave.size()) + ".so");
  return fs::exists(wave) && fs::exists(plain) &&
         fs::last_write_time(wave) < fs::last_write_time(plain);
}

// Found through the program's run path, which the build sets to its models/.
MakeDut *load(const std::string &name) {
  std::string file = name + ".so";
  const fs::path folder = build_of_program();
  if (!folder.empty() && is_stale(folder / "models", name) && !build(folder, name)) {
    throw Error("the model " + name + " is older than the RTL, and could not be built");
  }
  void *library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  std::string why = library ? "" : dlerror();
  if (!library && !folder.empty() && !fs::exists(folder / "models" / file) && build(folder, name)) {
    library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    why = library ? "" : dlerror();
  }
  if (!library)
    throw Error("no model " + name + " (" + why + "); scripts/build " + name + " makes it");
  auto *make = reinterpret_cast<MakeDut *>(dlsym(library, "vmso_make_dut"));
  if (!make) throw Error(file + " is no model of vmso");
  return make;
}

}  // namespace

std::unique_ptr<Dut> make_dut(const DutOptions &options) {
  static std::map<std::string, MakeDut *> loaded;
  std::string name = "vmso_" + config_info(options.config).name;
  if (!options.wave.path.empty()) name += kWave;
  MakeDut *&make = loaded[name];
  if (!make) make = load(name);
  return std::unique_ptr<Dut>(make(options));
}

}  // namespace vmso
