// SPDX-License-Identifier: Apache-2.0
#include "bus/axil_share.hpp"

#include <algorithm>
#include <utility>

namespace vmso {

void AxilShare::add(unsigned owner, Access access) {
  if (owner != 0 && first_only_) return;
  lines_.at(owner).push_back(std::move(access));
}

void AxilShare::write(unsigned owner, uint32_t offset, uint32_t data, uint8_t strobes, Then then) {
  add(owner, {offset, data, strobes, true, std::move(then)});
}

void AxilShare::read(unsigned owner, uint32_t offset, Then then) {
  add(owner, {offset, 0, 15, false, std::move(then)});
}

void AxilShare::silence_others() {
  first_only_ = true;
  for (size_t i = 1; i < lines_.size(); i++) lines_[i].clear();
}

void AxilShare::sample(uint64_t now) {
  if (!running_ || !master_.done()) return;
  running_ = false;
  slowest = std::max(slowest, now - offered_);
  if (current_.then) current_.then(master_.data(), now);
}

void AxilShare::drive(uint64_t now) {
  if (running_ || !master_.done()) return;
  for (size_t i = 1; i <= lines_.size(); i++) {
    unsigned owner = unsigned((turn_ + i) % lines_.size());
    if (lines_[owner].empty()) continue;
    current_ = std::move(lines_[owner].front());
    lines_[owner].pop_front();
    turn_ = owner;
    running_ = true;
    offered_ = now;
    if (current_.write) {
      master_.start_write(current_.offset, current_.data, current_.strobes);
    } else {
      master_.start_read(current_.offset);
    }
    return;
  }
}

void AxilShare::restart() {
  for (auto &line : lines_) line.clear();
  running_ = false;
}

}  // namespace vmso
