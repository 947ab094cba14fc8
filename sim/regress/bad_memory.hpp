// SPDX-License-Identifier: Apache-2.0
// Memory that a job cannot be sent from: an entry with a turned bit, an address where nothing can
// be. What the job's end has to say is what the reference walker (sim/check/walker) says of it. For
// queues that do not park, before the job is posted; where nothing fits, the job stays a good one.
#pragma once
#include "model/random.hpp"
#include "system/system.hpp"

namespace vmso::regress {

// Puts the payload where the job will find it, for those who have to know before it is posted.
void place(System &s, unsigned queue, JobSpec &spec);
// Turns a bit of the entry of a 4 KiB page that is the job's alone.
void turn_a_bit(System &s, unsigned queue, JobSpec &spec, Random &random);
// Moves a buffer to where nothing can be.
void send_nowhere(System &s, unsigned queue, JobSpec &spec, Random &random);

}  // namespace vmso::regress
