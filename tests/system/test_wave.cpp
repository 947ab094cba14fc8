// SPDX-License-Identifier: Apache-2.0
// What is left of a wave when a run is killed: no destructor runs, so it is what was flushed. The
// file is read with the reader that comes with Verilator, which is that of GTKWave. A Verilator
// without it writes waves by another library, which keeps names and header until the run has ended:
// nothing that is killed leaves a wave.
#if __has_include(<gtkwave/fstapi.h>)
#include <gtkwave/fstapi.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "system_test.hpp"

namespace vmso::test {
namespace {

constexpr uint64_t kCyclesTraced = 10000;

// The child: traces so many cycles, says so, and goes on until it is killed.
[[noreturn]] void trace_until_killed(const std::string &path, int said) noexcept {
  SystemOptions o;
  o.wave.path = path;
  System system(o);
  while (system.now() < kCyclesTraced) system.step();
  if (write(said, "!", 1) != 1) _exit(1);
  for (;;) system.step();
}

uint64_t count_changes(void *fst, const std::string &name) {
  struct Count {
    fstHandle handle = 0;
    uint64_t changes = 0;
  } count;
  while (fstHier *node = fstReaderIterateHier(fst)) {
    if (node->htyp == FST_HT_VAR && name == node->u.var.name) count.handle = node->u.var.handle;
  }
  fstReaderSetFacProcessMaskAll(fst);
  fstReaderIterBlocks(
      fst,
      [](void *user, uint64_t, fstHandle handle, const unsigned char *) {
        auto *c = static_cast<Count *>(user);
        c->changes += handle == c->handle;
      },
      &count, nullptr);
  return count.changes;
}

}  // namespace

#if !VM_COVERAGE
TEST_CASE("A run that is killed leaves a wave of all but its last cycles", "[system][wave]") {
  auto folder = std::filesystem::temp_directory_path() / fmt::format("vmso_wave_{}", getpid());
  std::filesystem::create_directory(folder);
  std::string path = folder / "killed.fst";
  int said[2];
  REQUIRE(pipe(said) == 0);
  pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) trace_until_killed(path, said[1]);
  close(said[1]);
  char word = 0;
  CHECK(read(said[0], &word, 1) == 1);  // 0 if the child has died
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  close(said[0]);

  CHECK(std::filesystem::exists(path + ".hier"));  // the names, until the run has ended
  void *fst = fstReaderOpen(path.c_str());
  REQUIRE(fst);
  constexpr uint64_t kPeriod = 4000;  // ps, of 250 MHz
  CHECK(fstReaderGetEndTime(fst) >= (kCyclesTraced - 4096) * kPeriod);
  CHECK(count_changes(fst, "clk") >= 2 * (kCyclesTraced - 4096));
  fstReaderClose(fst);
  std::filesystem::remove_all(folder);
}
#endif

}  // namespace vmso::test
#endif
