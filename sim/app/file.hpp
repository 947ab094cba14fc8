// SPDX-License-Identifier: Apache-2.0
// The bytes of a file, readable as long as the object lives. Regular files are mapped, so a file of
// any size costs address space only; pipes and devices are read to their end.
#pragma once
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace vmso {

class FileBytes {
 public:
  explicit FileBytes(const std::string &path);  // throws Error
  ~FileBytes();
  FileBytes(const FileBytes &) = delete;
  FileBytes &operator=(const FileBytes &) = delete;
  std::span<const uint8_t> bytes() const { return bytes_; }

 private:
  void *map_ = nullptr;
  std::vector<uint8_t> copy_;
  std::span<const uint8_t> bytes_;
};

// A file that is there whole or not at all: it is written beside its place and then renamed, so
// that nobody takes what a killed writer has left for a result. Pipes and devices are written as
// they are.
class WholeFile {
 public:
  // Throws Error if it cannot be written: before minutes of work.
  WholeFile(const std::string &option, const std::string &path);
  ~WholeFile();
  WholeFile(const WholeFile &) = delete;
  WholeFile &operator=(const WholeFile &) = delete;
  void write(const std::string &text);  // once; throws Error

 private:
  [[noreturn]] void fail() const;

  std::string option_, path_, beside_;  // beside_ == path_: no regular file
  std::FILE *file_;
};

}  // namespace vmso
