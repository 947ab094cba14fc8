// SPDX-License-Identifier: Apache-2.0
#include "app/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "model/findings.hpp"

namespace vmso {
namespace {

constexpr int kLookEvery = 100;   // milliseconds
constexpr unsigned kLooks = 100;  // for somebody who reads
constexpr unsigned kLinks = 40;   // one behind the other, as in the kernel

[[noreturn]] void fail(const std::string &path, int error) {
  throw Error("cannot read " + path + ": " + std::strerror(error));
}

struct Descriptor {
  int fd;
  ~Descriptor() { ::close(fd); }
};

bool write_all(int fd, const std::string &text) {
  Descriptor closer{fd};
  for (size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(fd, text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += size_t(n);
  }
  return true;
}

// A pipe that nobody reads yet is waited for, but not for ever. Standard output stays one stream,
// whatever it is: opened anew, a file would be written from its begin on.
int open_to_write(const std::string &path) {
  struct stat there {};
  struct stat ours {};
  if (::stat(path.c_str(), &there) == 0 && ::fstat(STDOUT_FILENO, &ours) == 0 &&
      there.st_dev == ours.st_dev && there.st_ino == ours.st_ino) {
    std::fflush(stdout);
    return ::dup(STDOUT_FILENO);
  }
  for (unsigned looks = 0;; looks++) {
    const int fd =
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666);
    if (fd >= 0) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    if (fd >= 0 || errno != ENXIO || looks == kLooks) return fd;
    ::poll(nullptr, 0, kLookEvery);
  }
}

// In a new file beside it, with the same rights, which then takes its name. Nothing: there can be
// none.
std::optional<bool> write_beside(const std::string &path, const std::string &text) {
  std::string beside = path + ".XXXXXX";
  const int fd = ::mkostemp(beside.data(), O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  struct stat old {};
  const mode_t mask = ::umask(0);
  ::umask(mask);
  bool good =
      ::fchmod(fd, ::stat(path.c_str(), &old) == 0 ? old.st_mode & 07777 : 0666 & ~mask) == 0;
  const Descriptor kept{::dup(fd)};
  good = write_all(fd, text) && good;
  // else a machine that goes down could leave the name without the bytes
  good = good && ::fsync(kept.fd) == 0;
  if (good && std::rename(beside.c_str(), path.c_str()) == 0) return true;
  ::unlink(beside.c_str());
  return false;
}

}  // namespace

std::string target_of(const std::string &path) {
  namespace fs = std::filesystem;
  fs::path target = path;
  std::error_code error;
  for (unsigned i = 0; i < kLinks && fs::is_symlink(fs::symlink_status(target, error)); i++) {
    const fs::path next = fs::read_symlink(target, error);
    if (error) break;
    target = next.is_absolute() ? next : target.parent_path() / next;
  }
  return target.string();
}

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
  // /dev/stdout is a link to what is open; where that leads, a file of the same name would be made.
  std::error_code none;
  const bool of_device = path.starts_with("/dev/") && std::filesystem::is_symlink(path, none);
  if (of_device || path.starts_with("/proc/")) return true;
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

void write_whole(const std::string &option, const std::string &path, const std::string &text) {
  std::optional<bool> written;
  if (!is_stream(path)) written = write_beside(target_of(path), text);
  if (!written) {  // a stream, or a file that may be written in a folder that may not
    const int fd = open_to_write(path);
    written = fd >= 0 && write_all(fd, text);
  }
  if (!*written) throw Error(option + ": cannot write " + path);
}

}  // namespace vmso
