// SPDX-License-Identifier: Apache-2.0
#include "debug/pcap_reader.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "model/findings.hpp"

namespace vmso {
namespace {

// The file as libpcap is to see it. Libraries such as dpkt (1500) and scapy (65535) write a snap
// length into a pcap's header that their packets do not keep, and libpcap then cuts packets that
// the file holds whole. A snap length of 0 means the largest.
struct AnySnapLength {
  static constexpr size_t kFirst = 16, kEnd = 20;  // of the field
  FILE *file;
  size_t at = 0;
  bool pcap = false;

  static ssize_t read(void *cookie, char *bytes, size_t count) {
    auto &self = *static_cast<AnySnapLength *>(cookie);
    size_t n = std::fread(bytes, 1, count, self.file);
    for (size_t i = 0; i < n && self.pcap && self.at + i < kEnd; i++) {
      if (self.at + i >= kFirst) bytes[i] = 0;
    }
    self.at += n;
    return n == 0 && std::ferror(self.file) ? -1 : ssize_t(n);
  }
  static int close(void *cookie) {
    auto *self = static_cast<AnySnapLength *>(cookie);
    int result = std::fclose(self->file);
    delete self;
    return result;
  }
};

// Is this the first byte, in either order, of a pcap file (A1B2C3D4 and its variants)? pcapng has
// 0A.
bool starts_pcap(int byte) { return byte == 0xa1 || byte == 0xd4 || byte == 0x34 || byte == 0x4d; }

FILE *open_file(const std::string &path) {
  FILE *file = std::fopen(path.c_str(), "rb");
  if (!file) {
    throw Error(fmt::format("cannot read the capture {}: {}", path, std::strerror(errno)), 2);
  }
  int first = std::fgetc(file);
  std::ungetc(first, file);
  std::unique_ptr<AnySnapLength> cookie(new AnySnapLength{file, 0, starts_pcap(first)});
  FILE *wrapped = fopencookie(cookie.get(), "rb",
                              {AnySnapLength::read, nullptr, nullptr, AnySnapLength::close});
  if (wrapped) cookie.release();
  return wrapped;
}

}  // namespace

struct PcapReader::Handle {
  pcap_t *pcap = nullptr;
  ~Handle() {
    if (pcap) pcap_close(pcap);  // and the file
  }
};

PcapReader::PcapReader(const std::string &path) : handle_(std::make_unique<Handle>()), path_(path) {
  char why[PCAP_ERRBUF_SIZE] = "";
  FILE *file = open_file(path);
  handle_->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, why);
  if (!handle_->pcap) {
    std::fclose(file);
    throw Error(fmt::format("cannot read the capture {}: {}", path, why), 2);
  }
  int type = pcap_datalink(handle_->pcap);
  if (type == DLT_EN10MB) return;
  auto or_unknown = [](const char *text) { return text ? text : "unknown"; };
  throw Error(fmt::format("{} is a capture of link type {} ({}), not of Ethernet; capture on one "
                          "interface, not on any",
                          path, or_unknown(pcap_datalink_val_to_name(type)),
                          or_unknown(pcap_datalink_val_to_description(type))),
              2);
}

PcapReader::~PcapReader() = default;

std::optional<PcapReader::Packet> PcapReader::next() {
  pcap_pkthdr *header = nullptr;
  const u_char *data = nullptr;
  int got = pcap_next_ex(handle_->pcap, &header, &data);
  if (got == PCAP_ERROR_BREAK) return std::nullopt;
  if (got != 1) {
    throw Error(fmt::format("the capture {} cannot be read on behind packet {}: {}", path_, count_,
                            pcap_geterr(handle_->pcap)),
                2);
  }
  count_++;
  if (header->caplen < header->len) {
    throw Error(fmt::format("{}: of packet {} only {} of {} bytes were captured; capture with "
                            "tcpdump -s 0",
                            path_, count_, header->caplen, header->len),
                2);
  }
  uint64_t nanoseconds =
      uint64_t(header->ts.tv_sec) * 1000000000 + uint64_t(header->ts.tv_usec);  // as asked for
  return Packet{{data, data + header->caplen}, nanoseconds};
}

}  // namespace vmso
