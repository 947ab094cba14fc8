// SPDX-License-Identifier: Apache-2.0
// The measuring of fairness itself: how a loss is judged, whose turn it is on the register bus, and
// a share that is known by hand. What the engine does under attack is measured by `vmso bench
// fair`.
#include <nlohmann/json.hpp>

#include "bench/fair.hpp"
#include "hostile_run.hpp"

namespace vmso::test {

using namespace vmso::bench;

namespace {

Cell cell(double frames, double worst) {
  Cell c;
  c.options.config = Config::kWide;
  c.options.queues = 2;
  c.options.honest = honest_loads()[0];
  c.frames = frames;
  c.worst_frames = worst;
  return c;
}

bool near(double a, double b) { return std::abs(a - b) < 1e-9; }

}  // namespace

TEST_CASE("A loss is that of the worst queue and a gain of others does not hide it", "[bench]") {
  Cell fair = cell(0.1, 0.1);
  CHECK(loss(cell(0.2, 0.2), fair).judged() == 0);
  CHECK(near(loss(cell(0.05, 0.05), fair).judged(), 50));
  Loss one = loss(cell(0.15, 0.05), fair);  // together more than their share, one half of it
  CHECK(one.mean == 0);
  CHECK(near(one.worst, 50));
  CHECK(near(one.judged(), 50 - one.spread));
  CHECK(near(one.spread, 200 / (0.1 * 20000)));  // two frames of the window
  CHECK(loss(cell(0, 0), fair).judged() == 100);
}

TEST_CASE("Owners of the register bus take turns", "[harness]") {
  auto o = options(0xc00);
  o.queues = 2;
  VMSO_SAY_HOW(o);
  System s(o);
  unsigned owner = s.bus.add_owner(), writes = 0;
  for (unsigned i = 0; i < 200; i++) {
    s.bus.write(owner, VMSO_REG_DOORBELL(1) + VMSO_REG_DOORBELL_CONSUMER, 0, 15,
                [&](uint32_t, uint64_t) { writes++; });
  }
  for (unsigned i = 1; i <= 20; i++) {
    CHECK(s.read32(VMSO_REG_ID) == VMSO_REG_ID_VALUE);  // what was read, not what the other wrote
    CHECK(writes <= i + 1);
    CHECK(writes >= i - 1);
  }
  s.run_until([&] { return writes == 200; }, 10000);
  VMSO_CHECK_CLEAN(s);
}

TEST_CASE("Two honest queues have half of the wire each and their commands end", "[bench]") {
  CellOptions o;
  o.config = Config::kSmall;
  o.latency = 20;
  o.queues = 2;
  o.honest = honest_loads()[1];
  Cell c = run_cell(o);
  CHECK(c.trouble == "");
  CHECK(1 / c.frames >= 2 * 95);   // 1514 bytes are 95 beats
  CHECK(1 / c.frames <= 2 * 102);  // R: a slot of 4 beats, and odd offsets
  CHECK(c.commands.worst() < double(kNever));
  CHECK(c.commands.stop > 0);
  CHECK(c.commands.reset > 0);
  CHECK(c.register_access > 0);
}

TEST_CASE("A share that nobody gets is a loss of 100 percent and never a hang", "[bench]") {
  FairRow row;
  row.cell = cell(0, 0);
  row.cell.options.attacker = "cold_32";
  row.cell.commands.stop = kInfinite;
  row.fair = 0.1;
  row.loss = loss(row.cell, cell(0.1, 0.1));
  nlohmann::json j = to_json(std::vector{row})[0];
  CHECK(j["attacker"] == "cold_32");
  CHECK(j["honest"] == "tcp_64k");
  CHECK(j["loss_percent"] == 100);
  CHECK(nlohmann::json::parse(j.dump())["stop"].is_null());  // there is no such number in JSON
  CHECK(to_csv(std::vector{row}).find("cold_32,tcp_64k,wide,250,2,10.000,inf,100.000") !=
        std::string::npos);
  CHECK(to_csv(std::vector{row}).find(",never,") != std::string::npos);
  row.cell.options.attacker.clear();  // honest queues alone have a row, too
  CHECK(to_csv(std::vector{row}).find("none,tcp_64k") != std::string::npos);
}

}  // namespace vmso::test
