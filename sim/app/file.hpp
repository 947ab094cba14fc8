// SPDX-License-Identifier: Apache-2.0
// The bytes of a file, readable as long as the object lives. Regular files are mapped, so a file of
// any size costs address space only; pipes and devices are read to their end.
#pragma once
#include <cstdint>
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

}  // namespace vmso
