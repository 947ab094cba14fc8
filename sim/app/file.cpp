// SPDX-License-Identifier: Apache-2.0
#include "app/file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

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

WholeFile::WholeFile(const std::string &option, const std::string &path)
    : option_(option), path_(path), beside_(path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode)) beside_ += ".tmp";
  file_ = std::fopen(beside_.c_str(), "we");
  if (!file_) fail();
}

WholeFile::~WholeFile() {
  if (file_) std::fclose(file_);
  if (file_ && beside_ != path_) ::unlink(beside_.c_str());
}

void WholeFile::write(const std::string &text) {
  bool good = std::fwrite(text.data(), 1, text.size(), file_) == text.size();
  good &= std::fflush(file_) == 0;
  if (beside_ != path_) {  // else a machine that goes down could leave the name without the bytes
    good = good && ::fsync(::fileno(file_)) == 0;
    good = good && std::rename(beside_.c_str(), path_.c_str()) == 0;
  }
  if (!good) fail();
  std::fclose(std::exchange(file_, nullptr));
}

void WholeFile::fail() const { throw Error(option_ + ": cannot write " + path_); }

}  // namespace vmso
