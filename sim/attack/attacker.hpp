// SPDX-License-Identifier: Apache-2.0
// The owner of a queue who wants to harm the others, or does not care.
//
// He has what a process has: his ring, his completion ring, his doorbell page, his memory and page
// tables that his kernel wrote for him. Some also have commands of their own queue carried out over
// and over, as a kernel does for a process that asks. He reaches nothing else: whatever the others
// lose is the engine's doing. All of his memory holds kHostileByte, so his frames show whether they
// carry somebody else's bytes.
//
// Each cycle he takes his completions, writes as many jobs as his ring holds and rings his
// doorbell, with one register access waiting at a time (AxilShare gives everybody his turn). An
// attack is what he writes (post) and what else he does (behave).
//
// attack_names() lists the attacks; make_attacker() makes one by name.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "system/system.hpp"

namespace vmso {

constexpr uint8_t kHostileByte = 0xa7;

class Attacker : public Agent {
 public:
  Attacker(System &system, unsigned queue, uint64_t seed);
  // From now on he acts; his queue has to be configured and enabled.
  void start();
  // The queue was configured and enabled anew, by a soft reset: what he had posted is gone.
  void restart() override;
  void act(uint64_t now) override;

  unsigned queue() const { return queue_; }
  uint64_t jobs_posted() const { return posted_; }
  uint64_t completions_seen() const { return completions_; }
  uint64_t commands_done() const { return commands_; }

 protected:
  // Writes one job behind the others; false if there is no room for it.
  virtual bool post() = 0;
  // Called when no access of his is waiting: a chance for one more.
  virtual void behave(uint64_t) {}

  // ---- what attacks are made of
  // Memory that is there, filled with kHostileByte.
  UserBuffer buffer(uint32_t bytes);
  // A header template in his memory, and a job that cuts a buffer behind copies of it.
  struct Header {
    UserBuffer at;
    uint16_t l3, l4;
  };
  Header tcp_header();
  static vmso_job tcp_of(const Header &header, const vmso_buffer_ref &payload, uint16_t mss);
  // A job of a driver that obeys; false if the ring is full.
  bool post_job(const vmso_job &job);
  bool post_slots(std::span<const uint64_t> words);
  // A command, then polls STATE until it reads `state` and nothing is pending, or `patience` is
  // over. Until then post() and behave() are not called; what was posted is forgotten if the state
  // is OFF.
  void command(vmso_queue_cmd command, enum vmso_queue_state state, uint64_t patience = 20000);
  void doorbell(uint16_t producer);
  void consumer_doorbell(uint16_t consumer);

  System &system_;
  const unsigned queue_;
  Random random_;
  vmso_ring ring_{};
  bool acks_ = true;  // hands places of his completion ring back

 private:
  void forget_ring();
  void poll();

  unsigned owner_;  // on the register bus
  uint16_t rung_ = 0, acked_ = 0;
  uint64_t posted_ = 0, completions_ = 0, commands_ = 0, give_up_at_ = 0;
  enum vmso_queue_state awaited_ = VMSO_QUEUE_RUN;
  bool waits_ = false;  // for the end of a command
};

// In the order of the tables of `vmso bench fair`.
const std::vector<std::string> &attack_names();
// Throws Error for a name that does not exist.
std::unique_ptr<Attacker> make_attacker(const std::string &name, System &system, unsigned queue,
                                        uint64_t seed);

}  // namespace vmso
