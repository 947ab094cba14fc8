// SPDX-License-Identifier: Apache-2.0
#include "app/captures.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <optional>

#include "debug/capture.hpp"
#include "debug/pcap_reader.hpp"

namespace vmso {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr uint32_t kVxlanBytes = 8, kGeneveBytes = 8;
constexpr unsigned kVxlanPorts[] = {4789, 8472};  // IANA's, and Linux' of before
constexpr unsigned kGenevePort = 6081;

unsigned get16(Bytes b, size_t at) { return unsigned(b[at]) << 8 | b[at + 1]; }

// Where the inner IP header of a VXLAN (RFC 7348) or Geneve (RFC 8926) packet lies, whose outer
// headers are `h`; 0 if it carries something else, nothing if it is no such packet.
std::optional<uint32_t> inner_of_udp(const vmso_packet &packet, const vmso_headers &h) {
  Bytes head(packet.head, packet.head_bytes);
  unsigned port = get16(head, h.ip.end + 2);
  uint32_t at = h.end, type = 0, inner = 0;
  if (std::ranges::find(kVxlanPorts, port) != std::end(kVxlanPorts)) {
    if (at + kVxlanBytes > head.size() || !(head[at] & 8)) return std::nullopt;
    at += kVxlanBytes;
  } else if (port == kGenevePort) {
    if (at + kGeneveBytes > head.size() || head[at] >> 6 != 0) return std::nullopt;
    unsigned carried = get16(head, at + 2);
    at += kGeneveBytes + (head[at] & 0x3fu) * 4;
    if (carried == VMSO_TYPE_IPV4 || carried == VMSO_TYPE_IPV6) return at;
    if (carried != VMSO_TYPE_ETHERNET) return 0;
  } else {
    return std::nullopt;
  }
  if (vmso_ethernet_find(&packet, at, &type, &inner) != VMSO_OK) return 0;
  return type == VMSO_TYPE_IPV4 || type == VMSO_TYPE_IPV6 ? inner : 0;
}

// The sum of the pseudo header (RFC 9293, RFC 8200), as a stack leaves it in the checksum field.
unsigned seed_of(Bytes packet, const vmso_ip &ip, uint32_t l4_bytes) {
  uint32_t addresses = ip.ipv6 ? 8 : 12, bytes = ip.ipv6 ? 32 : 8;
  return reference::sum16(packet.subspan(ip.at + addresses, bytes), ip.protocol + l4_bytes);
}

void put_le16(std::vector<uint8_t> &out, size_t at, unsigned value) {
  out[at] = uint8_t(value);
  out[at + 1] = uint8_t(value >> 8);
}

CaptureRequest as_it_is(Bytes packet, bool zero_length = false) {
  return {std::vector<uint8_t>(VMSO_VIRTIO_TUNNEL_BYTES),
          {packet.begin(), packet.end()},
          true,
          zero_length};
}

// A file that appears under its name when it is whole.
class WholeFile {
 public:
  explicit WholeFile(const std::string &path) : path_(path), part_(path + ".part") {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
      throw Error(path + " is no file: a capture is written under another name first", 2);
    }
    writer_ = make_capture_writer(part_, path);
  }
  ~WholeFile() {
    if (part_.empty()) return;
    writer_.reset();
    std::remove(part_.c_str());
  }
  CaptureWriter &writer() { return *writer_; }
  void finish() {
    writer_->flush();
    writer_.reset();
    if (std::rename(part_.c_str(), path_.c_str()) != 0) {
      throw Error(fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
    }
    part_.clear();
  }

 private:
  std::string path_, part_;  // part_: empty if there is none any more
  std::unique_ptr<CaptureWriter> writer_;
};

}  // namespace

CaptureRequest request_of(const CaptureOptions &options, Bytes packet) {
  vmso_packet seen{packet.data(), uint32_t(packet.size()), uint32_t(packet.size())};
  vmso_headers h;
  if (vmso_headers_find(&seen, &h) != VMSO_OK) return as_it_is(packet);
  bool udp_tunnel = false, whole = false;
  if (h.ip.protocol == VMSO_PROTOCOL_UDP) {  // and not in a tunnel, which is refused below
    std::optional<uint32_t> inner = inner_of_udp(seen, h);
    vmso_headers inside;
    udp_tunnel =
        inner && *inner != 0 && vmso_headers_find_in_udp(&seen, *inner, &inside) == VMSO_OK;
    if (udp_tunnel) h = inside;
    // a tunnel's datagram that carries nothing to cut stays one: nobody would know its pieces
    whole = inner && !udp_tunnel;
  }
  if (h.ip.routing_left) return as_it_is(packet);  // its last destination is what counts

  uint64_t end = h.ip.at + h.ip.bytes;
  if (h.ip.bytes == 0) {
    if (!options.zero_lengths) return as_it_is(packet, true);
    end = h.outer.bytes != 0 ? h.outer.at + h.outer.bytes : packet.size();
  }
  if (end < h.end || end > packet.size()) return as_it_is(packet);
  packet = packet.first(end);
  bool udp = h.ip.protocol == VMSO_PROTOCOL_UDP;
  uint32_t l4_bytes = uint32_t(end) - h.ip.end, payload = uint32_t(end) - h.end;
  if (udp &&
      (get16(packet, h.ip.end + VMSO_UDP_CSUM) == 0 || get16(packet, h.ip.end + 4) != l4_bytes)) {
    return as_it_is(packet);
  }

  CaptureRequest request{std::vector<uint8_t>(VMSO_VIRTIO_TUNNEL_BYTES),
                         {packet.begin(), packet.end()}};
  unsigned gso = udp         ? VMSO_VIRTIO_GSO_UDP_L4
                 : h.ip.ipv6 ? VMSO_VIRTIO_GSO_TCPV6
                             : VMSO_VIRTIO_GSO_TCPV4;
  unsigned flags = VMSO_VIRTIO_NEEDS_CSUM, size = options.mss;
  if (options.mtu) {
    uint32_t headers = h.end - (h.outer.at ? h.outer.at : h.ip.at);
    if (headers >= options.mtu) return as_it_is(packet);
    size = options.mtu - headers;
  }
  if (udp)
    size = options.udp_mss && !whole ? std::min<uint32_t>(options.udp_mss, payload) : payload;
  if (udp_tunnel) {
    gso |= h.outer.ipv6 ? VMSO_VIRTIO_GSO_TUNNEL_IPV6 : VMSO_VIRTIO_GSO_TUNNEL_IPV4;
    if (get16(packet, h.outer_l4 + VMSO_UDP_CSUM) != 0) flags |= VMSO_VIRTIO_UDP_TUNNEL_CSUM;
    put_le16(request.vnet, 20, h.outer_l4);
    put_le16(request.vnet, 22, h.ip.at);
  }
  unsigned field = udp ? VMSO_UDP_CSUM : VMSO_TCP_CSUM;
  request.vnet[0] = uint8_t(flags);
  request.vnet[1] = uint8_t(gso);
  put_le16(request.vnet, 2, h.end);
  put_le16(request.vnet, 4, std::max(size, 1u));  // a datagram may be empty
  put_le16(request.vnet, 6, h.ip.end);
  put_le16(request.vnet, 8, field);
  unsigned seed = seed_of(packet, h.ip, l4_bytes);
  request.packet[h.ip.end + field] = uint8_t(seed >> 8);
  request.packet[h.ip.end + field + 1] = uint8_t(seed);
  return request;
}

CaptureResult segment_capture(const CaptureOptions &options, const SystemOptions &system, bool pad,
                              const std::function<void(uint64_t)> &progress) {
  PcapReader in(options.in);
  WholeFile out(options.out);
  CaptureResult result;
  struct Asked {
    uint64_t number, time;
    bool as_it_is;
  };
  std::deque<Asked> asked;  // packets that were not answered yet
  auto on_answer = [&](const PacketAnswer &answer) {
    const auto [number, time, as_it_is] = asked.front();
    asked.pop_front();
    if (answer.count < 0) {
      result.refused[answer.count]++;
      return;
    }
    result.cut += answer.count > 1;
    result.as_they_are += as_it_is;
    result.frames += unsigned(answer.count);
    const std::string comment = fmt::format("of packet {}", number);
    for_each_frame(answer, [&](Bytes frame) { out.writer().write(frame, time, comment); });
  };
  PacketEngine engine(system, pad, on_answer);
  while (auto packet = in.next()) {
    result.packets++;
    CaptureRequest request = request_of(options, packet->bytes);
    asked.push_back({result.packets, packet->nanoseconds, request.as_it_is});
    result.zero_lengths += request.zero_length;
    engine.push(request.vnet, std::move(request.packet));
    progress(result.packets);
  }
  result.findings = engine.conclude();
  out.finish();
  return result;
}

}  // namespace vmso
