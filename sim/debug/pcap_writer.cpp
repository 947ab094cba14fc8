// SPDX-License-Identifier: Apache-2.0
#include "debug/pcap_writer.hpp"

#include <pcap/pcap.h>

#include "model/findings.hpp"

namespace vmso {

struct PcapWriter::Handles {
  pcap_t *pcap = nullptr;
  pcap_dumper_t *dumper = nullptr;
  std::string path;
  ~Handles() {
    if (dumper) pcap_dump_close(dumper);
    if (pcap) pcap_close(pcap);
  }
};

PcapWriter::PcapWriter(const std::string &path) : handles_(std::make_unique<Handles>()) {
  handles_->path = path;
  constexpr int kSnapLength = 65535;
  handles_->pcap =
      pcap_open_dead_with_tstamp_precision(DLT_EN10MB, kSnapLength, PCAP_TSTAMP_PRECISION_NANO);
  if (!handles_->pcap) throw Error("libpcap does not start");
  handles_->dumper = pcap_dump_open(handles_->pcap, path.c_str());
  if (!handles_->dumper) throw Error("cannot write " + path);
}

PcapWriter::~PcapWriter() = default;

void PcapWriter::flush() {
  bool whole = pcap_dump_flush(handles_->dumper) == 0 && !ferror(pcap_dump_file(handles_->dumper));
  if (!whole) throw Error("cannot write " + handles_->path);
}

void PcapWriter::write(std::span<const uint8_t> frame, uint64_t nanoseconds, const std::string &) {
  pcap_pkthdr header{};
  header.ts.tv_sec = time_t(nanoseconds / 1000000000);
  header.ts.tv_usec = suseconds_t(nanoseconds % 1000000000);  // nanoseconds, as the file says
  header.caplen = header.len = bpf_u_int32(frame.size());
  pcap_dump(reinterpret_cast<u_char *>(handles_->dumper), &header, frame.data());
}

}  // namespace vmso
