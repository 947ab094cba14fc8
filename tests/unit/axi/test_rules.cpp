// SPDX-License-Identifier: Apache-2.0
// The rules of the bus, driven by hand: silent at each bound, not silent one beyond it. And the
// assertions of the whole room between power-on and the first reset.
#include "Vaxi1.h"
#include "Vaxi_rules0.h"
#include "Vaxi_rules2.h"
#include "watch_bench.hpp"

using namespace vmso::unit;

namespace {

template <typename Model>
struct Rules : WatchBench<Model> {
  static constexpr unsigned kBus = sizeof(Model::rdata);
  static constexpr unsigned kMaxWrites = kBus == 16 ? 32 : 256;  // as CMakeLists.txt says
  static constexpr unsigned kPageBeats = 4096 / kBus, kLast = kPageBeats - 1;
  static constexpr unsigned kWriteBeats = kBus == 16 ? 2 : 1;

  Rules() {
    auto &d = this->dut();
    d.arid = d.araddr = d.arlen = d.arvalid = d.arready = 0;
    d.rid = d.rresp = d.rlast = d.rvalid = d.rready = 0;
    d.awaddr = d.awlen = d.awvalid = d.awready = 0;
    d.wstrb = d.wlast = d.wvalid = d.wready = 0;
    d.bid = d.bresp = d.bvalid = d.bready = 0;
    this->reset();
  }
  void idle() {
    auto &d = this->dut();
    d.arvalid = d.rvalid = d.awvalid = d.wvalid = d.bvalid = 0;
    this->tick();
  }
  void ar(unsigned id, uint64_t addr, unsigned len) {
    auto &d = this->dut();
    d.arid = uint16_t(id), d.araddr = addr, d.arlen = uint8_t(len);
    d.arvalid = d.arready = 1;
    this->tick();
    d.arvalid = 0;
  }
  void r(unsigned id, bool last) {
    auto &d = this->dut();
    d.rid = uint16_t(id), d.rlast = last;
    d.rvalid = d.rready = 1;
    this->tick();
    d.rvalid = 0;
  }
  void aw(uint64_t addr = 0, unsigned len = kWriteBeats - 1) {
    auto &d = this->dut();
    d.awaddr = addr, d.awlen = uint8_t(len);
    d.awvalid = d.awready = 1;
    this->tick();
    d.awvalid = 0;
  }
  void w_beat(bool last) {
    auto &d = this->dut();
    d.wlast = last;
    d.wvalid = d.wready = 1;
    this->tick();
    d.wvalid = 0;
  }
  void w() {
    for (unsigned i = 0; i < kWriteBeats; i++) w_beat(i + 1 == kWriteBeats);
  }
  void b(unsigned id = 0) {
    auto &d = this->dut();
    d.bid = uint16_t(id);
    d.bvalid = d.bready = 1;
    this->tick();
    d.bvalid = 0;
  }
  bool fine() {
    idle();
    return !this->broken();
  }
};

// Each case stays silent in `legal` and not in the one step `beyond`.
template <typename Model>
void bound(const char *what, auto legal, auto beyond) {
  INFO(what);
  Rules<Model> rules;
  legal(rules);
  CHECK(rules.fine());
  beyond(rules);
  rules.idle();
  CHECK(rules.broken());
}

}  // namespace

#define RULES_TEST(name, tags) TEMPLATE_TEST_CASE(name, tags, Vaxi_rules0, Vaxi_rules2)

RULES_TEST("The rules count open writes as far as the configuration goes", "[axi][rules]") {
  using R = Rules<TestType>;
  auto fill = [](auto &x) {
    for (unsigned i = 0; i < R::kMaxWrites; i++) x.aw(), x.w();
  };
  bound<TestType>("one write too many", fill, [](auto &x) { x.aw(), x.w(); });
  bound<TestType>(
      "one answer too many",
      [&](auto &x) {
        fill(x);
        for (unsigned i = 0; i < R::kMaxWrites; i++) x.b();
      },
      [](auto &x) { x.b(); });
  Rules<TestType> x;  // again and again at the bound
  fill(x);
  for (unsigned i = 0; i < 1000; i++) x.b(), x.aw(), x.w();
  CHECK(x.fine());
}

RULES_TEST("The rules let AW and W be one burst apart and no more", "[axi][rules]") {
  using R = Rules<TestType>;
  bound<TestType>(
      "AW ahead", [](auto &x) { x.aw(); }, [](auto &x) { x.aw(); });
  bound<TestType>(
      "W ahead", [](auto &x) { x.w(); }, [](auto &x) { x.w(); });
  bound<TestType>(
      "answer before W", [](auto &x) { x.aw(); }, [](auto &x) { x.b(); });
  bound<TestType>(
      "answer before AW", [](auto &x) { x.w(); }, [](auto &x) { x.b(); });
  bound<TestType>(
      "foreign answer", [](auto &x) { x.aw(), x.w(); }, [](auto &x) { x.b(1); });
  bound<TestType>(
      "W too long",
      [](auto &x) {
        for (unsigned i = 1; i < R::kWriteBeats; i++) x.w_beat(false);
      },
      [](auto &x) { x.w_beat(false); });
  if (R::kWriteBeats == 2) {
    bound<TestType>(
        "W too short", [](auto &x) { x.w(); }, [](auto &x) { x.w_beat(true); });
  }
}

RULES_TEST("The rules keep bursts in their page", "[axi][rules]") {
  using R = Rules<TestType>;
  static constexpr uint64_t kPage = 0x123456789000;
  bound<TestType>(
      "AR from the first beat", [](auto &x) { x.ar(1, kPage, R::kLast); },
      [](auto &x) { x.ar(2, kPage + R::kBus, R::kLast); });
  bound<TestType>(
      "AR from the last beat", [](auto &x) { x.ar(1, kPage + 4096 - R::kBus, 0); },
      [](auto &x) { x.ar(2, kPage + 4096 - R::kBus, 1); });
  bound<TestType>(
      "AW from the last beat", [](auto &x) { x.aw(kPage + 4096 - R::kBus, 0), x.w(); },
      [](auto &x) { x.aw(kPage + 4096 - R::kBus, 1), x.w(); });
}

RULES_TEST("The rules know each read id and each beat", "[axi][rules]") {
  using R = Rules<TestType>;
  bound<TestType>(
      "an id twice",
      [](auto &x) {
        for (unsigned id = 0; id < 1024; id++) x.ar(id, 0, 0);
      },
      [](auto &x) { x.ar(1023, 0, 0); });
  bound<TestType>(
      "a beat without a burst",
      [](auto &x) {
        for (unsigned id = 0; id < 1024; id++) x.ar(id, 0, id & 1);
        for (unsigned id = 1023; id + 1 > 0; id--) {
          x.r(id, !(id & 1));
          if (id & 1) x.r(id, true);
        }
        x.ar(1023, 0, 0), x.r(1023, true);
      },
      [](auto &x) { x.r(1023, true); });
  auto most = [](auto &x) {
    x.ar(5, 0, R::kLast);
    for (unsigned i = 0; i < R::kLast; i++) x.r(5, false);
  };
  bound<TestType>("the longest burst without an end", most, [](auto &x) { x.r(5, false); });
  bound<TestType>(
      "the longest burst and a beat", [&](auto &x) { most(x), x.r(5, true); },
      [](auto &x) { x.r(5, true); });
  bound<TestType>(
      "an end too early",
      [](auto &x) {
        x.ar(5, 0, R::kLast);
        for (unsigned i = 1; i < R::kLast; i++) x.r(5, false);
      },
      [](auto &x) { x.r(5, true); });
}

RULES_TEST("The rules want an offer to stand", "[axi][rules]") {
  auto open = [](auto &x) {
    x.ar(3, 0, 1), x.aw(), x.w();
    x.dut().arready = x.dut().rready = x.dut().awready = x.dut().wready = x.dut().bready = 0;
  };
  auto stands = [&](auto set, auto change) {
    return std::pair{[=](auto &x) {
                       open(x), set(x.dut());
                       for (unsigned i = 0; i < 3; i++) x.tick();
                       CHECK(!x.broken());
                     },
                     [=](auto &x) { change(x.dut()), x.tick(); }};
  };
  // `fine` takes the offers away, so the legal part ends before it
  auto check = [](const char *what, auto both) {
    INFO(what);
    Rules<TestType> x;
    both.first(x);
    both.second(x);
    x.tick();
    CHECK(x.broken());
  };
  auto ar = [](auto &d) { d.arvalid = 1, d.arid = 4; };
  auto r = [](auto &d) { d.rvalid = 1, d.rid = 3, d.rlast = 0; };
  auto aw = [](auto &d) { d.awvalid = 1; };
  auto w = [](auto &d) { d.wvalid = 1, d.wlast = sizeof(d.wdata) == 64; };
  auto b = [](auto &d) { d.bvalid = 1, d.bid = 0; };
  check("AR drops", stands(ar, [](auto &d) { d.arvalid = 0; }));
  check("AR id", stands(ar, [](auto &d) { d.arid = 6; }));
  check("AR address", stands(ar, [](auto &d) { d.araddr ^= 64; }));
  check("AR length", stands(ar, [](auto &d) { d.arlen ^= 1; }));
  check("R drops", stands(r, [](auto &d) { d.rvalid = 0; }));
  check("R response", stands(r, [](auto &d) { d.rresp ^= 2; }));
  check("R data", stands(r, [](auto &d) { d.rdata[0] ^= 1; }));
  check("AW drops", stands(aw, [](auto &d) { d.awvalid = 0; }));
  check("AW address", stands(aw, [](auto &d) { d.awaddr ^= 64; }));
  check("W drops", stands(w, [](auto &d) { d.wvalid = 0; }));
  check("W data", stands(w, [](auto &d) { d.wdata[0] ^= 1; }));
  check("W lanes", stands(w, [](auto &d) { d.wstrb ^= 1; }));
  check("B drops", stands(b, [](auto &d) { d.bvalid = 0; }));
  check("B response", stands(b, [](auto &d) { d.bresp ^= 2; }));
}

TEST_CASE("No assertion speaks before the first reset and all do after it", "[axi][rules]") {
  for (int seed = 1; seed <= 20; seed++) {
    WatchBench<Vaxi1> bench(seed);  // tables, counters and inputs are random
    auto &d = bench.dut();
    d.rst_n = 1;
    for (unsigned i = 0; i < 20; i++) {
      d.m_axi_rid = uint16_t(i * 37 & 0x3ff);
      d.m_axi_rvalid = d.m_axi_bvalid = i & 1;
      bench.tick();
    }
    INFO("seed " << seed);
    CHECK(!bench.broken());
    for (unsigned c = 0; c < 4; c++) d.req_valid[c] = 0;
    d.m_axi_rvalid = d.m_axi_bvalid = d.write_valid = 0;
    bench.reset();
    for (unsigned i = 0; i < 300; i++) bench.tick();
    CHECK(!bench.broken());
    if (seed & 1) {
      d.write_valid = 1, d.write_addr = 8;  // INTG of vmso_axi_write
    } else {
      d.m_axi_rvalid = 1;  // of vmso_axi_read
    }
    bench.tick();
    bench.tick();
    CHECK(bench.broken());
  }
}
