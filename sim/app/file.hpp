// SPDX-License-Identifier: Apache-2.0
// Files that commands read and write.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace vmso {

// The bytes of a file, readable as long as the object lives. Regular files are mapped, so a file of
// any size costs address space only; pipes and devices are read to their end.
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

// A pipe or a device: opening it can wait for somebody, and what is written into it stays written.
bool is_stream(const std::string &path);

// What a path leads to if it is a symbolic link, also if nothing is there yet.
std::string target_of(const std::string &path);

// A file that is there whole or not at all: it is written beside its place and then renamed, so
// that nobody takes what a killed writer has left for a result; a link stays one. Streams are
// written as they are, and so is a file in a folder that may not be written.
// Throws Error, which begins with `option`.
void write_whole(const std::string &option, const std::string &path, const std::string &text);

}  // namespace vmso
