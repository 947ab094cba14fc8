// SPDX-License-Identifier: Apache-2.0
// A BPF program at the ingress of a network device that puts headers between Ethernet and IP, so
// that the kernel's segmentation meets GRE and IP in IP.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace vmso::referee {

class Encapsulation {
 public:
  // Attaches to a device of the calling thread's network namespace.
  explicit Encapsulation(unsigned device);
  ~Encapsulation();
  Encapsulation(const Encapsulation &) = delete;
  Encapsulation &operator=(const Encapsulation &) = delete;

  const std::string &missing() const { return missing_; }  // empty: it works

  // What goes into each packet behind its Ethernet header from now on; empty: nothing.
  // `ether_type` is what that header gets, `inner_ethernet` how many bytes at the end of `headers`
  // are an Ethernet header that a GRE tunnel carries.
  void set(std::span<const uint8_t> headers, unsigned ether_type, bool gre,
           unsigned inner_ethernet);

 private:
  std::string missing_;
  int map_ = -1, program_ = -1, link_ = -1;
};

}  // namespace vmso::referee
