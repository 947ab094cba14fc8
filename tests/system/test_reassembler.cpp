// SPDX-License-Identifier: Apache-2.0
// The receiving end of `vmso send` judged without an engine: frames of the reference segmenter in
// every tunnel, family and protocol are taken, and whatever is wrong in one of them is found and
// named. Where a field is protected by a checksum that is mended, so that the field itself has to
// be looked at.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "check/segmenter.hpp"
#include "flow_kinds.hpp"
#include "system_test.hpp"

namespace vmso::test {
namespace {

using Frame = std::vector<uint8_t>;

constexpr uint64_t kMss = 100, kJobBytes = 250;  // frames of 100, 100 and 50 bytes
constexpr size_t kStreamBytes = 600, kFrames = 7;
constexpr unsigned kFirstId = 0xfffd, kFirstOuterId = 0x7ffe;
constexpr uint32_t kFirstSeq = 0xffffff9c;

unsigned get16(const Frame &f, size_t at) { return unsigned(f[at]) << 8 | f[at + 1]; }
void put16(Frame &f, size_t at, unsigned value) {
  f[at] = uint8_t(value >> 8);
  f[at + 1] = uint8_t(value);
}
bool is_ipv6(const Frame &f, size_t l3) { return f[l3] >> 4 == 6; }

struct Flow {
  FlowHeaders headers;
  Frame stream;
  FlowRule rule;
  std::vector<Frame> frames;
  // Places in a frame. outer_l4 0: none.
  size_t l3 = 0, l4 = 0, outer_l3 = 0, outer_l4 = 0, payload = 0;

  explicit Flow(const FlowHeaders &h, Frame bytes = pattern(kStreamBytes),
                unsigned first_id = kFirstId)
      : headers(h), stream(std::move(bytes)) {
    FlowNumbers first{49152, kFirstSeq, first_id, kFirstOuterId, kAck | kPsh};
    rule = flow_rule(h, first);
    rule.job_bytes = kJobBytes;
    rule.mss = kMss;
    rule.stream = stream;
    for (size_t at = 0; at < std::max<size_t>(stream.size(), 1); at += kJobBytes) {
      FlowNumbers n = first;
      n.seq += uint32_t(at);
      n.ip_id = (n.ip_id + frames.size()) & 0xffff;
      n.outer_ip_id = (n.outer_ip_id + frames.size()) & 0xffff;
      add_job(flow_template(h, n), at);
    }
  }

  void mend(Frame &f) const {
    mend_ip(f, l3);
    size_t l4_field = l4 + (headers.udp ? 6 : 16);
    put16(f, l4_field, 0);
    unsigned sum = l4_checksum(f, l3, l4, headers.udp ? 17 : 6);
    put16(f, l4_field, headers.udp && sum == 0 ? 0xffff : sum);
    if (!headers.tunnel) return;
    if (headers.outer_checksum) {
      bool gre = headers.tunnel->parsed == TunnelKind::kGre;
      size_t field = outer_l4 + (gre ? 4 : 6);
      put16(f, field, 0);
      put16(f, field,
            gre ? uint16_t(~reference::sum16(std::span(f).subspan(outer_l4)))
                : l4_checksum(f, outer_l3, outer_l4, 17));
    }
    mend_ip(f, outer_l3);
  }
  static unsigned l4_checksum(const Frame &f, size_t ip, size_t at, unsigned protocol) {
    std::span<const uint8_t> all = f;
    uint16_t pseudo =
        reference::sum16(is_ipv6(f, ip) ? all.subspan(ip + 8, 32) : all.subspan(ip + 12, 8),
                         protocol + (f.size() - at));
    return uint16_t(~reference::sum16(all.subspan(at), pseudo));
  }
  static void mend_ip(Frame &f, size_t at) {
    if (is_ipv6(f, at)) return;
    put16(f, at + 10, 0);
    put16(f, at + 10, uint16_t(~reference::sum16(std::span(f).subspan(at, 20))));
  }

 private:
  void add_job(const Template &t, size_t at) {
    reference::Job job;
    job.kind = headers.udp ? VMSO_KIND_UDP_SEG : VMSO_KIND_TCP_SEG;
    job.header = t.bytes;
    job.l3 = t.l3, job.l4 = t.l4, job.outer_l3 = t.outer_l3, job.outer_l4 = t.outer_l4;
    job.mss = kMss;
    job.outer_csum = headers.outer_checksum;
    job.payload_bytes = std::min<size_t>(kJobBytes, stream.size() - at);
    if (headers.tag) job.vlan = reference::VlanTag{0x8100, *headers.tag};
    for (uint64_t i = 0; i < reference::segments(job); i++) {
      frames.push_back(reference::frame(
          job, i, std::span(stream).subspan(at + i * kMss, reference::segment_bytes(job, i))));
    }
    size_t tag = headers.tag ? 4 : 0;
    l3 = t.l3 + tag, l4 = t.l4 + tag, payload = t.bytes.size() + tag;
    outer_l3 = headers.tunnel ? t.outer_l3 + tag : 0;
    outer_l4 = t.outer_l4 ? t.outer_l4 + tag : 0;
  }
};

// What the receiver says; empty: the stream is whole.
std::string judge(const FlowRule &rule, const std::vector<Frame> &frames) {
  Findings findings;
  Reassembler r(findings);
  r.add_flow(rule);
  for (const Frame &f : frames) r.frame(f);
  bool complete = r.complete();
  r.conclude();
  if (complete != findings.empty()) return "complete() and the findings disagree";
  return findings.report();
}
// The same with frame 1 changed.
std::string judge_changed(const Flow &flow, const std::function<void(Frame &)> &change) {
  std::vector<Frame> frames = flow.frames;
  change(frames[1]);
  return judge(flow.rule, frames);
}

std::string words(const FlowHeaders &h) { return describe(h, unsigned(kMss)); }

struct Wrong {
  std::string named;
  std::function<void(Frame &)> change;
  bool mended = true;  // checksums are right again
};

class WrongFields {
 public:
  explicit WrongFields(const Flow &flow) : f_(flow) {
    inner_ = f_.headers.tunnel ? "inner " : "";
    outer_ = f_.headers.tunnel ? "outer " : "";
    ethernet();
    if (f_.headers.tunnel) {
      ip(f_.outer_l3, "outer ");
      tunnel();
    }
    ip(f_.l3, inner_);
    if (f_.headers.udp) {
      udp(f_.l4, inner_);
      add(inner_ + "UDP checksum is 0000, should be", field(f_.l4 + 6, 0), false);
    } else {
      tcp();
    }
    flip(inner_ + (f_.headers.udp ? "UDP" : "TCP") + " source port is", f_.l4 + 1, 1);
    flip("stream byte 117 is", f_.payload + 17, 0x20);
    add(
        outer_ + length(), [](Frame &f) { f.push_back(0); }, false);
    add(
        length(), [](Frame &f) { f.pop_back(); }, false);
  }
  std::vector<Wrong> all;

 private:
  using Change = std::function<void(Frame &)>;
  void add(const std::string &named, Change change, bool mended = true) {
    all.push_back({named, std::move(change), mended});
  }
  void flip(const std::string &named, size_t at, unsigned bits, bool mended = true) {
    add(
        named, [=](Frame &f) { f[at] ^= uint8_t(bits); }, mended);
  }
  static Change field(size_t at, unsigned value) {
    return [=](Frame &f) { put16(f, at, value); };
  }
  static Change add_to(size_t at, int n) {
    return [=](Frame &f) { put16(f, at, get16(f, at) + unsigned(n)); };
  }
  std::string length() const {  // of the outermost IP header
    size_t at = f_.headers.tunnel ? f_.outer_l3 : f_.l3;
    return is_ipv6(f_.frames[1], at) ? "IPv6 payload length is" : "IPv4 total length is";
  }

  void ethernet() {
    auto insert = [](Frame &f) { f.insert(f.begin() + 12, {0x81, 0, 0, 9}); };
    flip(outer_ + "Ethernet byte 3 is", 3, 1);
    if (f_.headers.tag) {
      std::string tag = fmt::format("8100.{:04x}", *f_.headers.tag);
      add(
          "VLAN tag is none, should be " + tag,
          [](Frame &f) { f.erase(f.begin() + 12, f.begin() + 16); }, false);
      add("VLAN tag is 8100.0009 " + tag + ", should be " + tag, insert, false);
      add(
          fmt::format("VLAN tag is 8100.{:04x}, should be {}", *f_.headers.tag ^ 1, tag),
          [](Frame &f) { f[15] ^= 1; }, false);
      flip("VLAN tag is 88a8", 12, 0x09, false);
      all.back().change = [](Frame &f) { put16(f, 12, 0x88a8); };
      flip("EtherType is 0801, should be 0800 or 86dd", 17, 0, false);
      all.back().change = [](Frame &f) { put16(f, 16, 0x0801); };
    } else {
      add("VLAN tag is 8100.0009, should be none", insert, false);
      add("EtherType is 0801, should be 0800 or 86dd", field(12, 0x0801), false);
    }
  }

  // Where the outermost header leads nowhere it is not known that it was the outside of a tunnel.
  void ip(size_t at, const std::string &which) {
    const std::string end = which == "outer " ? "" : which;
    if (is_ipv6(f_.frames[1], at)) {
      add(end + "IPv6 payload length is", add_to(at + 4, 1), false);
      add(which + "IPv6 payload length is", add_to(at + 4, -1), false);
      flip(end + "IPv6 version is 7, should be 6", at, 0x10, false);
      flip(which + "IPv6 byte 1 is", at + 1, 0x01);
      flip(which + "IPv6 byte 7 is", at + 7, 0x01);
      flip(which + "IPv6 byte 39 is", at + 39, 0x01);
      return;
    }
    add(end + "IPv4 total length is", add_to(at + 2, 1));
    add(which + "IPv4 total length is", add_to(at + 2, -1));
    add(which + "IPv4 id is", add_to(at + 4, 1));
    flip(which + "IPv4 header checksum is", at + 10, 0x01, false);
    flip(which + "IPv4 header checksum is", at + 8, 0x01, false);
    flip(end + "IPv4 version is 5, should be 4", at, 0x01 << 4, false);
    add(
        end + "IPv4 header length is 16, should be 20 to 60", [=](Frame &f) { f[at] = 0x44; },
        false);
    flip(which + "IPv4 byte 1 is", at + 1, 0x01);
    flip(which + "IPv4 byte 8 is", at + 8, 0x01);
    flip(which + "IPv4 byte 19 is", at + 19, 0x01);
  }

  void udp(size_t at, const std::string &which) {
    add(which + "UDP length is", add_to(at + 4, 1));
    flip(which + "UDP checksum is", at + 6, 0x10, false);
    flip(which + "UDP byte 3 is", at + 3, 0x02);
  }

  void tcp() {
    size_t at = f_.l4;
    auto seq = [=](int n) {
      return [=](Frame &f) {
        uint32_t changed = (get16(f, at + 4) << 16 | get16(f, at + 6)) + uint32_t(n);
        put16(f, at + 4, changed >> 16);
        put16(f, at + 6, changed);
      };
    };
    add(inner_ + "TCP sequence number is", seq(1));
    add("payload has 100 bytes, should have 50", seq(int(kMss)));
    add(inner_ + "TCP sequence number is", seq(-int(2 * kMss)));
    add(inner_ + "TCP sequence number is", seq(int(kStreamBytes - kMss)));
    flip(inner_ + "TCP flags are 018, should be 010", at + 13, kPsh);
    flip(inner_ + "TCP flags are 110, should be 010", at + 12, 0x01);
    flip(inner_ + "TCP checksum is", at + 16, 0x10, false);
    add(
        inner_ + "TCP header length is 16, should be 20 to", [=](Frame &f) { f[at + 12] = 0x40; },
        true);
    flip(inner_ + "TCP byte 11 is", at + 11, 0x01);
    flip(inner_ + "TCP byte 24 is", at + 24, 0x01);
  }

  void tunnel() {
    const Flow &flow = f_;
    size_t at = f_.outer_l4;
    bool checksum = f_.headers.outer_checksum;
    switch (f_.headers.tunnel->parsed) {
      case TunnelKind::kVxlan:
        flip("VXLAN flags are 08010000, should be 08000000", at + 9, 0x01);
        flip("VXLAN flags are 00000000, should be 08000000", at + 8, 0x08);
        add("VXLAN VNI is 1193047, should be 1193046", [=](Frame &f) { f[at + 14] ^= 1; });
        flip("VXLAN last byte is 01, should be 00", at + 15, 0x01);
        break;
      case TunnelKind::kGeneve:
        flip("Geneve version is 1, should be 0", at + 8, 0x40);
        flip("Geneve flags are 80, should be 00 or 40", at + 9, 0x80);
        flip("Geneve protocol type is 6559, should be", at + 11, 0x01);
        flip("Geneve VNI is 1193047, should be 1193046", at + 14, 0x01);
        flip("Geneve last byte is 01, should be 00", at + 15, 0x01);
        break;
      case TunnelKind::kGre:
        flip("GRE flags are", at, 0x40);
        flip("GRE flags are", at + 1, 0x01);
        flip("GRE protocol type is", at + 3, 0x01);
        if (checksum) flip("GRE checksum is", at + 5, 0x01, false);
        break;
      default:
        return;
    }
    if (f_.headers.tunnel->ethernet) {
      size_t inner = f_.l3 - 14;
      flip("inner Ethernet byte 2 is", inner + 2, 1);
      add("inner EtherType is 0801, should be 0800 or 86dd", field(inner + 12, 0x0801));
    }
    if (f_.headers.tunnel->parsed == TunnelKind::kGre) return;
    add("outer UDP length is", add_to(at + 4, 1));
    flip("outer UDP byte 1 is", at + 1, 0x01);
    if (checksum) {
      flip("outer UDP checksum is", at + 7, 0x01, false);
      add("outer UDP checksum is 0000, should be", field(at + 6, 0), false);
      return;
    }
    auto computed = [=, &flow](Frame &f) {
      put16(f, at + 6, Flow::l4_checksum(f, flow.outer_l3, at, 17));
    };
    add(fmt::format("outer UDP checksum is {:04x}, should be 0000",
                    Flow::l4_checksum(f_.frames[1], f_.outer_l3, at, 17)),
        computed, false);
  }

  const Flow &f_;
  std::string inner_, outer_;
};

}  // namespace

TEST_CASE("Streams in every tunnel and family and protocol are put together again",
          "[harness][reassembler]") {
  size_t kinds = 0;
  for (const FlowHeaders &h : all_flow_headers()) {
    Flow flow(h);
    INFO(words(h));
    REQUIRE(flow.frames.size() == kFrames);
    CHECK(judge(flow.rule, flow.frames) == "");
    kinds++;
  }
  CHECK(kinds == 76);
}

TEST_CASE("Every field of every header that is wrong is found and named",
          "[harness][reassembler]") {
  size_t fields = 0;
  for (const FlowHeaders &h : all_flow_headers()) {
    Flow flow(h);
    for (const Wrong &wrong : WrongFields(flow).all) {
      std::string said = judge_changed(flow, [&](Frame &f) {
        wrong.change(f);
        if (wrong.mended) flow.mend(f);
      });
      INFO(words(h));
      CHECK_THAT(said, ContainsSubstring("received frame 1: " + wrong.named));
      fields++;
    }
  }
  CHECK(fields > 2000);
}

TEST_CASE("Every changed bit of a header is found", "[harness][reassembler]") {
  for (const FlowHeaders &h : all_flow_headers()) {
    Flow flow(h);
    Findings findings;
    Reassembler fed(findings);
    fed.add_flow(flow.rule);
    fed.frame(flow.frames[0]);
    for (size_t bit = 0; bit < 8 * (flow.payload + 3); bit++) {
      Frame bad = flow.frames[1];
      bad[bit / 8] ^= uint8_t(1 << bit % 8);
      Reassembler r = fed;
      size_t before = findings.count();
      r.frame(bad);
      if (findings.count() > before) continue;
      INFO(words(h) << " bit " << bit % 8 << " of byte " << bit / 8);
      CHECK(findings.count() > before);
    }
  }
}

TEST_CASE("Frames of other headers than those of the flow are told by what they are",
          "[harness][reassembler]") {
  std::vector<FlowHeaders> all = all_flow_headers();
  for (FlowHeaders &h : all) h.tag.reset();
  std::vector<Flow> flows(all.begin(), all.end());
  for (size_t is = 0; is < flows.size(); is++) {
    for (size_t should = 0; should < flows.size(); should++) {
      if (is == should) continue;
      std::string said = judge(flows[should].rule, {flows[is].frames[0]});
      bool named = false;
      for (const char *what : {"tunnel is", "IP version is", "protocol is", "checksum is"}) {
        named = named || said.find(std::string(what)) != std::string::npos;
      }
      if (named) continue;
      INFO(words(all[is]) << " for " << words(all[should]) << ": " << said);
      CHECK(named);
    }
  }
  auto said = [&](FlowHeaders is, FlowHeaders should) {
    return judge(Flow(should).rule, {Flow(is).frames[0]});
  };
  const TunnelChoice *vxlan = &tunnel_named("vxlan"), *gre = &tunnel_named("gre");
  CHECK_THAT(said({.tunnel = vxlan}, {.tunnel = &tunnel_named("geneve")}),
             ContainsSubstring("tunnel is VXLAN with Ethernet, should be Geneve with Ethernet"));
  CHECK_THAT(said({.tunnel = gre}, {.tunnel = &tunnel_named("gretap")}),
             ContainsSubstring("tunnel is GRE, should be GRE with Ethernet"));
  CHECK_THAT(said({.tunnel = &tunnel_named("ipip")}, {}),
             ContainsSubstring("tunnel is IP in IP, should be none"));
  CHECK_THAT(said({.tunnel = gre, .outer_ipv6 = true}, {.tunnel = gre}),
             ContainsSubstring("outer IP version is IPv6, should be IPv4"));
  CHECK_THAT(said({.ipv6 = true, .tunnel = gre}, {.tunnel = gre}),
             ContainsSubstring("inner IP version is IPv6, should be IPv4"));
  CHECK_THAT(said({.udp = true}, {}), ContainsSubstring("protocol is UDP, should be TCP"));
  CHECK_THAT(said({.tunnel = gre}, {.tunnel = gre, .outer_checksum = true}),
             ContainsSubstring("GRE checksum is absent, should be present"));
  CHECK_THAT(said({.tunnel = gre, .outer_checksum = true}, {.tunnel = gre}),
             ContainsSubstring("should be absent"));
}

TEST_CASE("Frames that are lost or doubled or exchanged are found", "[harness][reassembler]") {
  for (bool udp : {false, true}) {
    for (bool ipv6 : {false, true}) {
      Flow flow({.udp = udp, .ipv6 = ipv6});
      INFO(words(flow.headers));
      auto said = [&](auto &&change) {
        std::vector<Frame> frames = flow.frames;
        change(frames);
        return judge(flow.rule, frames);
      };
      std::string lost = said([](auto &f) { f.erase(f.begin() + 2); });
      CHECK_THAT(lost, ContainsSubstring("flow 49152: stream bytes 200..249 are missing"));
      if (udp) {
        CHECK_THAT(lost,
                   ContainsSubstring("received frame 2: UDP datagram is that of stream byte 250, "
                                     "should be that of byte 200"));
        CHECK(std::ranges::count(lost, '\n') == 2);
      }
      CHECK_THAT(said([](auto &f) { f.pop_back(); }),
                 ContainsSubstring("stream bytes 500..599 are missing"));
      CHECK_THAT(said([](auto &f) { f.insert(f.begin() + 3, f[2]); }),
                 ContainsSubstring("received frame 3: stream bytes 200..249 came before"));
      CHECK_THAT(said([](auto &f) { f.push_back(f[0]); }),
                 ContainsSubstring("received frame 7: stream bytes 0..99 came before"));
      std::string order = said([](auto &f) { std::swap(f[3], f[4]); });
      CHECK((order == "") == !udp);  // TCP tells where a frame belongs
    }
  }
}

TEST_CASE("An empty stream is one frame of headers", "[harness][reassembler]") {
  for (bool udp : {false, true}) {
    Flow flow({.udp = udp, .tunnel = &tunnel_named("vxlan")}, {});
    REQUIRE(flow.frames.size() == 1);
    CHECK(judge(flow.rule, flow.frames) == "");
    CHECK_THAT(judge(flow.rule, {}), ContainsSubstring("its empty frame is missing"));
    CHECK_THAT(judge(flow.rule, {flow.frames[0], flow.frames[0]}),
               ContainsSubstring("a second empty frame"));
  }
}

TEST_CASE("Padding is zero and as long as it has to be", "[harness][reassembler]") {
  Flow flow({.udp = true}, {0x5a});
  REQUIRE(flow.frames[0].size() == 60);
  CHECK(judge(flow.rule, flow.frames) == "");
  auto said = [&](auto &&change) {
    Frame f = flow.frames[0];
    change(f);
    return judge(flow.rule, {f});
  };
  CHECK_THAT(said([](Frame &f) { f.back() = 1; }), ContainsSubstring("padding is not zero"));
  CHECK_THAT(said([](Frame &f) { f.push_back(0); }),
             ContainsSubstring("IPv4 total length is 29, should be 47"));
  CHECK_THAT(said([](Frame &f) { f.pop_back(); }),
             ContainsSubstring("frame has 59 bytes, should have at least 60"));
}

// The first two payload bytes of frame 1 take the checksum's place, so that it becomes 0; of IPv4
// the identification does.
TEST_CASE("A checksum of zero is FFFF in UDP and 0000 in IPv4 and GRE", "[harness][reassembler]") {
  for (bool udp : {false, true}) {
    Frame stream = pattern(kStreamBytes);
    stream[100] = stream[101] = 0;
    Flow probe({.udp = udp}, stream);
    size_t at = probe.l4 + (udp ? 6 : 16);
    unsigned sum = get16(probe.frames[1], at);
    stream[100] = uint8_t(sum >> 8), stream[101] = uint8_t(sum);
    Flow flow({.udp = udp}, stream);
    CHECK(get16(flow.frames[1], at) == (udp ? 0xffff : 0));
    CHECK(judge(flow.rule, flow.frames) == "");
    std::string other = judge_changed(flow, [&](Frame &f) { put16(f, at, udp ? 0 : 0xffff); });
    if (udp) CHECK_THAT(other, ContainsSubstring("UDP checksum is 0000, should be ffff"));
    if (!udp) CHECK(other == "");  // receivers take both
  }
  Flow probe({}, pattern(kStreamBytes), 0);
  size_t at = probe.l3 + 10;
  unsigned id = get16(probe.frames[1], at) + get16(probe.frames[1], probe.l3 + 4);
  Flow flow({}, pattern(kStreamBytes), (id - 1) & 0xffff);
  CHECK(get16(flow.frames[1], at) == 0);
  CHECK(judge(flow.rule, flow.frames) == "");
  CHECK_THAT(judge_changed(flow, [&](Frame &f) { put16(f, at, 0xffff); }),
             ContainsSubstring("IPv4 header checksum is ffff, should be 0000"));
}

TEST_CASE("The usual MSS makes frames of 1514 bytes and a tag comes on top",
          "[harness][reassembler]") {
  for (const FlowHeaders &h : all_flow_headers()) {
    INFO(words(h));
    CHECK(usual_mss(h) + flow_header_bytes(h) == (h.tag ? 1518 : 1514));
    if (!h.tunnel) CHECK(usual_mss(h) == (h.udp ? 1472 : 1448) - (h.ipv6 ? 20 : 0));
  }
}

}  // namespace vmso::test
