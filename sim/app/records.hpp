// SPDX-License-Identifier: Apache-2.0
// The two streams of `vmso segment`, little endian:
//
//   in    {u32 vnet_len, u32 frame_len, vnet_len bytes, frame_len bytes}, until the end
//   out   {i32 count of frames or a negative vmso_refusal, count x {u32 length, bytes}}
//
// Whoever writes one record and waits for its answer gets it: before the reader waits for input it
// says so, and everything that has come can be answered first.
#pragma once
#include <csignal>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/packet_engine.hpp"

namespace vmso {

struct Record {
  std::vector<uint8_t> vnet;    // empty if longer than any virtio_net_hdr
  std::vector<uint8_t> packet;  // empty if `too_long`
  bool too_long = false;        // above the limit of the reader: its bytes were passed over
};

class RecordReader {
 public:
  // `stop`: not 0 while it waits: an Error, exit code 130. May be null.
  RecordReader(int fd, uint32_t most_packet_bytes, std::function<void()> before_waiting,
               const volatile std::sig_atomic_t *stop);
  // The next record; none at the end. Throws Error if the input cannot be read.
  std::optional<Record> next();
  // The input has ended inside a record; which, and where. Empty: it has not.
  const std::string &cut() const { return cut_; }
  uint64_t count() const { return count_; }  // of whole records

 private:
  bool fill();
  // Appends `count` bytes to `out`, or passes them over; false if there are not so many.
  bool take(uint64_t count, std::vector<uint8_t> *out, const char *what);

  int fd_;
  uint32_t most_packet_bytes_;
  std::function<void()> before_waiting_;
  const volatile std::sig_atomic_t *stop_;
  std::vector<uint8_t> buffer_;
  size_t at_ = 0;
  uint64_t count_ = 0;
  std::string cut_;
};

class AnswerWriter {
 public:
  explicit AnswerWriter(int fd) : fd_(fd) {}
  void write(const PacketAnswer &answer);  // both throw Error if the output cannot be written
  void flush();

 private:
  int fd_;
  std::vector<uint8_t> buffer_;
};

}  // namespace vmso
