// SPDX-License-Identifier: Apache-2.0
#include "app/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "model/findings.hpp"

namespace vmso {
namespace {

[[noreturn]] void fail(const std::string &path, int error) {
  throw Error("cannot read " + path + ": " + std::strerror(error));
}

struct Descriptor {
  int fd;
  ~Descriptor() { ::close(fd); }
};

}  // namespace

FileBytes::FileBytes(const std::string &path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(path, errno);
  Descriptor closer{fd};
  struct stat status {};
  if (::fstat(fd, &status) != 0) fail(path, errno);
  if (S_ISDIR(status.st_mode)) fail(path, EISDIR);
  if (S_ISREG(status.st_mode) && status.st_size > 0) {
    size_t size = size_t(status.st_size);
    void *map = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map != MAP_FAILED) {
      map_ = map;
      bytes_ = {static_cast<const uint8_t *>(map), size};
      return;
    }
  }
  uint8_t chunk[65536];
  for (;;) {
    ssize_t n = ::read(fd, chunk, sizeof(chunk));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(path, errno);
    if (n == 0) break;
    copy_.insert(copy_.end(), chunk, chunk + n);
  }
  bytes_ = copy_;
}

FileBytes::~FileBytes() {
  if (map_) ::munmap(map_, bytes_.size());
}

bool is_stream(const std::string &path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

void write_whole(const std::string &option, const std::string &path, const std::string &text) {
  const bool renames = !is_stream(path);
  const std::string beside = renames ? path + ".tmp" : path;
  std::FILE *file = std::fopen(beside.c_str(), "we");
  bool good = file && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  good = good && std::fflush(file) == 0;
  // else a machine that goes down could leave the name without the bytes
  if (renames) good = good && ::fsync(::fileno(file)) == 0;
  if (file) std::fclose(file);
  if (renames) good = good && std::rename(beside.c_str(), path.c_str()) == 0;
  if (good) return;
  if (renames && file) ::unlink(beside.c_str());
  throw Error(option + ": cannot write " + path);
}

}  // namespace vmso
