// SPDX-License-Identifier: Apache-2.0
// The bench itself: what a figure says of its must and aim, its JSON, and limits that are known by
// hand. Rates are not tested here: `vmso bench` is where they are measured and judged.
#include <nlohmann/json.hpp>

#include "bench/figure.hpp"
#include "vmso_catch.hpp"

using namespace vmso;
using namespace vmso::bench;

TEST_CASE("A figure meets a must exactly and an aim within 0.2 percent", "[bench]") {
  Figure f;
  f.must = 24.2;
  f.aim = 24.0;
  f.measured = 24.2;
  CHECK(f.meets_must());
  CHECK(!f.meets_aim());
  f.measured = 24.2001;
  CHECK(!f.meets_must());
  f.measured = 24.04;
  CHECK(f.meets_aim());
  f.measured = 24.05;
  CHECK(!f.meets_aim());
  f.more_is_better = true;
  f.must = 60e3;
  f.measured = 59999;
  CHECK(!f.meets_must());
  f.measured = 60000;
  CHECK(f.meets_must());
  f.must.reset();
  f.measured = 0;
  CHECK(f.meets_must());
}

TEST_CASE("The limit of aligned 64-byte frames is their two reads of 64 bytes", "[bench]") {
  Workload w;
  w.config = Config::kSmall;
  w.latency = 20;
  w.kind = VMSO_KIND_FRAME;
  w.job_bytes = 64;
  w.offset = 0;
  w.frames = 300;
  Rates r = measure(w);
  CHECK(r.needed_read_beats == 8);
  CHECK(r.wire_beats == 4);
  CHECK(std::string(r.bound()) == "R beats");
  CHECK(r.limit() == 8);
  CHECK(r.cycles >= 7.9);
  CHECK(r.stages.size() == 5);
  for (const Stage &s : r.stages) {
    INFO(s.name);
    CHECK(s.busy > 0);
    CHECK(s.busy + s.blocked + s.starved <= 1.1);  // counters are read one after the other
  }
}

TEST_CASE("Cold jobs walk for their pages and warm ones do not", "[bench]") {
  Workload w;
  w.config = Config::kSmall;
  w.latency = 20;
  w.job_bytes = 5 * 1448;
  w.frames = 100;
  CHECK(measure(w).table_reads_per_job == 0);
  w.cold = true;
  double reads = measure(w).table_reads_per_job;
  CHECK(reads >= 3);  // the root's line is shared, the other levels are each job's own
  CHECK(reads <= 5);
}

TEST_CASE("The JSON of a figure has the names that scripts rely on", "[bench]") {
  Figure f;
  f.name = "segment_1514";
  f.config = "wide";
  f.latency = 100;
  f.queues = 4;
  f.unit = "cycles/frame";
  f.measured = f.limit = 24;
  f.bound = "wire beats";
  f.must = 24.2;
  f.stages = {{"seg", 0.1, 0, 0.9}, {"out", 1, 0, 0}};
  nlohmann::json j = to_json({f})[0];
  CHECK(j["name"] == "segment_1514");
  CHECK(j["config"] == "wide");
  CHECK(j["latency"] == 100);
  CHECK(j["order"] == "in order");
  CHECK(j["queues"] == 4);
  CHECK(j["measured"] == 24.0);
  CHECK(j["limit"] == 24.0);
  CHECK(j["unit"] == "cycles/frame");
  CHECK(j["limited_by"] == "wire beats");
  CHECK(j["must"] == 24.2);
  CHECK(j["aim"].is_null());
  CHECK(j["meets_must"] == true);
  CHECK(j["bottleneck"] == "out");
  CHECK(j["stages"]["out"]["busy"] == 1.0);
  CHECK(to_csv({f}).find("\nsegment_1514,,,0,wide,100,in order,4,cycles/frame,24.0000") !=
        std::string::npos);
}
