// SPDX-License-Identifier: Apache-2.0
#include "debug/pcap_reader.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>

#include "model/findings.hpp"

namespace vmso {

struct PcapReader::Handle {
  pcap_t *pcap = nullptr;
  ~Handle() {
    if (pcap) pcap_close(pcap);
  }
};

PcapReader::PcapReader(const std::string &path) : handle_(std::make_unique<Handle>()), path_(path) {
  char why[PCAP_ERRBUF_SIZE] = "";
  handle_->pcap =
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, why);
  if (!handle_->pcap) throw Error(fmt::format("cannot read the capture {}: {}", path, why), 2);
  int type = pcap_datalink(handle_->pcap);
  if (type == DLT_EN10MB) return;
  auto or_unknown = [](const char *text) { return text ? text : "unknown"; };
  throw Error(fmt::format("{} is a capture of link type {} ({}), not of Ethernet", path,
                          or_unknown(pcap_datalink_val_to_name(type)),
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
