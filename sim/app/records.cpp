// SPDX-License-Identifier: Apache-2.0
#include "app/records.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace vmso {
namespace {

constexpr size_t kChunk = 1 << 16;
constexpr uint32_t kLengthBytes = 4;

uint32_t get_le32(const std::vector<uint8_t> &bytes, size_t at) {
  uint32_t value = 0;
  for (unsigned i = 0; i < kLengthBytes; i++) value |= uint32_t(bytes[at + i]) << 8 * i;
  return value;
}

}  // namespace

RecordReader::RecordReader(int fd, uint32_t most_packet_bytes, std::function<void()> before_waiting,
                           const volatile std::sig_atomic_t *stop)
    : fd_(fd),
      most_packet_bytes_(most_packet_bytes),
      before_waiting_(std::move(before_waiting)),
      stop_(stop) {}

// Makes bytes available behind at_; false at the end of the input.
bool RecordReader::fill() {
  pollfd input{fd_, POLLIN, 0};
  if (::poll(&input, 1, 0) == 0) before_waiting_();
  buffer_.resize(kChunk);
  at_ = 0;
  for (;;) {
    // read() would go on after a signal, poll() does not
    int ready = ::poll(&input, 1, -1);
    if (stop_ && *stop_) throw Error("interrupted", 130);
    if (ready < 0 && errno == EINTR) continue;
    ssize_t n = ::read(fd_, buffer_.data(), buffer_.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n < 0) throw Error(std::string("cannot read the records: ") + std::strerror(errno));
    buffer_.resize(size_t(n));
    return n > 0;
  }
}

bool RecordReader::take(uint64_t count, std::vector<uint8_t> *out, const char *what) {
  uint64_t left = count;
  while (left > 0) {
    if (at_ == buffer_.size() && !fill()) {
      cut_ = fmt::format("record {} is cut short: the input ends after {} of {} bytes of its {}",
                         count_, count - left, count, what);
      return false;
    }
    size_t n = size_t(std::min<uint64_t>(left, buffer_.size() - at_));
    if (out) out->insert(out->end(), buffer_.begin() + at_, buffer_.begin() + at_ + n);
    at_ += n;
    left -= n;
  }
  return true;
}

std::optional<Record> RecordReader::next() {
  if (at_ == buffer_.size() && !fill()) return std::nullopt;
  std::vector<uint8_t> lengths;
  if (!take(2 * kLengthBytes, &lengths, "lengths")) return std::nullopt;
  uint32_t vnet = get_le32(lengths, 0), packet = get_le32(lengths, kLengthBytes);
  Record record;
  bool known = vnet <= VMSO_VIRTIO_TUNNEL_BYTES;
  record.too_long = packet > most_packet_bytes_;
  if (!take(vnet, known ? &record.vnet : nullptr, "virtio_net_hdr") ||
      !take(packet, record.too_long ? nullptr : &record.packet, "frame")) {
    return std::nullopt;
  }
  count_++;
  return record;
}

void AnswerWriter::write(const PacketAnswer &answer) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    buffer_.push_back(uint8_t(uint32_t(answer.count) >> shift));
  }
  buffer_.insert(buffer_.end(), answer.frames.begin(), answer.frames.end());
  if (buffer_.size() >= kChunk) flush();
}

void AnswerWriter::flush() {
  for (size_t at = 0; at < buffer_.size();) {
    ssize_t n = ::write(fd_, buffer_.data() + at, buffer_.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(std::string("cannot write the answers: ") + std::strerror(errno));
    at += size_t(n);
  }
  buffer_.clear();
}

}  // namespace vmso
