// SPDX-License-Identifier: Apache-2.0
#include "model/dut.hpp"

#include <array>

namespace vmso {

namespace {
const std::array<ConfigInfo, 3> kConfigs = {{
    {"small", 128, 4, 8, 1, 9216, 256, 600},
    {"default", 256, 64, 64, 8, 9216, 256, 1200},
    {"wide", 512, 1024, 1024, 32, 9216, 256, 17500},
}};
}  // namespace

const ConfigInfo &config_info(Config config) { return kConfigs[size_t(config)]; }

Config config_named(const std::string &name) {
  for (size_t i = 0; i < kConfigs.size(); i++) {
    if (kConfigs[i].name == name) return Config(i);
  }
  throw Error("no configuration " + name + ": small, default or wide", 2);
}

}  // namespace vmso
