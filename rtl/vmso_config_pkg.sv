// SPDX-License-Identifier: Apache-2.0
// The named configurations and every size that follows from one of them.
//
// A configuration is one packed struct that travels down the hierarchy as parameter `Cfg`; a module
// derives its own widths from it and types no size a second time. docs/architecture.md, Sizes,
// has them side by side.
package vmso_config_pkg;

  typedef struct packed {
    int unsigned data_bits;       // width of m_axi data and m_axis: 128, 256 or 512
    int unsigned queues;          // send queues, 1..4096
    int unsigned contexts;        // address spaces, 1..4096
    int unsigned vectors;         // interrupt vectors, 1..32
    int unsigned read_latency;    // read latency to hide, cycles; reset value of the read window
    int unsigned frame_slots;     // frames between order and wire = payload reads in flight
    int unsigned store_bytes;     // frame store, the gather lane in it
    int unsigned gather_rows;     // rows of the gather lane: a largest frame and a row, and
                                  // an even number, as the ring begins behind them; 0: none
    int unsigned store_limit;     // reset value of the store limit register, rows
    int unsigned first_slots;     // ring slots prefetched, all queues
    int unsigned jobs;            // loaded jobs
    int unsigned runs_per_job;    // run FIFO entries of a job: always 32 in this release
    int unsigned walk_slots;      // page walks at once
    int unsigned tlb_lines;       // TLB lines of eight translations
    int unsigned formats;         // address formats, bit n: format code n; codes 0 and 1 always
    int unsigned template_bytes;  // longest header template, >= 256
    int unsigned max_frame;       // longest frame without FCS
  } config_t;

  localparam int unsigned AllFormats = 32'h1ff;

  // 128 bit, 4 queues.
  localparam config_t Small = '{
    data_bits: 128, queues: 4, contexts: 8, vectors: 1, read_latency: 256, frame_slots: 64,
    store_bytes: 65536, gather_rows: 578, store_limit: 736, first_slots: 128, jobs: 32,
    runs_per_job: 32, walk_slots: 8, tlb_lines: 128, formats: AllFormats, template_bytes: 256,
    max_frame: 9216
  };
  // 256 bit, 64 queues.
  localparam config_t Default = '{
    data_bits: 256, queues: 64, contexts: 64, vectors: 8, read_latency: 256, frame_slots: 128,
    store_bytes: 65536, gather_rows: 290, store_limit: 496, first_slots: 256, jobs: 64,
    runs_per_job: 32, walk_slots: 16, tlb_lines: 512, formats: AllFormats, template_bytes: 256,
    max_frame: 9216
  };
  // 512 bit, 1024 queues.
  localparam config_t Wide = '{
    data_bits: 512, queues: 1024, contexts: 1024, vectors: 32, read_latency: 400, frame_slots: 256,
    store_bytes: 65536, gather_rows: 146, store_limit: 520, first_slots: 512, jobs: 128,
    runs_per_job: 32, walk_slots: 32, tlb_lines: 2048, formats: AllFormats, template_bytes: 256,
    max_frame: 9216
  };

  // The configuration of a number, as vmso_top's parameter `Config` names them.
  function automatic config_t named(int unsigned number);
    case (number)
      0: return Small;
      2: return Wide;
      default: return Default;
    endcase
  endfunction

  // Bytes of one bus beat = bytes of one frame store row.
  function automatic int unsigned bus_bytes(config_t cfg);
    return cfg.data_bits / 8;
  endfunction

  // Rows of the frame store, both banks together.
  function automatic int unsigned store_rows(config_t cfg);
    return cfg.store_bytes / bus_bytes(cfg);
  endfunction

  // Rows of it that frames take in turn, behind those of the gather lane.
  function automatic int unsigned ring_rows(config_t cfg);
    return store_rows(cfg) - cfg.gather_rows;
  endfunction

  // Frames whose payload is landing or has landed: those of the orders, and those of the gather lane.
  localparam int unsigned LaneFrames = 4;
  function automatic int unsigned landing_frames(config_t cfg);
    return cfg.frame_slots + (cfg.gather_rows != 0 ? LaneFrames : 0);
  endfunction

  // Header templates held at once: a template outlives its job entry until its last frame has left.
  function automatic int unsigned templates(config_t cfg);
    return 2 * cfg.jobs;
  endfunction

  // Frame store rows that one template takes.
  function automatic int unsigned template_rows(config_t cfg);
    return cfg.template_bytes / bus_bytes(cfg);
  endfunction

  // Job entries that are kept for short jobs of queues that were idle: none if each queue can have one anyway.
  function automatic int unsigned idle_jobs(config_t cfg);
    return cfg.queues > cfg.jobs ? cfg.jobs / 32 : 0;
  endfunction

  // Job entries that are kept for queues that hold none.
  function automatic int unsigned first_jobs(config_t cfg);
    return cfg.jobs / 16 - idle_jobs(cfg);
  endfunction

  // Beats that a queue of weight 1 may send in its turn: of 1024 bytes. Small, so that a queue whose jobs are
  // tiny has enough of them loaded for the turns of a large weight; a longer frame is paid in several turns.
  function automatic int unsigned quantum_beats(config_t cfg);
    return 1024 / bus_bytes(cfg);
  endfunction

  // Completions on their way to memory: the smallest jobs take a slot and a payload beat of 64 bytes
  // each, and each leaves a record that is answered a latency later. 8..512.
  function automatic int unsigned writes_in_flight(config_t cfg);
    int unsigned wanted;
    wanted = 2**$clog2(cfg.read_latency * bus_bytes(cfg) / 128);
    return wanted < 8 ? 8 : wanted > 512 ? 512 : wanted;
  endfunction

  // The same engine without a gather lane.
  function automatic config_t without_gather(config_t cfg);
    config_t changed;
    changed             = cfg;
    changed.gather_rows = 0;
    return changed;
  endfunction

  // The same engine with other address formats, one bit a format_e; identity stays.
  function automatic config_t with_formats(config_t cfg, int unsigned formats);
    config_t changed;
    changed         = cfg;
    changed.formats = formats;
    return changed;
  endfunction
endpackage : vmso_config_pkg
