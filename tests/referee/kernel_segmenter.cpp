// SPDX-License-Identifier: Apache-2.0
#include "kernel_segmenter.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "encapsulation.hpp"
#include "model/findings.hpp"

namespace vmso::referee {
namespace {

// TUNSETOFFLOAD, newer than the headers of some distributions (linux/if_tun.h).
constexpr unsigned kOffloadCsum = 0x01, kOffloadTso = 0x02 | 0x04, kOffloadEcn = 0x08;
constexpr unsigned kOffloadUdp = 0x20 | 0x40;      // both families, or neither; Linux 6.2
constexpr unsigned kOffloadTunnel = 0x80 | 0x100;  // and its checksum; Linux 6.17
constexpr int kHeader = 12, kTunnelHeader = 24;    // of virtio-net
constexpr uint32_t kQueue = 100000;                // frames that one write may become
constexpr int kMtu = 65000;
constexpr size_t kReadBytes = 1 << 17;

[[noreturn]] void fail(const std::string &what) {
  throw Error(fmt::format("no kernel referee: {}: {}", what, std::strerror(errno)));
}

class File {
 public:
  explicit File(int fd = -1) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(File &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File &operator=(File &&) = delete;
  operator int() const { return fd_; }

 private:
  int fd_;
};

// The calling thread is in a new network namespace until the end of the scope. An ordinary user
// gets there through a user namespace, which nobody leaves: then it is so for ever.
class OwnNetwork {
 public:
  OwnNetwork() : before_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    if (unshare(CLONE_NEWNET) == 0) return;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) fail("a network namespace");
    for_ever_ = true;
  }
  ~OwnNetwork() {
    if (!for_ever_) setns(before_, CLONE_NEWNET);
  }

 private:
  File before_;
  bool for_ever_ = false;
};

void set_sysctl(const std::string &name, const char *value) {
  std::ofstream file("/proc/sys/net/" + name);
  if (file) file << value;  // a kernel without it does not need it set
}

File tap(const char *name, int flags) {
  File fd(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (fd < 0) fail("/dev/net/tun");
  ifreq r{};
  std::strncpy(r.ifr_name, name, IFNAMSIZ - 1);
  r.ifr_flags = short(IFF_TAP | IFF_NO_PI | flags);
  if (ioctl(fd, TUNSETIFF, &r) != 0) fail("a TAP device");
  return fd;
}

class Links {
 public:
  Links() : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) fail("a socket");
  }
  void set_mtu(const char *name, int bytes) {
    ifreq r = named(name);
    r.ifr_mtu = bytes;
    if (ioctl(socket_, SIOCSIFMTU, &r) != 0) fail(fmt::format("{} bytes of MTU", bytes));
  }
  // By netlink: the ioctl for it is not for user namespaces.
  void set_queue(const char *name, uint32_t frames) {
    struct {
      nlmsghdr header;
      ifinfomsg link;
      rtattr attribute;
      uint32_t frames;
    } request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = RTM_NEWLINK;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    request.link.ifi_index = int(if_nametoindex(name));
    request.attribute.rta_len = RTA_LENGTH(sizeof frames);
    request.attribute.rta_type = IFLA_TXQLEN;
    request.frames = frames;
    struct {
      nlmsghdr header;
      nlmsgerr error;
      uint8_t rest[256];  // the request once more
    } answer{};
    File netlink(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (netlink < 0 || send(netlink, &request, sizeof request, 0) < 0 ||
        recv(netlink, &answer, sizeof answer, 0) < 0)
      fail("netlink");
    errno = -answer.error.error;
    if (errno != 0) fail(fmt::format("a queue of {} frames", frames));
  }
  void up(const char *name) {
    ifreq r = named(name);
    if (ioctl(socket_, SIOCGIFFLAGS, &r) != 0) fail(name);
    r.ifr_flags = short(r.ifr_flags | IFF_UP);
    if (ioctl(socket_, SIOCSIFFLAGS, &r) != 0) fail(name);
  }
  void bridge(const char *name, std::initializer_list<const char *> ports) {
    if (ioctl(socket_, SIOCBRADDBR, name) != 0) fail("a bridge");
    for (const char *port : ports) {
      ifreq r = named(name);
      r.ifr_ifindex = int(if_nametoindex(port));
      if (ioctl(socket_, SIOCBRADDIF, &r) != 0) fail("a port of the bridge");
    }
  }

 private:
  static ifreq named(const char *name) {
    ifreq r{};
    std::strncpy(r.ifr_name, name, IFNAMSIZ - 1);
    return r;
  }
  File socket_;
};

bool encapsulated(const SuperPacket &packet) {
  if (packet.net.gso_type == VirtioHeader::kNone) return false;
  try {
    return request_of(packet).job.outer_l3 > 0;
  } catch (const Error &) {
    return false;  // for the kernel to refuse
  }
}

constexpr char kIn[] = "vmso_in", kOut[] = "vmso_out", kBridge[] = "vmso_bridge";

}  // namespace

Feature feature_of(const SuperPacket &packet) {
  if (packet.net.tunnel()) return Feature::kUdpTunnel;
  if (encapsulated(packet)) return Feature::kEncapsulation;
  return packet.net.protocol() == VirtioHeader::kUdp ? Feature::kUdp : Feature::kPlain;
}

struct KernelSegmenter::Devices {
  OwnNetwork network;
  File in, out;
  int header = kHeader;
  std::array<std::string, 4> without;  // by Feature
  std::optional<Encapsulation> encapsulation;
  std::vector<uint8_t> buffer;

  Devices() : in(tap(kIn, IFF_VNET_HDR)), out(tap(kOut, 0)), buffer(kReadBytes) {
    for (const char *which : {"all", "default"}) {  // nobody shall talk by itself
      set_sysctl(fmt::format("ipv6/conf/{}/disable_ipv6", which), "1");
    }
    set_sysctl("ipv4/igmp_link_local_mcast_reports", "0");  // as a bridge would
    for (const char *family : {"arp", "ip", "ip6"}) {       // nor filter
      set_sysctl(fmt::format("bridge/bridge-nf-call-{}tables", family), "0");
    }
    Links links;
    for (const char *name : {kIn, kOut}) {
      set_sysctl(fmt::format("ipv6/conf/{}/disable_ipv6", name), "1");
      links.set_mtu(name, kMtu);
    }
    links.set_queue(kOut, kQueue);
    // Without the spanning tree protocol, which is off, a port forwards from the start; and the
    // destination address of the templates is nobody's, so frames go to the other port.
    links.bridge(kBridge, {kIn, kOut});
    for (const char *name : {kIn, kOut, kBridge}) links.up(name);

    if (ioctl(out, TUNSETOFFLOAD, 0) != 0) fail("a device without offloads");
    unsigned offloads = kOffloadCsum | kOffloadTso | kOffloadEcn;
    if (ioctl(in, TUNSETOFFLOAD, offloads) != 0) fail("a device with offloads");
    if (ioctl(in, TUNSETOFFLOAD, offloads | kOffloadUdp) == 0) {
      offloads |= kOffloadUdp;
    } else {
      without[size_t(Feature::kUdp)] = "TAP devices have no UDP segmentation (Linux 6.2)";
    }
    if (ioctl(in, TUNSETOFFLOAD, offloads | kOffloadTunnel) == 0) {
      header = kTunnelHeader;
    } else {
      without[size_t(Feature::kUdpTunnel)] = "TAP devices have no UDP tunnels (Linux 6.17)";
    }
    if (ioctl(in, TUNSETVNETHDRSZ, &header) != 0) fail("the size of the virtio-net header");
    int little = 1;
    if (ioctl(in, TUNSETVNETLE, &little) != 0) fail("little-endian virtio-net headers");
    encapsulation.emplace(if_nametoindex(kIn));
    without[size_t(Feature::kEncapsulation)] = encapsulation->missing();
  }

  // A packet in GRE or IP in IP as it has to be written; the rest is the encapsulation's task.
  SuperPacket without_outer(const SuperPacket &packet, const reference::Job &job) {
    const auto &f = packet.frame;
    bool gre = job.outer_l4 > 0;
    bool ethernet = gre && f[job.outer_l4 + 2] == 0x65;  // EtherType 6558
    bool v6 = f[job.l3] >> 4 == 6;
    unsigned inner_ethernet = 0;
    if (ethernet) {
      inner_ethernet = 4;
      for (unsigned bit : {0x80u, 0x20u, 0x10u}) inner_ethernet += f[job.outer_l4] & bit ? 4 : 0;
      inner_ethernet = job.l3 - job.outer_l4 - inner_ethernet;
    }
    encapsulation->set(std::span(f).subspan(job.outer_l3, job.l3 - job.outer_l3),
                       unsigned(f[job.outer_l3 - 2]) << 8 | f[job.outer_l3 - 1], gre,
                       inner_ethernet);
    SuperPacket p = packet;
    p.frame.erase(p.frame.begin() + job.outer_l3, p.frame.begin() + job.l3);
    p.frame[job.outer_l3 - 2] = v6 ? 0x86 : 0x08;
    p.frame[job.outer_l3 - 1] = v6 ? 0xdd : 0x00;
    unsigned gone = job.l3 - job.outer_l3;
    p.net.csum_start = uint16_t(p.net.csum_start - gone);
    p.net.hdr_len = uint16_t(p.net.hdr_len - gone);
    return p;
  }

  Answer send(const SuperPacket &packet) {
    Answer answer;
    std::vector<uint8_t> bytes = encode(packet.net, size_t(header));
    bytes.insert(bytes.end(), packet.frame.begin(), packet.frame.end());
    if (write(in, bytes.data(), bytes.size()) < 0) answer.error = errno;
    for (ssize_t n; (n = read(out, buffer.data(), buffer.size())) > 0;) {
      answer.frames.emplace_back(buffer.begin(), buffer.begin() + n);
    }
    return answer;
  }
};

KernelSegmenter::KernelSegmenter() : devices_(std::make_unique<Devices>()) {}
KernelSegmenter::~KernelSegmenter() = default;

const std::string &KernelSegmenter::without(Feature feature) const {
  return devices_->without[size_t(feature)];
}

KernelSegmenter::Answer KernelSegmenter::segment(const SuperPacket &packet) {
  if (feature_of(packet) != Feature::kEncapsulation) return devices_->send(packet);
  Answer answer = devices_->send(devices_->without_outer(packet, request_of(packet).job));
  devices_->encapsulation->set({}, 0x0800, false, 0);
  return answer;
}

KernelAtHand kernel_at_hand(Feature feature) {
  static std::string why;
  static std::unique_ptr<KernelSegmenter> only = [] {
    try {
      return std::make_unique<KernelSegmenter>();
    } catch (const Error &e) {
      why = e.what();
      return std::unique_ptr<KernelSegmenter>();
    }
  }();
  std::string missing = only ? only->without(feature) : why;
  return {missing.empty() ? only.get() : nullptr, missing};
}

}  // namespace vmso::referee
