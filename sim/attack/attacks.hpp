// SPDX-License-Identifier: Apache-2.0
// The attacks. Each says in one line what it wants to use up.
#pragma once
#include <array>

#include "attack/attacker.hpp"

namespace vmso {

// Legal frames in 32 pieces, each on a page that nobody has looked at and that needs a walk of all
// levels: walk slots. The tables are folded: every entry of a level leads to the same table below.
class ColdFragments : public Attacker {
 public:
  ColdFragments(System &system, unsigned queue, uint64_t seed);

 protected:
  bool post() override;
  bool faults_ = false;  // the first piece is nowhere

 private:
  static constexpr unsigned kPieces = 32;
  uint64_t cold_address();
};

// The same, and every job ends with a fault and an unload while its other walks are under way.
class AllFault : public ColdFragments {
 public:
  AllFault(System &system, unsigned queue, uint64_t seed);
};

// Segments of one byte behind headers of 66: header patches and orders, for few reads.
class MssOne : public Attacker {
 public:
  MssOne(System &system, unsigned queue, uint64_t seed);

 protected:
  bool post() override;

 private:
  UserBuffer payload_;
  Header header_;
};

// Jobs that send nothing: slot reads and orders.
class NoOps : public Attacker {
 public:
  using Attacker::Attacker;

 protected:
  bool post() override;
};

// Jobs that are refused at the first look.
class RefusedJobs : public Attacker {
 public:
  using Attacker::Attacker;

 protected:
  bool post() override;
};

// One small frame at the end of a chain of slots that hold nothing.
class EmptyChains : public Attacker {
 public:
  EmptyChains(System &system, unsigned queue, uint64_t seed);

 protected:
  bool post() override;

 private:
  UserBuffer payload_;
};

// Frames in pieces of one byte, four of which fill his ring: the gather lane. Of every second one
// the last piece is nowhere, so what was gathered goes for nothing, and the queue comes back.
class OneBytePieces : public Attacker {
 public:
  OneBytePieces(System &system, unsigned queue, uint64_t seed);

 protected:
  bool post() override;

 private:
  UserBuffer payload_;
  bool faults_ = false;
};

// Slots of random words, most of them with a field or two that would do; they change while they are
// read. His kernel brings the queue back from ERROR.
class GarbageSlots : public Attacker {
 public:
  GarbageSlots(System &system, unsigned queue, uint64_t seed);
  void restart() override;

 protected:
  bool post() override;
  void behave(uint64_t now) override;

 private:
  void garbage(std::array<uint64_t, 8> &words);
  UserBuffer payload_;
  uint64_t look_at_ = 0;
  uint16_t last_seen_ = 0;
  bool off_ = false;
};

// Tables that are their own tables below; some walks end at a page, some at nothing.
class LoopingTables : public Attacker {
 public:
  LoopingTables(System &system, unsigned queue, uint64_t seed);

 protected:
  bool post() override;
};

// Small frames; the doorbell page is written as fast as the bus takes it.
class DoorbellStorm : public Attacker {
 public:
  DoorbellStorm(System &system, unsigned queue, uint64_t seed);

 protected:
  bool post() override;
  void behave(uint64_t now) override;

 private:
  UserBuffer payload_;
};

// A ring full of frames, ENABLE, and RESET a little later.
class ResetLoop : public Attacker {
 public:
  ResetLoop(System &system, unsigned queue, uint64_t seed);
  void restart() override;

 protected:
  bool post() override;
  void behave(uint64_t now) override;

 private:
  UserBuffer payload_;
  uint64_t next_ = 0;
  bool off_ = false;
};

// Jobs that fill his completion ring, frames behind them; no place of the ring is ever handed back.
class NeverReaps : public Attacker {
 public:
  NeverReaps(System &system, unsigned queue, uint64_t seed);

 protected:
  bool post() override;

 private:
  UserBuffer payload_;
};

// Cold pieces as above, with STOP and ENABLE in turn: unloads that wait for many walks.
class StopLoop : public ColdFragments {
 public:
  using ColdFragments::ColdFragments;
  void restart() override;

 protected:
  void behave(uint64_t now) override;

 private:
  uint64_t next_ = 0;
  bool stopped_ = false;
};

}  // namespace vmso
