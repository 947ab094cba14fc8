// SPDX-License-Identifier: Apache-2.0
// Packets with a virtio_net_hdr through the engine: what `vmso segment` does, wherever the packets
// come from.
//
// Each packet becomes a job as a driver would make it (driver/vmso_virtio.h). Its payload lies in
// one to kMostBuffers buffers of random sizes at random places of a process's memory, its header in
// kernel memory. Several jobs are under way, at most kJobs with kBytes of packets; answers come in
// the order of the packets, and at most kAnswers wait for their turn. When kRetired bytes have been
// sent a fence makes the engine forget their pages, and they are used again. So memory is bounded:
// by these, and by the frames of the packets that are under way.
//
// Every frame and completion goes through the scoreboard; conclude() tells what was wrong.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "system/system.hpp"
#include "vmso_virtio.h"

namespace vmso {

struct PacketAnswer {
  int count = 0;                // of frames, or a vmso_refusal
  std::vector<uint8_t> frames;  // {u32 length, little endian, bytes} each
};
void for_each_frame(const PacketAnswer &answer,
                    const std::function<void(std::span<const uint8_t>)> &use);

class PacketEngine {
 public:
  static constexpr unsigned kJobs = 32, kMostBuffers = 8;
  static constexpr size_t kAnswers = 1024;
  static constexpr uint64_t kBytes = 1 << 20, kRetired = 4 << 20;
  // Larger packets need not be pushed, no job can hold them: refuse them.
  static constexpr uint32_t kMostPacketBytes = (1u << 24) + 512;

  // `pad`: frames as they are on the wire, at least 60 bytes; else as long as their headers say.
  PacketEngine(const SystemOptions &options, bool pad,
               std::function<void(const PacketAnswer &)> on_answer);

  // Takes a packet; runs the engine as long as there is no room. An answer may come at once.
  void push(std::span<const uint8_t> vnet, std::vector<uint8_t> packet);
  // A packet that is not even looked at gets its answer, in its turn.
  void refuse(int refusal);
  // Until all answers were given.
  void finish();
  // Ends the run: what was wrong; empty if nothing was.
  std::string conclude();

  System &system() { return *system_; }
  uint64_t frames() const { return frames_; }  // in answers, so far

 private:
  struct Open {
    uint64_t cookie = 0;  // 0: refused
    bool ended = false;
    std::vector<uint8_t> packet;
    uint32_t header_bytes = 0, payload_bytes = 0, piece = 0;  // piece: payload of a full frame
    std::vector<UserBuffer> buffers;
    PacketAnswer answer;
  };

  void post(const vmso_job &job, std::span<const uint8_t> head, std::vector<uint8_t> packet,
            uint32_t payload_at);
  std::vector<UserBuffer> place(std::span<const uint8_t> payload);
  void take(const StreamFrame &frame);
  void look_at_completions();
  void give_answers();
  void wait();  // until a job ends
  void retire();
  Open *find(uint64_t cookie);

  std::unique_ptr<System> system_;
  bool pad_;
  std::function<void(const PacketAnswer &)> on_answer_;
  Random random_;
  std::deque<Open> open_;
  unsigned jobs_ = 0;   // of open_ that have not ended
  uint64_t bytes_ = 0;  // of packets in open_
  uint64_t retired_ = 0, frames_ = 0;
  std::vector<UserBuffer> unmapped_;  // wait for a fence
};

}  // namespace vmso
