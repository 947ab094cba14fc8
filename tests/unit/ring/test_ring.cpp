// SPDX-License-Identifier: Apache-2.0
// Rooms ring and job: each status once, framing errors, unload and resume, chains, random traffic
// with everything at random times, and cycles per small job.
#include "Vvmso_ring_list.h"
#include "ring_rig.hpp"

using namespace vmso::ring_test;

namespace {

// Loads one job and returns what was broadcast.
template <typename R>
Load load_one(R &rig, Slot s) {
  rig.post(0, s);
  size_t before = rig.loads.size();
  rig.ring(0);
  for (int i = 0; i < 500 && rig.loads.size() == before; i++) rig.step();
  REQUIRE(rig.loads.size() == before + 1);
  Load l = rig.loads.back();
  drain(rig);
  return l;
}

}  // namespace

TEST_CASE("A good job is broadcast with all its fields", "[job]") {
  DefaultRig rig(1);
  rig.setup(0, 4, 4);
  rig.do_command(0, kEnable);
  Slot s = tcp(3000);
  s.bytes0 = 1000, s.bytes1 = 2000, s.space1 = 2, s.template_space = 1;
  s.cookie = 0x0123456789abcdef;
  Load l = load_one(rig, s);
  CHECK(l.status == 0);
  CHECK(l.kind == 3);
  CHECK(l.cookie == 0x0123456789abcdef);
  CHECK(l.payload == 3000);
  CHECK(l.mss == 1448);
  CHECK(l.header == 54);
  CHECK(l.buffer1_bytes == 2000);
  CHECK(l.buffer1_ctx == 3);
  CHECK(l.template_ctx == 2);
  Slot f;
  f.payload = f.bytes0 = 9000;
  l = load_one(rig, f);
  CHECK(l.status == 0);
  CHECK(l.mss == 9000);
  CHECK(l.header == 0);
  Slot nop;
  nop.kind = 0;
  l = load_one(rig, nop);
  CHECK(l.status == 0);
  CHECK(l.payload == 0);
}

TEST_CASE("What is written into a job's frames is broadcast", "[job]") {
  DefaultRig rig(3);
  rig.setup(0, 4, 4);
  rig.do_command(0, kEnable);
  // words 1 and 7 of the slot: outer offsets and checksum offset, tag and modes
  auto outer = [](uint64_t l3, uint64_t l4) { return l3 << 32 | l4 << 40; };
  constexpr uint64_t kTag = 1ull << 16, kService = 1ull << 17;
  Slot s = tcp(3000);
  s.l4_mode = 3, s.id_mode = 2;
  s.extra[7] = 2ull << 25;
  Load l = load_one(rig, s);
  CHECK(l.head == 1);
  CHECK(!l.tag);
  CHECK(!l.csum);
  Written want{.segments = true, .l4_mode = 3, .id_mode = 2, .flag_profile = 2, .l3 = 14, .l4 = 34};
  want.csum_udp = l.written.csum_udp, want.csum_odd = l.written.csum_odd;  // of no CSUM: any
  want.csum_pos = l.written.csum_pos, want.tag_word = l.written.tag_word;
  CHECK(l.written == want);

  // VXLAN over a tag, everything 4 bytes further; positions beyond 255
  s.kind = 4, s.header = 252, s.l3 = 224, s.l4 = 244, s.l4_mode = 0, s.id_mode = 1;
  s.extra[1] = outer(18, 38);
  s.extra[7] = 0xabcd | kTag | kService | 2ull << 22 | 1ull << 24 | 1ull << 25;
  l = load_one(rig, s);
  CHECK(l.status == 0);
  CHECK(l.head == 2);
  CHECK(l.tag);
  CHECK(l.header == 252);
  want = {.segments = true,
          .udp = true,
          .l4_mode = 0,
          .id_mode = 1,
          .flag_profile = 1,
          .l3 = 228,
          .l4 = 248,
          .outer_has_l4 = true,
          .outer_l3 = 22,
          .outer_l4 = 42,
          .outer_id_mode = 2,
          .outer_csum = true,
          .tag = true,
          .tag_word = 0x88a8abcd};
  want.csum_udp = l.written.csum_udp, want.csum_odd = l.written.csum_odd;
  want.csum_pos = l.written.csum_pos;
  CHECK(l.written == want);
  s.extra[7] = 0x0123 | kTag;
  s.extra[1] = outer(204, 0);  // IP in IP
  l = load_one(rig, s);
  CHECK(l.head == 2);
  CHECK(l.written.tag_word == 0x81000123);
  CHECK(!l.written.outer_has_l4);
  CHECK(l.written.outer_l3 == 208);

  // one checksum: from an odd byte, over UDP's field or another one, behind a tag or not
  for (unsigned from : {34, 35}) {
    for (unsigned offset : {6, 7, 16}) {
      for (bool tag : {false, true}) {
        Slot c;
        c.kind = 2;
        c.mss = from;
        c.extra[1] = uint64_t(offset) << 48;
        c.extra[7] = tag ? kTag : 0;
        l = load_one(rig, c);
        INFO("from " << from << " offset " << offset << " tag " << tag);
        CHECK(l.head == 1);
        CHECK(l.mss == 100);  // one frame
        CHECK(l.csum);
        CHECK(l.csum_from == from);
        CHECK(l.tag == tag);
        CHECK(l.written.csum);
        CHECK(!l.written.segments);
        CHECK(l.written.csum_udp == (offset == 6));
        CHECK(l.written.csum_odd == (from == 35));
        CHECK(l.written.csum_pos == from + offset + 4 * tag);
      }
    }
  }
  // a frame, with a tag and without; what is refused or a no-op is left as it is
  Slot f;
  l = load_one(rig, f);
  CHECK(l.head == 0);
  f.extra[7] = kTag;
  l = load_one(rig, f);
  CHECK(l.head == 1);
  CHECK(l.tag);
  f.payload = 13;
  l = load_one(rig, f);
  CHECK(l.head == 0);
  CHECK(!l.tag);
  f.kind = 0;
  l = load_one(rig, f);
  CHECK(l.head == 0);
  CHECK(!l.tag);
  f.kind = 5, f.payload = 100, f.extra[7] = 0;
  l = load_one(rig, f);
  CHECK(l.status == 0);
  CHECK(l.head == 0);
}

TEST_CASE("Each reason to refuse a job has its status", "[job]") {
  DefaultRig rig(2);
  rig.setup(0, 4, 4);
  rig.config(0, 4, 0x7004003002001ull);  // space 3 is not granted
  rig.do_command(0, kEnable);
  constexpr uint64_t kTag = 1ull << 16;
  const Slot t = tcp(3000);
  Slot frame;
  auto outer = [](Slot &s, uint64_t l3, uint64_t l4) { s.extra[1] = l3 << 32 | l4 << 40; };
  auto with = [](Slot s, auto change) {
    change(s);
    return s;
  };
  const Slot csum = with(frame, [](Slot &s) { s.kind = 2, s.mss = 34, s.extra[1] = 6ull << 48; });
  const Slot udp = with(t, [](Slot &s) { s.kind = 4, s.header = 42; });
  const Slot vxlan =
      with(t, [&](Slot &s) { s.l3 = 64, s.l4 = 84, s.header = 104, outer(s, 14, 34); });
  struct Case {
    const char *name;
    Slot slot;
    unsigned status;
  };
  const Case cases[] = {
      {"good", t, 0},
      {"good frame", frame, 0},
      {"kind 6", with(t, [](Slot &s) { s.kind = 6; }), 0x10},
      {"kind 15", with(t, [](Slot &s) { s.kind = 15; }), 0x10},
      {"reserved word 0", with(t, [](Slot &s) { s.extra[0] = 1ull << 6; }), 0x11},
      {"reserved word 1", with(t, [](Slot &s) { s.extra[1] = 1ull << 15; }), 0x11},
      {"reserved word 6", with(t, [](Slot &s) { s.extra[6] = 1ull << 26; }), 0x11},
      {"reserved word 6 high", with(t, [](Slot &s) { s.extra[6] = 1ull << 63; }), 0x11},
      {"reserved word 7", with(t, [](Slot &s) { s.extra[7] = 1ull << 27; }), 0x11},
      {"reserved before kind", with(t, [](Slot &s) { s.kind = 9, s.extra[7] = 1ull << 63; }), 0x11},
      {"checksum", csum, 0},
      {"checksum of the last bytes", with(csum, [](Slot &s) { s.mss = 92; }), 0},
      {"field over the end", with(csum, [](Slot &s) { s.mss = 93; }), 0x25},
      {"start at the end", with(csum, [](Slot &s) { s.mss = 100; }), 0x25},
      {"start far away", with(csum, [](Slot &s) { s.mss = 65535; }), 0x25},
      {"field far away", with(csum, [](Slot &s) { s.extra[1] = 0xffffull << 48; }), 0x25},
      {"field and start far away",
       with(csum, [](Slot &s) { s.mss = 0xffff, s.extra[1] = 0xffffull << 48; }), 0x25},
      {"start 0, field 0", with(csum, [](Slot &s) { s.mss = 0, s.extra[1] = 0; }), 0},
      {"start behind a tag", with(csum, [&](Slot &s) { s.mss = 12, s.extra[7] = kTag; }), 0},
      {"start before a tag", with(csum, [&](Slot &s) { s.mss = 11, s.extra[7] = kTag; }), 0x25},
      {"field in header and payload", with(csum, [](Slot &s) { s.header = 41; }), 0},
      {"checksum and L4 checksum", with(csum, [](Slot &s) { s.l4_mode = 1; }), 0x26},
      {"checksum of 13", with(csum, [](Slot &s) { s.payload = s.bytes0 = 13, s.mss = 0; }), 0x32},
      {"checksum of 9217", with(csum, [](Slot &s) { s.payload = s.bytes0 = 9217; }), 0x31},
      {"udp", udp, 0},
      {"udp without a checksum", with(udp, [](Slot &s) { s.l4_mode = 0; }), 0},
      {"udp cut short", with(udp, [](Slot &s) { s.header = 41; }), 0x22},
      {"udp, mss 0", with(udp, [](Slot &s) { s.mss = 0; }), 0x30},
      {"udp, no header", with(udp, [](Slot &s) { s.header = 0; }), 0x20},
      {"udp in a tunnel", with(vxlan, [](Slot &s) { s.kind = 4, s.header = 92; }), 0},
      {"vxlan", vxlan, 0},
      {"outer id mode 3", with(vxlan, [](Slot &s) { s.extra[7] = 3ull << 22; }), 0x26},
      {"outer checksum", with(vxlan, [](Slot &s) { s.extra[7] = 1ull << 24; }), 0},
      {"outer l3 in the Ethernet header", with(vxlan, [&](Slot &s) { outer(s, 12, 34); }), 0x22},
      {"outer l4 in the outer IP header", with(vxlan, [&](Slot &s) { outer(s, 14, 32); }), 0x22},
      {"outer l3 odd", with(vxlan, [&](Slot &s) { outer(s, 15, 36); }), 0x23},
      {"outer l4 odd", with(vxlan, [&](Slot &s) { outer(s, 14, 35); }), 0x23},
      {"l3 in GRE", with(vxlan, [&](Slot &s) { outer(s, 14, 62); }), 0x22},
      {"l3 behind GRE", with(vxlan, [&](Slot &s) { outer(s, 14, 60); }), 0},
      {"outer l4 behind l3", with(vxlan, [&](Slot &s) { outer(s, 14, 254); }), 0x22},
      {"ip in ip", with(vxlan, [&](Slot &s) { outer(s, 44, 0); }), 0},
      {"ip in ip too short", with(vxlan, [&](Slot &s) { outer(s, 46, 0); }), 0x22},
      {"ip in ip with an outer checksum",
       with(vxlan, [&](Slot &s) { outer(s, 44, 0), s.extra[7] = 1ull << 24; }), 0x26},
      {"outer l4 alone", with(t, [&](Slot &s) { outer(s, 0, 34); }), 0x22},
      {"outer checksum alone", with(t, [](Slot &s) { s.extra[7] = 1ull << 24; }), 0x26},
      {"outer id mode of no tunnel", with(t, [](Slot &s) { s.extra[7] = 1ull << 22; }), 0},
      {"frame with outer offsets", with(frame, [&](Slot &s) { outer(s, 15, 3); }), 0},
      {"frame with an outer checksum", with(frame, [](Slot &s) { s.extra[7] = 1ull << 24; }), 0x26},
      {"advise with a header", with(t, [](Slot &s) { s.kind = 5, s.l4_mode = 0; }), 0x26},
      {"advise with a checksum", with(frame, [](Slot &s) { s.kind = 5, s.l4_mode = 1; }), 0x26},
      {"advise", with(frame, [](Slot &s) { s.kind = 5; }), 0},
      {"advise of nothing", with(frame, [](Slot &s) { s.kind = 5, s.payload = s.bytes0 = 0; }), 0},
      {"advise of all", with(frame, [](Slot &s) { s.kind = 5, s.payload = s.bytes0 = 0xffffff; }),
       0},
      {"tag", with(t, [&](Slot &s) { s.extra[7] = kTag; }), 0},
      {"tag of an advise", with(frame, [&](Slot &s) { s.kind = 5, s.extra[7] = kTag; }), 0x26},
      {"tag behind a header of 252", with(t, [&](Slot &s) { s.header = 252, s.extra[7] = kTag; }),
       0},
      {"tag behind a header of 253", with(t, [&](Slot &s) { s.header = 253, s.extra[7] = kTag; }),
       0x21},
      {"tag in a frame of 9212",
       with(frame, [&](Slot &s) { s.payload = s.bytes0 = 9212, s.extra[7] = kTag; }), 0},
      {"tag in a frame of 9213",
       with(frame, [&](Slot &s) { s.payload = s.bytes0 = 9213, s.extra[7] = kTag; }), 0x31},
      {"tag in a frame of 13",
       with(frame, [&](Slot &s) { s.payload = s.bytes0 = 13, s.extra[7] = kTag; }), 0x32},
      {"template space", with(t, [](Slot &s) { s.template_space = 3; }), 0x15},
      {"buffer 0 space", with(t, [](Slot &s) { s.space0 = 3; }), 0x15},
      {"buffer 1 space", with(t, [](Slot &s) { s.bytes0 = 1, s.bytes1 = 2999, s.space1 = 3; }),
       0x15},
      {"unused buffer's space", with(t, [](Slot &s) { s.space1 = 3; }), 0},
      {"header 0", with(t, [](Slot &s) { s.header = 0; }), 0x20},
      {"header 256", with(t, [](Slot &s) { s.header = 256; }), 0},
      {"header 257", with(t, [](Slot &s) { s.header = 257; }), 0x21},
      {"frame header 511", with(frame, [](Slot &s) { s.header = 511; }), 0x21},
      {"l4 before l3", with(t, [](Slot &s) { s.l3 = 34, s.l4 = 14; }), 0x22},
      {"l3 in the Ethernet header", with(t, [](Slot &s) { s.l3 = 12; }), 0x22},
      {"l4 outside", with(t, [](Slot &s) { s.l4 = 36; }), 0x22},
      {"l4 far outside", with(t, [](Slot &s) { s.l4 = 300; }), 0x22},
      {"l3 odd", with(t, [](Slot &s) { s.l3 = 15, s.l4 = 36, s.header = 60; }), 0x23},
      {"l4 odd", with(t, [](Slot &s) { s.l4 = 35, s.header = 60; }), 0x23},
      {"no checksum", with(t, [](Slot &s) { s.l4_mode = 0; }), 0x26},
      {"id mode 3", with(t, [](Slot &s) { s.id_mode = 3; }), 0x26},
      {"frame with checksum", with(frame, [](Slot &s) { s.l4_mode = 1; }), 0x26},
      {"mss 0", with(t, [](Slot &s) { s.mss = 0; }), 0x30},
      {"frame 9216", with(frame, [](Slot &s) { s.payload = s.bytes0 = 9216; }), 0},
      {"frame 9217", with(frame, [](Slot &s) { s.payload = s.bytes0 = 9217; }), 0x31},
      {"frame 65536 + 100", with(frame, [](Slot &s) { s.payload = s.bytes0 = 65636; }), 0x31},
      {"mss too long", with(t, [](Slot &s) { s.mss = 9163, s.payload = s.bytes0 = 20000; }), 0x31},
      {"mss longest", with(t, [](Slot &s) { s.mss = 9162, s.payload = s.bytes0 = 20000; }), 0},
      {"mss long, payload short", with(t, [](Slot &s) { s.mss = 65535; }), 0},
      {"frame 13", with(frame, [](Slot &s) { s.payload = s.bytes0 = 13; }), 0x32},
      {"frame 14", with(frame, [](Slot &s) { s.payload = s.bytes0 = 14; }), 0},
      {"frame of nothing", with(frame, [](Slot &s) { s.payload = s.bytes0 = 0; }), 0x32},
      {"frame 10 + 4", with(frame, [](Slot &s) { s.payload = s.bytes0 = 4, s.header = 10; }), 0},
      {"sum below", with(t, [](Slot &s) { s.bytes0 = 2999; }), 0x14},
      {"sum above", with(t, [](Slot &s) { s.bytes1 = 1; }), 0x14},
      {"sum above in a chain", with(t, [](Slot &s) { s.bytes1 = 1, s.slots = 2; }), 0x14},
      {"sum below in a chain", with(t, [](Slot &s) { s.bytes0 = 1, s.slots = 2; }), 0},
      {"template wraps", with(t, [](Slot &s) { s.template_addr = ~0ull - 52; }), 0x18},
      {"template at the end", with(t, [](Slot &s) { s.template_addr = ~0ull - 53; }), 0},
      {"buffer 0 wraps", with(t, [](Slot &s) { s.addr0 = ~0ull - 2998; }), 0x18},
      {"buffer 0 at the end", with(t, [](Slot &s) { s.addr0 = ~0ull - 2999; }), 0},
      {"buffer 1 wraps", with(t, [](Slot &s) { s.bytes0 = 1, s.bytes1 = 2999, s.addr1 = ~0ull; }),
       0x18},
      {"unused buffer would wrap", with(t, [](Slot &s) { s.addr1 = ~0ull; }), 0},
      {"no-op with nonsense", with(t, [](Slot &s) { s.kind = 0, s.mss = 0, s.bytes0 = 5; }), 0},
  };
  for (auto &c : cases) {
    INFO(c.name);
    Load l = load_one(rig, c.slot);
    CHECK(l.status == c.status);
    if (c.status) CHECK(l.header == 0);
  }
}

TEST_CASE("Framing errors stop the queue with one completion", "[ring]") {
  DefaultRig rig(3);
  rig.check_loads = false;
  struct Case {
    const char *name;
    unsigned slots, resp, status, cause;
  };
  const Case cases[] = {{"slot count 0", 0, 0, 0x12, 0},    {"slot count 17", 17, 0, 0x12, 0},
                        {"chain beyond", 2, 0, 0x13, 0},    {"slave error", 1, 1, 0x41, 0x42},
                        {"decode error", 1, 2, 0x41, 0x43}, {"window", 1, 3, 0x40, 0x31},
                        {"timeout", 1, 4, 0x42, 0x4f},      {"doorbell", 1, 0, 0x17, 0}};
  unsigned q = 5;
  rig.setup(q, 4, 4);
  for (auto &c : cases) {
    INFO(c.name);
    rig.do_command(q, kEnable);
    rig.wait_state(q, kRun);
    Slot good, bad;
    rig.ring_ends.clear();
    rig.loads.clear();
    rig.ended_log.clear();
    rig.sticky = 0;
    rig.post(q, good, false);
    bad.slots = c.slots;
    bad.cookie = 0x77;
    uint64_t at = rig.queues[q].base + 64;
    rig.post(q, bad, false);
    if (c.resp) rig.bad_lines[at] = c.resp;
    if (c.status == 0x17)
      rig.doorbell(q, 17);
    else
      rig.doorbell(q, 2);
    rig.wait_state(q, kError);
    rig.run(200);
    rig.bad_lines.clear();
    REQUIRE(rig.ring_ends.size() == 1);
    auto &e = rig.ring_ends[0];
    CHECK(e.queue == q);
    CHECK(e.status == c.status);
    CHECK(e.cause == c.cause);
    if (c.resp) {
      CHECK(e.va == at);
      CHECK(e.access == 2);
      CHECK(e.cookie == 0);
    }
    if (c.status == 0x12 || c.status == 0x13) CHECK(e.cookie == 0x77);
    if (c.status != 0x17) CHECK(e.slot == 1);
    CHECK((rig.sticky >> 6 & 1) == 1);
    // nothing but RESET leads out
    rig.doorbell(q, 3);
    rig.do_command(q, kEnable);
    rig.run(200);
    CHECK(rig.state(q) == kError);
    CHECK((rig.sticky >> 5 & 1) == 1);
    CHECK(rig.loads.size() <= 1);
    rig.do_command(q, kReset);
    rig.wait_state(q, kOff);
    CHECK(rig.ring_ends.size() == 1);
  }
}

TEST_CASE("ENABLE needs a well formed ring, other commands their state", "[ring]") {
  SmallRig rig(4);
  auto ignored = [&](unsigned cmd) {
    rig.sticky = 0;
    rig.do_command(0, cmd);
    bool refused = rig.status(0).refused;
    CHECK(refused == ((rig.sticky >> 5 & 1) == 1));
    return refused;
  };
  CHECK(ignored(kEnable));
  rig.setup(0, 1, 4);
  CHECK(ignored(kEnable));
  rig.setup(0, 2, 0);
  CHECK(ignored(kEnable));
  rig.setup(0, 2, 4);
  rig.config(0, 0, 0x1020);
  CHECK(ignored(kEnable));
  rig.config(0, 0, 1ull << 56);
  CHECK(ignored(kEnable));
  CHECK(rig.state(0) == kOff);
  rig.setup(0, 2, 4);
  CHECK(ignored(kStop));
  CHECK_FALSE(ignored(kEnable));
  CHECK(rig.state(0) == kRun);
  CHECK(ignored(kEnable));
  CHECK(ignored(kRetry));
  CHECK(ignored(kAbort));
  CHECK(ignored(6));
  CHECK_FALSE(ignored(kStop));
  CHECK(rig.state(0) == kStopped);
  CHECK(ignored(kAbort));  // no job was sent in part
  CHECK_FALSE(ignored(kReset));
  CHECK(rig.state(0) == kOff);
}

TEST_CASE("A job stopped in the middle goes on, is aborted or has changed", "[ring]") {
  DefaultRig rig(5);
  rig.setup(0, 4, 4);
  rig.do_command(0, kEnable);
  rig.knobs.issue = 0;
  Slot s = tcp(50000);
  auto stop_in_the_middle = [&] {
    rig.post(0, s);
    rig.ring(0);
    size_t before = rig.loads.size();
    while (rig.loads.size() == before) rig.step();
    rig.knobs.issue = rig.knobs.part = 1;
    rig.step();
    rig.step();
    rig.knobs.issue = 0;
    rig.run(50);
    rig.do_command(0, kStop);
    rig.wait_state(0, kStopped);
    REQUIRE(rig.queues[0].skip_segments > 0);
    rig.knobs.part = 0;
  };
  SECTION("goes on") {
    stop_in_the_middle();
    unsigned skip = rig.queues[0].skip_bytes;
    rig.do_command(0, kEnable);
    rig.run(200);
    CHECK(rig.loads.back().skip_bytes == skip);
    CHECK(rig.loads.back().status == 0);
    rig.knobs.issue = 1;
    drain(rig);
  }
  SECTION("stopped again before it was loaded") {
    stop_in_the_middle();
    unsigned skip = rig.queues[0].skip_bytes;
    rig.do_command(0, kEnable);
    rig.do_command(0, kStop);
    rig.wait_state(0, kStopped);
    rig.do_command(0, kEnable);
    rig.run(200);
    CHECK(rig.loads.back().skip_bytes == skip);
    rig.knobs.issue = 1;
    drain(rig);
  }
  SECTION("is aborted") {
    stop_in_the_middle();
    unsigned skip = rig.queues[0].skip_bytes;
    rig.do_command(0, kAbort);
    rig.do_command(0, kEnable);
    rig.run(200);
    CHECK(rig.loads.back().status == 0x50);
    CHECK(rig.loads.back().skip_bytes == skip);
    rig.knobs.issue = 1;
    drain(rig);
    CHECK(load_one(rig, tcp(10)).status == 0);
  }
  SECTION("has changed") {
    stop_in_the_middle();
    unsigned skip = rig.queues[0].skip_bytes;
    Slot changed = s;
    changed.payload = changed.bytes0 = skip;
    changed.cookie = rig.queues[0].jobs[0].cookie;
    rig.memory[rig.queues[0].base] = changed.line();
    rig.do_command(0, kEnable);
    rig.run(200);
    CHECK(rig.loads.back().status == 0x16);
    rig.knobs.issue = 1;
    drain(rig);
  }
  SECTION("has shrunk below what was sent") {
    stop_in_the_middle();
    unsigned skip = rig.queues[0].skip_bytes;
    Slot changed = s;
    changed.payload = changed.bytes0 = skip - 1;
    changed.cookie = rig.queues[0].jobs[0].cookie;
    rig.memory[rig.queues[0].base] = changed.line();
    rig.do_command(0, kEnable);
    rig.run(200);
    CHECK(rig.loads.back().status == 0x16);
    CHECK(rig.loads.back().payload == skip);  // nothing is left of it
    rig.knobs.issue = 1;
    drain(rig);
  }
}

TEST_CASE("A chain as long as the ring streams through, also around its end", "[ring]") {
  SmallRig rig(6);
  rig.setup(1, 6, 3);
  rig.do_command(1, kEnable);
  for (unsigned slots : {5u, 64u, 64u, 2u, 63u}) {
    Slot s;
    s.slots = slots;
    REQUIRE(rig.post(1, s));
    rig.ring(1);
    drain(rig);
  }
  CHECK(rig.loads.size() == 5);
}

TEST_CASE("An error of a further slot comes with the slot", "[ring]") {
  for (unsigned resp = 1; resp <= 4; resp++) {
    SmallRig rig(int(6 + resp));
    rig.setup(1, 4, 3);
    rig.do_command(1, kEnable);
    Slot s;
    s.slots = 6;
    rig.post(1, s);
    rig.bad_lines[rig.queues[1].base + 64 * 3] = resp;  // checked by the rig
    rig.ring(1);
    drain(rig);
    CHECK(rig.state(1) == kRun);
  }
}

TEST_CASE("A queue whose completion could not be written stops in ERROR", "[ring]") {
  SmallRig rig(11);
  rig.setup(2, 4, 3);
  rig.do_command(2, kEnable);
  rig.wait_state(2, kRun);
  rig.fail_write(2);
  rig.wait_state(2, kError);
  CHECK(rig.ring_ends.empty());
}

// As many writes as can be in flight may fail one after the other.
TEST_CASE("A failed completion is not forgotten behind those of other queues", "[ring]") {
  SmallRig rig(12);
  for (unsigned q = 0; q < 4; q++) {
    rig.setup(q, 4, 3);
    rig.do_command(q, kEnable);
    rig.wait_state(q, kRun);
  }
  for (unsigned i = 0; i < 32; i++) rig.fail_write(i < 31 ? i % 3 : 3);
  for (unsigned q = 0; q < 4; q++) rig.wait_state(q, kError, 1000);
}

namespace {

// Everything at random for `cycles`, then all queues run and everything must drain. Commands come
// in whatever state a queue is and on top of one another; `limit` bounds the time that each of them
// takes.
template <typename R>
void storm(R &rig, unsigned queues, unsigned cycles, double commands, unsigned limit,
           bool busy = true, double spoil = 0) {
  auto setup = [&](unsigned q) { rig.setup(q, 2 + rig.below(5), 1 + rig.below(5)); };
  for (unsigned q = 0; q < queues; q++) {
    setup(q);
    rig.command(q, kEnable);
  }
  auto act = [&](unsigned q) {
    auto &u = rig.queues[q];
    Status s = rig.status(q);
    if (s.pending) {
      if (rig.now() - u.since > limit) FAIL("queue " << q << " has a command for too long");
      if (rig.chance() < 0.1) rig.command(q, 1 + rig.below(5), rig.chance() < 0.5);
      return;
    }
    bool notify = rig.chance() < 0.5;
    switch (s.state) {
      case kStopped:
        if (rig.chance() < 0.5) rig.rewrite(q);
        if (rig.chance() < 0.7) {
          rig.command(q, kEnable, notify);
          u.must = true;
        } else {
          rig.command(q, rig.chance() < 0.5 ? unsigned(kAbort) : unsigned(kReset), notify);
        }
        return;
      case kOff:
        setup(q);
        rig.command(q, kEnable, notify);
        u.must = true;
        return;
      case kError:
        rig.command(q, rig.chance() < 0.8 ? unsigned(kReset) : 1 + rig.below(5), notify);
        return;
      case kFlush:
        if (rig.chance() < commands) rig.command(q, 1 + rig.below(5), notify);
        return;
      default:
        break;
    }
    if (rig.chance() < commands) {
      rig.command(q, rig.chance() < 0.7 ? kStop : rig.chance() < 0.8 ? kReset : kEnable, notify);
      return;
    }
    if (rig.chance() < spoil) rig.spoil(q);
    unsigned size = u.size();
    for (unsigned n = rig.below(6); n > 0; n--) {
      Slot slot =
          rig.chance() < 0.5 ? tcp(1 + rig.below(rig.chance() < 0.2 ? 300000 : 4000)) : Slot();
      // a place in the template store without a template
      if (slot.kind == 1 && u.posted % 2) slot.extra[7] |= 1ull << 16;  // a tag
      if (rig.chance() < 0.1) slot.kind = 0;
      if (rig.chance() < 0.3)
        slot.slots = 1 + rig.below(rig.chance() < 0.1 ? size : std::min(size, 6u));
      slot.completion = rig.chance() < 0.7;
      rig.post(q, slot);
    }
    if (rig.chance() < 0.8 && u.rung != u.posted) rig.ring(q);
  };
  for (uint64_t end = rig.now() + cycles; rig.now() < end;) {
    act(rig.below(queues));
    rig.run(rig.below(40));
  }
  rig.knobs.fail = 0;
  rig.knobs.write_fail = 0;
  rig.knobs.debt = 0;
  // what a queue was told before may still stop it: until all run at once
  unsigned rounds = 0;
  for (bool all = false; !all;) {
    all = true;
    if (rounds++ > limit) FAIL("some queue does not come to run");
    for (unsigned q = 0; q < queues; q++) {
      rig.wait_done(q, limit);
      unsigned state = rig.state(q);
      if (state == kRun && !rig.queues[q].spoiled) continue;
      all = false;
      if (state == kOff) setup(q);
      if (state == kError)
        rig.do_command(q, kReset, limit);
      else if (state == kOff || state == kStopped)
        rig.do_command(q, kEnable, limit);
    }
  }
  for (unsigned q = 0; q < queues; q++) rig.ring(q);
  drain(rig);
  unsigned resumed = 0, chained = 0;
  for (auto &l : rig.loads) {
    resumed += l.skip_bytes > 0;
    chained += l.slots > 1;
  }
  INFO(rig.loads.size() << " loads, " << chained << " chains, " << resumed << " resumed, "
                        << rig.unloads << " unloads, " << rig.fails << " fails");
  if (!busy) return;
  CHECK(rig.loads.size() > cycles / 100);
  CHECK(chained > rig.loads.size() / 20);
  CHECK((commands == 0 || resumed > 0));
  CHECK((commands == 0 || rig.unloads > 20));
}

}  // namespace

TEST_CASE("Random traffic: small, seeds 1 to 6", "[ring][random]") {
  for (int seed = 1; seed <= 6; seed++) {
    INFO("seed " << seed);
    SmallRig rig(seed);
    rig.knobs.fail = seed % 2 ? 0.01 : 0;
    rig.knobs.debt = seed % 3 ? 0.01 : 0;
    storm(rig, 4, 200000, seed > 1 ? 0.03 : 0, 20000);
    CHECK(rig.ring_ends.empty());
  }
}

TEST_CASE("Random traffic: default, seeds 11 to 14", "[ring][random]") {
  for (int seed = 11; seed <= 14; seed++) {
    INFO("seed " << seed);
    DefaultRig rig(seed);
    rig.knobs.fail = 0.01;
    rig.knobs.debt = 0.01;
    rig.knobs.latency = seed % 2 ? 200 : 1;
    storm(rig, seed % 2 ? 64 : 5, 200000, 0.03, 40000);
    CHECK(rig.ring_ends.empty());
  }
}

namespace {

// Knobs at random too: slow and fast partners, many fails, long latencies.
template <typename R>
void wild(int seed, unsigned most_queues, unsigned cycles) {
  INFO("seed " << seed);
  R rig(seed);
  auto pick = [&](auto... values) {
    double list[] = {double(values)...};
    return list[rig.below(sizeof...(values))];
  };
  rig.knobs.latency = unsigned(pick(1, 20, 400));
  rig.knobs.jitter = unsigned(pick(0, 5, 300));
  rig.knobs.reorder = rig.chance() < 0.8;
  rig.knobs.ready = pick(0.05, 0.7, 1);
  rig.knobs.issue = pick(0.01, 0.2, 1);
  rig.knobs.part = pick(0, 0.3, 0.9);
  rig.knobs.leave = pick(0.01, 0.2, 1);
  rig.knobs.fail = pick(0, 0.01, 0.3);
  rig.knobs.end = pick(0.01, 0.5, 1);
  rig.knobs.pop = pick(0.02, 0.5, 1);
  rig.knobs.consume = pick(0.002, 0.05, 1);
  rig.knobs.debt = pick(0, 0.01, 0.2);
  rig.knobs.free_delay = unsigned(pick(0, 20, 300));
  unsigned queues = std::min(most_queues, unsigned(pick(1, 4, 64, 64)));
  rig.knobs.ring_end = pick(0.01, 0.3, 1);
  rig.knobs.write = unsigned(pick(0, 10, 300));
  rig.knobs.write_fail = pick(0, 0, 0.02);
  rig.knobs.read = unsigned(pick(1, 20, 400));
  rig.knobs.unload = pick(0.01, 0.1, 1);
  rig.knobs.preempt = pick(0, 0.3, 1);
  storm(rig, queues, cycles, pick(0, 0.02, 0.2), 1000000, false, pick(0, 0.02));
}

}  // namespace

TEST_CASE("Random traffic with random partners, seeds 101 to 140", "[ring][random]") {
  for (int seed = 101; seed <= 130; seed++) wild<SmallRig>(seed, 4, 20000);
  for (int seed = 131; seed <= 140; seed++) wild<DefaultRig>(seed, 64, 20000);
}

TEST_CASE("More of the same", "[.soak]") {
  int first = std::getenv("VMSO_SEED") ? std::atoi(std::getenv("VMSO_SEED")) : 1000;
  for (int seed = first; seed < first + 1000; seed++) {
    wild<SmallRig>(seed, 4, 30000);
    wild<DefaultRig>(seed, 64, 20000);
    if (seed % 10 == 0) wild<WideRig>(seed, 64, 20000);
  }
}

TEST_CASE("Random traffic: wide, seed 21", "[ring][random]") {
  WideRig rig(21);
  rig.knobs.fail = 0.01;
  storm(rig, 60, 120000, 0.1, 40000);
  CHECK(rig.ring_ends.empty());
}

namespace {

// Cycles per job when nothing but the rooms themselves limits: small frames, `queues` busy queues.
template <typename R>
double cycles_per_job(R &rig, unsigned queues, unsigned latency, double &reads_per_job) {
  rig.knobs.latency = latency;
  rig.knobs.jitter = 0;
  rig.knobs.reorder = false;
  rig.knobs.ready = rig.knobs.issue = rig.knobs.leave = rig.knobs.end = 1;
  rig.knobs.part = 0;
  rig.knobs.free_delay = 0;
  rig.knobs.consume = 0;
  for (unsigned q = 0; q < queues; q++) {
    rig.setup(q, 12, 12);
    rig.do_command(q, kEnable);
  }
  Slot s;
  s.payload = s.bytes0 = 64;
  s.completion = false;
  auto fill = [&] {
    for (unsigned q = 0; q < queues; q++) {
      auto &u = rig.queues[q];
      if (u.posted - u.freed > 2048) continue;
      for (unsigned i = 0; i < 512; i++) rig.post(q, s);
      rig.ring(q);
    }
  };
  auto go = [&](unsigned cycles) {
    for (unsigned i = 0; i < cycles; i++) {
      if (i % 64 == 0) fill();
      rig.step();
    }
  };
  go(4000);
  size_t jobs = rig.loads.size();
  unsigned reads = rig.slot_reads;
  go(8000);
  jobs = rig.loads.size() - jobs;
  reads_per_job = double(rig.slot_reads - reads) / double(jobs);
  return 8000.0 / double(jobs);
}

}  // namespace

TEST_CASE("Small jobs need two cycles each at one slot per beat", "[ring][speed]") {
  for (unsigned queues : {1u, 4u, 64u}) {
    for (unsigned latency : {20u, 250u}) {
      WideRig rig(int(queues + latency));
      double reads;
      double cycles = cycles_per_job(rig, queues, latency, reads);
      WARN("wide, " << queues << " queues, latency " << latency << ": " << cycles
                    << " cycles per job, " << reads << " slot reads per job");
      CHECK(cycles < 2.05);
    }
  }
}

TEST_CASE("Hardly a slot is read for nothing", "[ring][speed]") {
  struct Case {
    const char *name;
    unsigned slots, payload;
    double issue, most_reads;
  };
  const Case cases[] = {{"64 KiB jobs at the rate of the wire", 1, 65160, 1.0 / 1024, 1.05},
                        {"1448 bytes in 16 buffers", 5, 1448, 1.0 / 44, 5.1},
                        {"4 KiB jobs", 1, 4096, 1.0 / 64, 1.02}};
  for (auto &c : cases) {
    WideRig rig(7);
    rig.knobs.latency = 250;
    rig.knobs.jitter = 0;
    rig.knobs.ready = rig.knobs.leave = rig.knobs.end = rig.knobs.pop = 1;
    rig.knobs.issue = c.issue;
    rig.knobs.part = 0;
    rig.setup(0, 10, 10);
    rig.do_command(0, kEnable);
    Slot s = tcp(c.payload);
    s.slots = c.slots;
    s.completion = false;
    auto go = [&](unsigned cycles) {
      for (unsigned i = 0; i < cycles; i++) {
        if (i % 64 == 0) {
          while (rig.post(0, s)) continue;
          rig.ring(0);
        }
        rig.step();
      }
    };
    unsigned cycles = unsigned(300 / c.issue);
    go(20000);
    size_t jobs = rig.loads.size();
    unsigned reads = rig.slot_reads_slots;
    go(cycles);
    jobs = rig.loads.size() - jobs;
    double per_job = double(rig.slot_reads_slots - reads) / double(jobs);
    WARN(c.name << ": " << per_job << " slots read per job, " << jobs << " jobs in " << cycles
                << " cycles");
    CHECK(per_job < c.most_reads);
    CHECK(double(jobs) > 0.85 * c.issue * cycles);  // seg never waits for a job, but chance does
  }
}

TEST_CASE("A late further slot of an unloaded job does not reach the entry's next job", "[ring]") {
  SmallRig rig(31);
  rig.setup(0, 4, 4);
  rig.setup(1, 6, 6);
  rig.do_command(0, kEnable);
  rig.do_command(1, kEnable);
  rig.knobs.issue = rig.knobs.pop = 0;
  rig.knobs.jitter = 0;
  Slot chain;
  chain.slots = 5;
  rig.post(0, chain);
  rig.ring(0);
  while (rig.loads.empty()) rig.step();
  rig.knobs.latency = 3000;  // of its further slots
  rig.run(50);
  rig.command(0, kStop);  // is done when they are home
  while (rig.unloads == 0) rig.step();
  rig.knobs.latency = 20;
  rig.knobs.issue = 1;
  unsigned entry = rig.loads[0].job;
  while (rig.loads.back().job != entry || rig.loads.size() == 1) {
    chain.slots = rig.loads.size() < 32 ? 1 : 5;
    if (rig.queues[1].jobs.empty() && rig.post(1, chain)) rig.ring(1);
    rig.step();
    REQUIRE(rig.now() < 20000);
  }
  REQUIRE(rig.loads.back().slots == 5);
  rig.run(4000);
  rig.knobs.pop = 1;
  rig.wait_done(0);
  rig.do_command(0, kEnable);
  drain(rig);  // the rig compares every further slot
}

TEST_CASE("A queue stops although other queues hold every job entry", "[ring]") {
  DefaultRig rig(32);
  rig.knobs.issue = 0;
  for (unsigned q = 0; q < 64; q++) {
    rig.setup(q, 5, 5);
    rig.do_command(q, kEnable);
  }
  Slot s;
  for (unsigned q = 0; q < 64; q++) {
    for (int i = 0; i < 20; i++) rig.post(q, s);
    rig.ring(q);
  }
  rig.run(3000);
  CHECK(rig.loads.size() >= 60);  // the last ones are for queues that were idle
  for (unsigned q = 0; q < 64; q++) {
    rig.do_command(q, kStop, 2000);
    CHECK(rig.state(q) == kStopped);
  }
  for (unsigned q = 0; q < 64; q++) rig.do_command(q, kEnable);
  rig.knobs.issue = 1;
  drain(rig);
}

TEST_CASE("A queue that holds nothing stops although others hold every job entry", "[ring]") {
  DefaultRig rig(33);
  rig.knobs.issue = 0;
  for (unsigned q = 0; q < 64; q++) {
    rig.setup(q, 5, 5);
    rig.do_command(q, kEnable);
  }
  auto fill = [&](unsigned first, unsigned last) {
    for (unsigned q = first; q < last; q++) {
      for (int i = 0; i < 20; i++) rig.post(q, Slot());
      rig.ring(q);
    }
    rig.run(3000);
  };
  fill(0, 30);
  REQUIRE(rig.loads.size() == 60);  // four are for queues that hold none
  for (unsigned q = 30; q < 34; q++) {
    fill(q, q + 1);
    REQUIRE(rig.loads.size() == 60 + (q - 29));
  }
  fill(34, 64);  // slots are fetched, one of them stands at job and finds no entry
  for (unsigned q = 63; q >= 34; q--) {
    CHECK(rig.queues[q].loaded.empty());
    rig.do_command(q, kStop, 2000);  // nothing of it may wait behind that slot
  }
  for (unsigned q = 34; q < 64; q++) rig.do_command(q, kEnable);
  rig.knobs.issue = 1;
  drain(rig);
}

namespace {

// 60 queues have loaded a job each and wait to load their second one.
void wait_for_second_job(DefaultRig &rig, unsigned log2_entries, unsigned cycles) {
  rig.knobs.issue = 1;
  rig.knobs.part = 0;
  Slot s;
  s.completion = false;
  for (unsigned q = 0; q < 60; q++) {
    rig.setup(q, 5, log2_entries);
    rig.do_command(q, kEnable);
  }
  for (unsigned quiet : {2000u, cycles}) {
    for (unsigned q = 0; q < 60; q++) {
      rig.post(q, s);
      rig.ring(q);
    }
    rig.run(quiet);
    REQUIRE(rig.loads.size() == 60);
  }
}
// Doorbells in every cycle leave the load list no time for anything else.
void doorbell_storm(DefaultRig &rig, unsigned cycles) {
  for (unsigned i = 0; i < cycles; i++) rig.doorbell(0, rig.queues[0].rung);
}

}  // namespace

TEST_CASE("A job entry that is freed under doorbells in every cycle is not forgotten", "[ring]") {
  DefaultRig rig(34);
  rig.knobs.free = false;
  rig.knobs.free_delay = 0;
  wait_for_second_job(rig, 5, 2000);
  doorbell_storm(rig, 400);  // 60 entries, two cycles each to count
  rig.knobs.free = true;
  drain(rig, 20000);
  CHECK(rig.loads.size() == 120);
}

TEST_CASE("A completion place that comes back under doorbells in every cycle is not forgotten",
          "[ring]") {
  DefaultRig rig(35);
  rig.knobs.leave = 0;
  wait_for_second_job(rig, 1, 2000);  // one place each
  doorbell_storm(rig, 600);           // 60 ends, three cycles each
  rig.knobs.leave = rig.knobs.end = 1;
  drain(rig, 20000);
  CHECK(rig.loads.size() == 120);
}

TEST_CASE("A queue that holds its share of the job entries holds up no other queue", "[ring]") {
  DefaultRig rig(36);
  rig.knobs.issue = 0;
  rig.knobs.jitter = 0;
  for (unsigned q : {0u, 1u, 2u}) {
    rig.setup(q, 7, 7);
    rig.do_command(q, kEnable);
  }
  for (int i = 0; i < 64; i++) rig.post(0, Slot());
  rig.ring(0);
  rig.run(400);
  size_t mine = rig.loads.size();
  REQUIRE(mine > 38);  // two thirds of the entries that are for all
  REQUIRE(mine < 44);
  for (unsigned q : {1u, 2u}) {
    rig.post(q, Slot());
    rig.ring(q);
    rig.run(60);
    REQUIRE(rig.loads.size() == ++mine);
    CHECK(rig.loads.back().queue == q);
  }
  rig.do_command(0, kStop, 1000);  // also of the batches that were put aside
  rig.do_command(0, kEnable);
  rig.knobs.issue = 1;
  drain(rig);
}

TEST_CASE("The last job entries are for short jobs of queues that were idle", "[ring]") {
  WideRig rig(38);
  rig.knobs.issue = 0;
  auto post = [&](unsigned q, unsigned payload, int jobs) {
    rig.setup(q, 4, 4);
    rig.do_command(q, kEnable);
    for (int i = 0; i < jobs; i++) rig.post(q, tcp(payload));
    rig.ring(q);
    rig.run(300);
    return rig.loads.size();
  };
  unsigned q = 0;
  while (post(q++, 20000, 2) < 124) REQUIRE(q < 100);
  CHECK(rig.loads.size() == 124);
  CHECK(q > 62);  // the last of them have one entry each
  CHECK(post(q++, 16385, 1) == 124);
  for (size_t more = 1; more <= 4; more++) CHECK(post(q++, 16384, 1) == 124 + more);
  CHECK(post(q++, 16384, 1) == 128);
  rig.knobs.issue = 1;
  drain(rig);
}

namespace {

// Queues with two long jobs each: 0..29 hold two entries, 30..33 one, all further ones none.
void fill_with_long_jobs(DefaultRig &rig, unsigned first, unsigned last) {
  rig.knobs.issue = 0;
  for (unsigned q = first; q < last; q++) {
    rig.setup(q, 5, 5);
    rig.do_command(q, kEnable);
    for (int i = 0; i < 2; i++) rig.post(q, tcp(60000));
    rig.ring(q);
    rig.run(200);
    REQUIRE(rig.loads.size() == (q < 30 ? 2 * (q + 1) : std::min(31 + q, 64u)));
  }
}

}  // namespace

TEST_CASE("Queues with more than one entry give them to those with none", "[ring][preempt]") {
  DefaultRig rig(39);
  auto &d = rig.dut();
  fill_with_long_jobs(rig, 0, 34);
  CHECK_FALSE(d.entry_wanted);
  rig.preempt(0);  // nobody wants any
  rig.run(500);
  CHECK(rig.unloads == 0);
  fill_with_long_jobs(rig, 34, 37);
  CHECK(d.entry_wanted);
  for (unsigned q : {0u, 0u, 1u, 2u}) {
    CHECK(d.entry_wanted);  // three wait
    rig.preempt(q);
    rig.run(3);
  }
  CHECK_FALSE(d.entry_wanted);
  rig.preempt(3);
  rig.run(3000);
  CHECK(rig.unloads == 3);
  CHECK(rig.loads.size() == 64 + 6);  // first those that waited, then one each of those that gave
  for (size_t i = 64; i < 67; i++) CHECK(rig.loads[i].queue >= 34);
  for (unsigned q : {0u, 1u, 2u}) {
    CHECK(rig.queues[q].loaded.size() == 1);
    CHECK(rig.state(q) == kRun);
  }
  CHECK_FALSE(d.entry_wanted);
  rig.knobs.issue = 1;
  drain(rig);
}

TEST_CASE("A command meets a queue that gives its entries in every cycle", "[ring][preempt]") {
  for (unsigned cmd : {kStop, kReset}) {
    for (unsigned after = 0; after < 120; after += 4) {
      INFO("command " << cmd << " after " << after);
      DefaultRig rig(40);
      rig.knobs.unload = 1;
      fill_with_long_jobs(rig, 0, 35);
      rig.preempt(5);
      rig.run(after);
      rig.do_command(5, cmd, 1000);
      CHECK(rig.state(5) == (cmd == kStop ? kStopped : kOff));
      CHECK(rig.unloads <= 2);
      rig.run(200);
      CHECK(rig.queues[34].loaded.size() == 1);
      CHECK_FALSE(rig.dut().entry_wanted);
      if (cmd == kReset) rig.setup(5, 5, 5);
      rig.do_command(5, kEnable, 1000);
      rig.knobs.issue = 1;
      drain(rig);
    }
  }
}

TEST_CASE("Queues give their entries in random traffic", "[ring][preempt][random]") {
  for (int seed = 41; seed <= 43; seed++) {
    INFO("seed " << seed);
    DefaultRig rig(seed);
    rig.knobs.preempt = 0.3;
    rig.knobs.part = 0.8;
    rig.knobs.issue = 0.03;
    rig.knobs.fail = seed % 2 ? 0.005 : 0;
    storm(rig, 64, 120000, 0.03, 200000, false);
    CHECK(rig.preempts > 50);
  }
}

TEST_CASE("A queue whose slots memory does not give holds up no other queue", "[ring]") {
  SmallRig rig(37);
  for (unsigned q : {0u, 1u}) {
    rig.setup(q, 5, 5);
    rig.do_command(q, kEnable);
  }
  rig.knobs.reorder = 1;
  rig.knobs.silent = 1;
  for (int i = 0; i < 20; i++) rig.post(1, Slot());
  rig.ring(1);
  rig.run(50);
  for (int i = 0; i < 20; i++) rig.post(0, Slot());
  rig.ring(0);
  rig.run(1000);
  CHECK(rig.loads.size() == 20);
  rig.knobs.silent.reset();
  drain(rig);
  CHECK(rig.loads.size() == 40);
}

namespace {

// A queue with everything that a transit may meet: a job that is issued in part, one that waits, a
// chain.
template <typename R>
void fill(R &rig, unsigned q) {
  Slot chain;
  chain.slots = 3;
  rig.post(q, tcp(3000));
  rig.post(q, chain);
  rig.post(q, Slot());
  rig.ring(q);
}
template <typename R>
void run_again(R &rig, unsigned q) {
  if (rig.state(q) == kError) rig.do_command(q, kReset);
  if (rig.state(q) == kOff) rig.setup(q, 4, 4);
  if (rig.state(q) != kRun) rig.do_command(q, kEnable);
  REQUIRE(rig.state(q) == kRun);
}

}  // namespace

TEST_CASE("A second command is refused, the first is carried out", "[ring][commands]") {
  SmallRig rig(41);
  rig.setup(0, 4, 4);
  rig.do_command(0, kEnable);
  rig.knobs.leave = 0;
  fill(rig, 0);
  rig.run(200);
  CHECK(rig.command(0, kStop, true));
  CHECK_FALSE(rig.status(0).refused);
  for (unsigned cmd : {kEnable, kStop, kAbort, kRetry}) {
    rig.sticky = 0;
    CHECK_FALSE(rig.command(0, cmd, true));
    CHECK((rig.sticky >> 5 & 1) == 1);
    Status s = rig.status(0);
    CHECK(s.pending);
    CHECK(s.refused);
  }
  rig.run(1000);
  CHECK(rig.queues[0].notified == 0);
  rig.knobs.leave = 1;
  rig.wait_done(0);
  CHECK(rig.state(0) == kStopped);
  CHECK(rig.queues[0].notified == 1);
  CHECK(rig.command(0, kEnable));
  CHECK_FALSE(rig.status(0).refused);
  rig.wait_done(0);
  CHECK(rig.state(0) == kRun);
  CHECK(rig.queues[0].notified == 1);
  drain(rig);
}

TEST_CASE("RESET is taken in the place of any command, in every cycle", "[ring][commands]") {
  SmallRig rig(42);
  rig.setup(0, 4, 4);
  for (unsigned first : {kStop, kEnable, kAbort, kReset}) {
    for (unsigned offset = 2; offset < 80; offset++) {
      INFO("command " << first << ", RESET " << offset << " cycles later");
      run_again(rig, 0);
      if (first == kEnable || first == kAbort) rig.do_command(0, kStop);
      if (offset % 2) fill(rig, 0);
      rig.put_command(0, first);
      rig.run(offset);
      unsigned resets = rig.queues[0].resets;
      CHECK(rig.command(0, kReset, true));
      unsigned cycles = rig.wait_done(0, 2000);
      REQUIRE(rig.queues[0].resets > resets);
      REQUIRE(rig.state(0) == kOff);
      REQUIRE_FALSE(rig.status(0).refused);
      CHECK(cycles < 500);
    }
  }
  CHECK(rig.queues[0].notified == 4 * 78);
}

TEST_CASE("A command is taken as it is in every cycle of another visit", "[ring][commands]") {
  // the last command was ENABLE: a visit that took it for the new one would refuse it
  for (unsigned offset = 0; offset < 120; offset++) {
    INFO("STOP " << offset << " cycles after the failure");
    SmallRig rig{int(offset)};
    rig.setup(0, 4, 4);
    rig.do_command(0, kEnable);
    rig.knobs.fail = rig.knobs.leave = 1;
    rig.post(0, Slot());
    rig.ring(0);
    while (rig.ended_log.empty()) rig.step();
    rig.run(offset);
    rig.knobs.fail = 0;
    rig.do_command(0, kStop, 2000);
    Status s = rig.status(0);
    REQUIRE(s.state == kStopped);
    REQUIRE_FALSE(s.refused);
    rig.do_command(0, kEnable, 2000);
    drain(rig);
  }
}

TEST_CASE("Commands without end do not keep a queue from its RESET", "[ring][commands]") {
  SmallRig rig(43);
  for (unsigned q : {0u, 1u}) {
    rig.setup(q, 4, 4);
    rig.do_command(q, kEnable);
    fill(rig, q);
  }
  rig.check_notify = false;
  rig.put_command(0, kReset, true);
  rig.run(2);
  unsigned cycles = 0;
  while (rig.queues[0].notified == 0) {
    rig.put_command(0, kStop);
    rig.run(2);
    REQUIRE(++cycles < 1000);
  }
  // and those of one queue keep no other from its own
  rig.put_command(1, kReset);
  rig.run(2);
  for (cycles = 0; rig.queues[1].pending || cycles < 3; cycles++) {
    rig.put_command(0, cycles % 3 ? kStop : kReset);
    rig.run(2);
    REQUIRE(cycles < 1000);
  }
  rig.wait_done(0);
  CHECK(rig.state(0) == kOff);
  CHECK(rig.state(1) == kOff);
}

TEST_CASE("Failing queues and commands take turns", "[ring][commands]") {
  DefaultRig rig(44);
  rig.knobs.leave = rig.knobs.end = rig.knobs.consume = 1;
  rig.knobs.issue = 0.3;
  rig.knobs.part = 0;
  for (unsigned q = 0; q < 64; q++) {
    rig.setup(q, 5, 5);
    rig.do_command(q, kEnable);
  }
  rig.knobs.fail = 1;
  rig.knobs.fail_from = 4;
  auto feed = [&](unsigned cycles) {
    for (unsigned i = 0; i < cycles; i++) {
      if (rig.bells_rung() && rig.now() % 4 == 0) {  // the registers give no more
        unsigned q = rig.below(64);
        while (rig.post(q, Slot())) continue;
        rig.ring(q);
      }
      rig.step();
    }
  };
  feed(4000);
  unsigned worst = 0, idle_rounds = 0;
  rig.longest_line = 0;
  for (int round = 0; round < 40; round++) {
    for (unsigned cmd : {kStop, kReset, kEnable}) {
      unsigned q = unsigned(round) % 4;
      unsigned fails = rig.fails;
      rig.put_command(q, cmd, true);
      feed(3);
      uint64_t from = rig.now();
      while (rig.queues[q].notify) {
        feed(1);
        REQUIRE(rig.now() - from < 3000);
      }
      worst = std::max(worst, unsigned(rig.now() - from));
      feed(100);
      idle_rounds += rig.fails == fails;
    }
  }
  WARN("worst command beside 60 failing queues: " << worst << " cycles, " << rig.longest_line
                                                  << " visits of others in a row");
  CHECK(rig.longest_line <= 2);  // one that had begun, one of the others' turn
  CHECK(idle_rounds < 12);
  // all queues have a command at once, and the failures go on
  rig.longest_line = 0;
  for (unsigned q = 0; q < 64; q++) {
    rig.put_command(q, q % 2 ? kStop : kReset, true);
    feed(3);
  }
  uint64_t from = rig.now();
  for (unsigned q = 0; q < 64; q++) {
    while (rig.queues[q].notify) {
      feed(1);
      INFO("queue " << q << " st " << rig.state(q) << " flow "
                    << rig.queues[q].flow.orders - rig.queues[q].flow.left << " telling "
                    << rig.queues[q].flow.telling << " wr " << rig.queues[q].flow.writes << " held "
                    << rig.queues[q].held << " sr " << rig.queues[q].slot_reads);
      REQUIRE(rig.now() - from < 64 * 400);
    }
  }
  CHECK(rig.longest_line <= 2 * 64);
}

TEST_CASE("Queues in RESET and ENABLE loops hold up no command of another", "[ring][commands]") {
  DefaultRig rig(45);
  for (unsigned q = 0; q < 16; q++) {
    rig.setup(q, 5, 5);
    rig.do_command(q, kEnable);
  }
  auto loop = [&](unsigned cycles) {
    for (unsigned i = 0; i < cycles; i += 2) {
      rig.put_command(1 + rig.below(15), rig.below(2) ? kReset : kEnable);
      rig.run(2);
    }
  };
  rig.check_notify = false;
  loop(1000);
  rig.longest_line = 0;
  for (int round = 0; round < 30; round++) {
    for (unsigned cmd : {kStop, kEnable, kReset, kEnable}) {
      rig.put_command(0, cmd, true);
      rig.run(3);
      uint64_t from = rig.now();
      do loop(4);
      while (rig.queues[0].notify && rig.now() - from < 4000);
      REQUIRE_FALSE(rig.queues[0].notify);
    }
  }
  CHECK(rig.longest_line <= 2 * 16);
}

TEST_CASE("Orders that never leave hold up RESET nowhere, STOP only of their queue",
          "[ring][commands]") {
  SmallRig rig(46);
  for (unsigned q = 0; q < 4; q++) {
    rig.setup(q, 4, 4);
    rig.do_command(q, kEnable);
  }
  rig.knobs.leave = 1;
  rig.knobs.part = 0;
  for (unsigned q = 0; q < 3; q++) fill(rig, q);
  while (!rig.voids) {
    // until one of queue 0 is being sent
    rig.step();
    if (rig.sends(0)) break;
    REQUIRE(rig.now() < 20000);
  }
  rig.knobs.leave = 0;
  rig.run(200);
  CHECK(rig.do_command(3, kStop, 1000) < 400);  // nothing of it is here
  CHECK(rig.state(3) == kStopped);
  rig.command(1, kStop);
  rig.command(2, kStop);
  CHECK(rig.do_command(0, kReset, 1000) < 400);
  CHECK(rig.voids == 1);
  CHECK(rig.do_command(2, kReset, 1000) < 400);  // instead of its STOP
  CHECK(rig.status(1).pending);
  CHECK(rig.state(1) == kFlush);
  for (unsigned q : {0u, 2u}) {  // new lives behind the dead orders of the old ones
    run_again(rig, q);
    fill(rig, q);
  }
  rig.run(500);
  CHECK(rig.status(1).pending);
  size_t ended = rig.ended_log.size();
  rig.knobs.leave = 1;
  rig.wait_done(1);
  CHECK(rig.state(1) == kStopped);
  rig.do_command(1, kEnable);
  drain(rig);
  CHECK(rig.ended_log.size() > ended);
}

TEST_CASE("NO_READS shows before OFF when records are slow", "[ring][commands]") {
  SmallRig rig(47);
  rig.setup(0, 4, 4);
  rig.do_command(0, kEnable);
  rig.knobs.write = 3000;
  fill(rig, 0);
  while (rig.ended_log.empty()) rig.step();
  uint64_t from = rig.now();
  rig.command(0, kReset);
  Status s;
  while (!(s = rig.status(0)).no_reads) REQUIRE(rig.now() - from < 1000);
  CHECK(s.state == kFlush);
  CHECK_FALSE(s.drained);
  CHECK(s.pending);
  rig.wait_done(0);
  CHECK(rig.now() - from > 2500);
  s = rig.status(0);
  CHECK(s.state == kOff);
  CHECK(s.drained);
  CHECK(s.no_reads);
}

TEST_CASE("OFF and STOPPED wait for the slot read that stands at the bus", "[ring][commands]") {
  for (unsigned cmd : {kStop, kReset}) {
    for (unsigned offset = 0; offset < 60; offset++) {
      INFO("command " << cmd << ", the bus takes it " << offset
                      << " cycles after the last job went");
      SmallRig rig{int(offset)};
      rig.setup(0, 4, 4);
      rig.do_command(0, kEnable);
      rig.knobs.issue = rig.knobs.pop = 0;
      rig.knobs.ready = rig.knobs.unload = 1;
      Slot chain;
      chain.slots = 6;
      rig.post(0, chain);
      rig.ring(0);
      while (rig.loads.empty()) rig.step();
      rig.knobs.ready = 0;
      rig.command(0, cmd);
      while (rig.queues[0].held) rig.step();
      rig.run(offset);
      rig.knobs.ready = 1;
      rig.knobs.latency = 300;
      rig.wait_done(0, 2000);  // the rig judges every state that it sees
      REQUIRE(rig.slot_reads >= 2);
    }
  }
}

TEST_CASE("A record that cannot be written stops its queue in every phase", "[ring]") {
  for (unsigned fails : {0u, 1u}) {
    for (unsigned write = 0; write < 150; write += 3) {
      for (unsigned cmd : {0u, unsigned(kStop), unsigned(kReset)}) {
        INFO("command " << cmd << ", record fails after " << write << " cycles, fail " << fails);
        SmallRig rig{int(write)};
        rig.setup(0, 4, 4);
        rig.do_command(0, kEnable);
        rig.knobs.write = write;
        rig.knobs.leave = rig.knobs.end = 1;
        rig.knobs.fail = fails;
        rig.knobs.write_fail = 1;
        rig.post(0, Slot());
        rig.ring(0);
        while (rig.ended_log.empty()) rig.step();
        rig.knobs.fail = 0;
        if (cmd) rig.do_command(0, cmd, 3000);
        rig.run(write);
        if (cmd == kReset) {
          REQUIRE(rig.state(0) == kOff);
          rig.knobs.write_fail = 0;
          run_again(rig, 0);
          rig.run(300);
          REQUIRE(rig.state(0) == kRun);  // it was of the former life
        } else {
          rig.wait_state(0, kError, 500);
        }
        REQUIRE(rig.write_fails == 1);
      }
    }
  }
}

TEST_CASE("Two framing errors at once, and completions are not taken", "[ring]") {
  SmallRig rig(48);
  for (unsigned q = 0; q < 4; q++) {
    rig.setup(q, 4, 4);
    rig.do_command(q, kEnable);
  }
  rig.knobs.ring_end = 0;
  for (unsigned q : {0u, 1u, 2u}) rig.spoil(q);
  rig.run(2000);
  unsigned first = 0, flushing = 0;
  for (unsigned q : {0u, 1u, 2u}) {
    if (rig.state(q) == kError)
      first = q;
    else
      flushing += rig.state(q) == kFlush;
  }
  CHECK(flushing == 2);
  CHECK_FALSE(rig.status(first).drained);  // its record will come
  CHECK(rig.status(first).no_reads);
  CHECK(rig.do_command(3, kStop, 1000) < 400);  // others do not care
  unsigned second = (first + 1) % 3, third = (first + 2) % 3;
  CHECK(rig.do_command(second, kReset, 1000) < 400);
  rig.command(first, kReset);
  rig.run(1000);
  CHECK(rig.state(first) == kFlush);  // its completion is on its way
  rig.knobs.ring_end = 1;
  rig.wait_done(first);
  rig.wait_state(third, kError);
  rig.run(300);
  REQUIRE(rig.ring_ends.size() == 2);
  CHECK(rig.ring_ends[0].queue == first);
  CHECK(rig.ring_ends[1].queue == third);
}

TEST_CASE("A failure that comes during STOP decides where the queue goes on", "[ring]") {
  for (unsigned offset = 0; offset < 150; offset += 2) {
    INFO("STOP " << offset << " cycles before the orders leave");
    SmallRig rig{int(offset)};
    rig.setup(0, 4, 4);
    rig.do_command(0, kEnable);
    rig.knobs.leave = rig.knobs.part = 0;
    rig.knobs.issue = 1;
    for (int i = 0; i < 4; i++) rig.post(0, Slot());
    rig.ring(0);
    while (rig.loads.size() < 4) rig.step();
    rig.run(20);
    rig.command(0, kStop);
    rig.run(offset);
    rig.knobs.fail = rig.knobs.leave = 1;
    while (!rig.fails) rig.step();
    rig.wait_done(0, 2000);
    REQUIRE(rig.state(0) == kStopped);
    REQUIRE(rig.ended_log.size() == 1);  // those behind it are dead
    rig.knobs.fail = 0;
    rig.do_command(0, kEnable);
    drain(rig);
    REQUIRE(rig.ended_log.size() == 4);
    REQUIRE(rig.loads.size() == 7);
  }
}

TEST_CASE("RESET overtakes a failure", "[ring]") {
  unsigned taken_over = 0;
  for (unsigned offset = 0; offset < 100; offset++) {
    INFO("RESET " << offset << " cycles after the failure");
    SmallRig rig{int(offset)};
    rig.setup(0, 4, 4);
    rig.do_command(0, kEnable);
    rig.knobs.fail = rig.knobs.leave = 1;
    rig.knobs.write = 60;
    fill(rig, 0);
    while (rig.ended_log.empty()) rig.step();
    rig.run(offset);
    rig.do_command(0, kReset, 2000);
    REQUIRE(rig.state(0) == kOff);
    taken_over += rig.acts[kTakeOver];
    rig.knobs.fail = 0;
    run_again(rig, 0);
    fill(rig, 0);
    drain(rig);
    REQUIRE(rig.state(0) == kRun);
  }
  CHECK(taken_over > 10);
}

TEST_CASE("No slot of a former life is loaded, wherever RESET or STOP meets it", "[ring]") {
  for (unsigned cmd : {kReset, kStop}) {
    DefaultRig rig(49);
    rig.setup(0, 5, 5);
    rig.setup(1, 5, 5);
    rig.knobs.jitter = 10;
    rig.do_command(0, kEnable);
    rig.do_command(1, kEnable);
    for (unsigned offset = 0; offset < 240; offset++) {
      INFO("command " << cmd << ", " << offset << " cycles after the doorbell");
      rig.knobs.issue = offset % 3 ? 0.3 : 0;
      for (int i = 0; i < 12; i++) {
        rig.post(0, offset % 5 ? Slot() : tcp(200000));
        rig.post(1, Slot());
      }
      rig.ring(0);
      rig.ring(1);
      rig.run(offset);
      rig.do_command(0, cmd);
      if (cmd == kReset) {
        rig.setup(0, 5, 5);
        CHECK(rig.status(0).fetched == 0);
      } else {
        rig.rewrite(0);
      }
      rig.command(0, kEnable);
      for (int i = 0; i < 4; i++) rig.post(0, Slot());
      rig.ring(0);
      rig.wait_done(0);
      rig.knobs.issue = 0.3;
      if (offset % 4 == 0) drain(rig);
    }
    drain(rig);
  }
}

TEST_CASE("`fetched` is of the present life at once", "[ring]") {
  SmallRig rig(50);
  rig.setup(0, 4, 4);
  rig.do_command(0, kEnable);
  for (int i = 0; i < 7; i++) rig.post(0, Slot());
  rig.ring(0);
  drain(rig);
  CHECK(rig.status(0).fetched == 7);
  rig.do_command(0, kReset);
  CHECK(rig.status(0).fetched == 0);
  CHECK(rig.status(0).producer == 0);
  rig.setup(0, 4, 4);
  rig.do_command(0, kEnable);
  for (int i = 0; i < 400; i++) CHECK(rig.status(0).fetched == 0);
}

namespace {

// The job entries but `free` of them are held by queues 2.. and nothing is issued. Returns the jobs
// posted: of those that take the reserve one each waits.
template <typename R>
size_t hold_entries(R &rig, size_t free) {
  rig.knobs.issue = 0;
  size_t want = rig.loads.size() + 64 - free;
  unsigned q = 2;
  for (; rig.loads.size() < want; q++) {
    REQUIRE(q < 40);
    rig.setup(q, 4, 4);
    rig.do_command(q, kEnable);
    for (int i = 0; i < 2; i++) rig.post(q, Slot());
    rig.ring(q);
    rig.run(300);
  }
  REQUIRE(rig.loads.size() == want);
  return 2 * (q - 2);
}

}  // namespace

TEST_CASE("Lives do not come round while a batch of an old one waits behind another queue's",
          "[ring]") {
  DefaultRig rig(51);
  for (unsigned q : {0u, 1u}) {
    rig.setup(q, 4, 4);
    rig.do_command(q, kEnable);
  }
  size_t jobs = hold_entries(rig, 0);
  rig.post(1, Slot());  // waits for an entry
  rig.ring(1);
  rig.run(50);
  rig.post(0, Slot());
  rig.ring(0);
  rig.run(200);
  REQUIRE(rig.loads.size() == 64);
  unsigned lives = 0;
  do {
    rig.do_command(0, kStop, 2000);
    rig.rewrite(0);
    rig.command(0, kEnable);
    rig.run(1000);
    REQUIRE(++lives < 300);
  } while (!rig.status(0).pending);
  CHECK(lives > 200);
  CHECK(rig.state(0) == kStopped);
  rig.knobs.issue = 1;
  rig.wait_done(0, 2000);
  CHECK(rig.state(0) == kRun);
  drain(rig);
  CHECK(rig.loads.size() == jobs + 2);
}

TEST_CASE("Lives do not come round either when the loader ended the last of them", "[ring]") {
  DefaultRig rig(52);
  rig.setup(0, 14, 4);
  rig.do_command(0, kEnable);
  for (unsigned q = 40; q < 52; q++) {
    rig.setup(q, 4, 4);
    rig.do_command(q, kEnable);
  }
  rig.knobs.consume = rig.knobs.ready = 1;
  rig.knobs.jitter = 0;
  // up to index 65533, by jobs of many slots
  Slot skip;
  skip.kind = 0;
  for (unsigned slots : {16384u, 16384u, 16384u, 16381u}) {
    skip.slots = slots;
    REQUIRE(rig.post(0, skip));
    rig.ring(0);
    drain(rig);
  }
  do {
    rig.do_command(0, kStop, 2000);
    rig.do_command(0, kEnable, 2000);
  } while (rig.life != 254);
  // life 255: 65535 is a job too much for the bytes loaded ahead, the loader drops it. Its batch is
  // followed by those of queues 40 to 51, most of which wait for job entries (one that is next is
  // known to be dead), and these by 65536: place 0
  hold_entries(rig, 6);
  rig.knobs.latency = 200;
  size_t before = rig.loads.size();
  rig.post(0, tcp(200000));
  rig.post(0, tcp(200000));
  rig.post(0, Slot());
  rig.ring(0);
  unsigned reads = rig.slot_reads;
  while (rig.slot_reads < reads + 3) rig.step();
  for (unsigned q = 40; q < 52; q++) {
    rig.post(q, Slot());
    rig.ring(q);
    while (rig.slot_reads < reads + q - 36) rig.step();
  }
  rig.post(0, Slot());
  rig.ring(0);
  while (rig.slot_reads < reads + 16) rig.step();
  REQUIRE(rig.loads.size() == before);
  rig.run(500);
  REQUIRE(rig.loads.size() == before + 2 + 4);
  // a new ring begins at place 0
  rig.do_command(0, kReset, 2000);
  REQUIRE(rig.life == 0);
  rig.setup(0, 4, 4);
  unsigned lives = 0;
  for (;;) {
    rig.command(0, kEnable);
    rig.run(300);
    if (rig.status(0).pending || rig.life == 254) break;
    rig.do_command(0, kStop, 2000);
    REQUIRE(++lives < 300);
  }
  CHECK(lives > 200);
  CHECK(rig.status(0).pending);  // until the batch is gone
  rig.post(0, Slot());
  rig.ring(0);
  rig.knobs.issue = 1;
  rig.wait_done(0, 2000);
  drain(rig);
}

TEST_CASE("The list holds each number once and forgets no push", "[ring]") {
  vmso::unit::UnitBench<Vvmso_ring_list> bench(1);
  auto &d = bench.dut();
  d.push_valid = d.pop_ready = 0;
  bench.reset();
  while (!d.ready) bench.tick();
  std::mt19937 rng(1);
  std::deque<unsigned> model;
  unsigned both = 0;
  for (int i = 0; i < 20000; i++) {
    d.push_valid = rng() % 4 != 0;
    d.push = rng() % 8;
    d.pop_ready = rng() % (i / 1000 % 4 + 1) == 0;
    bench.settle();
    REQUIRE(d.pop_valid == !model.empty());
    if (d.pop_valid) REQUIRE(d.pop == model.front());
    if (d.pop_valid && d.pop_ready) {
      both += d.push_valid && d.push == model.front();
      model.pop_front();
    }
    if (d.push_valid && std::find(model.begin(), model.end(), d.push) == model.end()) {
      model.push_back(d.push);
    }
    bench.tick();
  }
  CHECK(both > 100);
}
