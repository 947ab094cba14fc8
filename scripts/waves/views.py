"""Views of a trace for GTKWave: which signals, in which groups, shown how.

A view follows the declarations: the ports of a room are read from its module, and grouped by channel
(NAME_valid, NAME_ready, NAME and what begins with NAME_). The members of a struct, their order, their
ranges and which of them are enums are taken from the trace, for a reader's spelling of a name is its own:
GTKWave finds `id[0][11:0]` where the library under Surfer says `id.[0]`, it finds nothing without the
range, and says nothing about what it does not find; Verilator calls a member `queue` `__SYM__queue`;
element 0 of the array `id` is `id[0]` (5.006) or `id.id[0]` (5.48) to GTKWave.

The tables below name what is worth seeing first. A name that is not there any more is an error.
"""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ROOMS = ["csr", "ring", "job", "run", "xlat", "seg", "read", "out", "cpl", "axi", "retire"]
VIEWS = ["engine"] + ROOMS
OPTIONAL = {"retire": "gen_retire."}  # rooms that a parameter asks for: their scope in vmso_top
CLASSES = ["walk", "slot", "template", "payload"]  # read_class_e, in its order

# The way of the data through vmso_top: each channel with its handshake and some of its payload, then how
# full the stage is and what it does.
ENGINE = [
    ("csr", "registers",
     ["s_axil_aw: addr", "doorbell: queue value", "command: queue cmd"],
     ["u_soft_reset.state_q"]),
    ("ring", "slots of the queues", ["slot_req: addr len", "slot: queue slot"],
     ["u_ring.u_fetch.fsm_q", "u_ring.u_load.verdict", "u_ring.u_ctl.fsm_q"]),
    ("job", "slots are checked", ["job_load: queue job kind status payload_bytes mss"],
     ["u_job.u_jobs.home_q = entries free"]),
    ("run", "buffers become runs", ["lookup: job run vpn again"], ["u_run.jobs_q = jobs", "lookup_waits"]),
    ("xlat", "pages are looked up", ["walk_req: addr", "fill: job run fault cause ppn"],
     ["u_xlat.u_slots.free = walk slots free", "u_xlat.u_finish.state_q", "u_xlat.u_fence.state_q"]),
    ("seg", "segments", ["fetch: job to_template bytes", "order: queue kind segment bytes last"],
     ["u_seg.state_q", "u_seg.act", "u_seg.u_credit.slots_used_q = frame slots used"]),
    ("read", "bursts", ["piece: addr bytes last", "payload_req: addr len"], []),
    ("axi", "reads of host memory", ["m_axi_ar: addr len id", "m_axi_r: id last resp", "read_rsp: cls id"],
     ["u_axi.u_read.flight_q = beats in flight"]),
    ("out", "frames", ["m_axis_t: last data", "left: queue sent"],
     ["u_out.u_stream.wire_left_q = bytes of the frame left"]),
    ("cpl", "completions", ["out_end: queue status segments", "write: addr", "m_axi_b: resp"],
     ["u_cpl.u_flight.count_q = records unanswered", "irq"]),
    ("retire", "what has left", ["retire: number fate queue slot segment bytes va ends status"],
     ["retire_pending"]),
]

# Of each room: the channels of its ports that come first, in the order of the data, and its state. `+`: in a
# closed group. `path = label`: a path does not always say what it is. `^`: from vmso_top on.
ROOM = {
    "csr": (
        ["s_axil_aw", "s_axil_w", "s_axil_b", "s_axil_ar", "s_axil_r", "doorbell", "command", "+queue_config",
         "+fence"],
        ["u_access.state_q", "u_access.write_q", "u_access.addr_q = word address", "^u_soft_reset.state_q",
         "u_fence.u_fifo.count_q = fences waiting", "u_fence.number_q", "fence_done_number", "sticky_now",
         "irq_pending", "irq_mask"]),
    "ring": (
        ["doorbell", "command", "slot_req", "read_rsp", "slot", "job_load", "job_free", "+unload", "+queue_fail"],
        ["u_fetch.fsm_q", "u_fetch.queue_q", "u_fetch.producer_q", "u_fetch.fetch_q",
         "u_batches.u_pool.home_q = blocks free", "u_batches.u_list.count_q = batches listed",
         "u_load.open_q", "u_load.queue_q", "u_load.index_q", "u_load.verdict",
         "u_ctl.fsm_q", "u_ctl.queue_q", "u_ctl.act_q", "u_ctl.state_q", "u_ctl.cmd_q", "u_ctl.what_q",
         "u_ctl.transit_q.phase", "u_chain.u_start.count_q = chains to begin"]),
    "job": (
        ["slot", "job_load", "job_free", "tmpl_free"],
        ["slot_valid_q", "job_q", "test_valid_q", "test_job_q", "u_jobs.home_q = entries free",
         "u_templates.home_q = templates free"]),
    "run": (
        ["job_load", "+chain_slot", "lookup", "busy", "fill", "ready_event", "fetch", "piece", "job_free"],
        ["jobs_q", "u_build.valid_q", "u_build.job_q", "u_build.alloc_q", "lookup_waits",
         "u_ask.u_again.count_q = jobs to ask anew", "u_rows.what_q",
         "u_rows.job_q", "u_fetch.busy_q", "u_fetch.job_q", "u_fetch.pos_q", "u_fetch.left_q", "u_ctl.mark_q",
         "u_reap.state_q", "u_elder.valid_q", "u_elder.job_q"]),
    "xlat": (
        ["lookup", "busy", "fill", "walk_req", "read_rsp", "+fence", "+mark", "+advise"],
        ["u_lookup.way_valid_q", "u_lookup.hit_q", "u_lookup.large_q", "u_lookup.cause_q",
         "u_slots.free = walk slots free", "u_slots.dead_q", "u_walk.u_fresh.count_q = walks to begin",
         "u_walk.u_down.count_q = walks to go down", "u_walk.out_q = table reads out",
         "u_walk.event_q.kind", "u_walk.event_q.level", "u_walk.event_q.ppn",
         "u_finish.state_q", "u_finish.u_done.count_q", "u_fence.state_q", "u_fence.number_q", "u_fence.colour_q",
         "u_advise.state_q"]),
    "seg": (
        ["job_load", "ready_event", "fetch", "order", "left", "+unload"],
        ["state_q", "queue_q", "has_job_q", "job_q", "act", "rest_q = bytes to send", "u_credit.slots_used_q",
         "u_look.ready_q = bytes ready", "u_credit.rows_used_q", "u_credit.limit_q", "u_list.u_events.count_q",
         "gen_lane.u_gather.held_q", "gen_lane.u_gather.fill_valid_q", "gen_lane.u_gather.fill_queue_q", "gen_lane.u_gather.bytes_q",
         "u_unload.state_q", "hold_issue", "issue_held"]),
    "read": (
        ["piece", "payload_req", "+tmpl_req", "read_rsp", "frame_open", "+tmpl_write", "+tmpl_done"],
        ["u_land.valid1_q", "u_land.template1_q", "u_land.beat1_q", "u_land.resp1_q", "u_land.last1_q",
         "u_land.valid4_q", "effect4.row", "effect4.rot", "bank_lanes[0] = lanes of even rows",
         "bank_lanes[1] = lanes of odd rows", "state_frame", "frame_state", "store_read_en", "store_read_row"]),
    "out": (
        ["order", "tmpl_done", "m_axis", "left", "end", "+queue_fail", "+bury"],
        ["come_q", "gone_q", "u_head.valid_q", "u_head.number_q", "u_head.age_q", "u_parse.busy_q",
         "u_stream.valid_q", "u_stream.begun_q", "u_stream.header_left_q", "u_stream.data_left_q",
         "u_stream.wire_left_q", "u_stream.u_beats.count_q = beats ready", "u_stream.u_ends.count_q = ends waiting",
         "u_bury.bury_q", "u_drop.u_waiting.count_q", "state_frame", "frame_state"]),
    "cpl": (
        ["out_end", "ring_end", "consumer", "write", "write_done", "ended"],
        ["busy_q", "end_q.queue", "end_q.status", "written_produced_q", "written_ended_q",
         "u_flight.count_q = records unanswered", "bell_q", "bell_queue_q",
         "u_fault.state_q", "u_fault.queue_q", "u_fault.u_faults.count_q", "irq_set"]),
    "axi": (
        ["slot_req", "walk_req", "tmpl_req", "payload_req", "m_axi_ar", "m_axi_r", "read_rsp", "write", "m_axi_aw",
         "m_axi_w", "m_axi_b", "write_done"],
        ["u_read.picked_valid_q", "u_read.picked_class_q", "u_read.flight_q = beats in flight"]
        + [f"u_read.gen_class[{i}].u_class.{path} = {name}: {what}" for i, name in enumerate(CLASSES)
           for path, what in [("home", "ids free"), ("gone_q", "ids lost"), ("u_dead.state_q", "dead")]]
        + ["u_read.u_refused.count_q", "u_read.epoch_q", "u_write.aw_left_q", "u_write.w_left_q",
           "u_write.u_order.count_q = writes unanswered"]),
    "retire": (["retire", "order", "left", "piece"], ["come_q", "gone_q", "number_q", "next.queue", "next.slot"]),
}

# Members of large structs that are shown first; the others are in a closed group behind them.
FIRST = {
    "slot_t": "queue slot data.kind data.payload_bytes data.mss data.slots data.buffer0_addr data.buffer0_bytes "
              "abort_it skip_bytes",
    "further_slot_t": "place[0].addr place[0].bytes place[1].addr place[1].bytes",
    "job_load_t": "queue job kind status slot slots payload_bytes mss header_bytes tmpl buffer0.addr buffer0.bytes",
    "lookup_t": "queue job run ctx vpn again",
    "fetch_t": "queue job to_template frame pos bytes job_last kill",
    "piece_t": "fetch.queue fetch.job fetch.to_template fetch.frame va addr pos bytes last",
    "order_t": "queue kind status slot segment bytes last tmpl row rows",
    "job_end_t": "queue slot status cause va segments bytes write irq",
    "retire_t": "number fate queue slot segment bytes va ends status",
    "fence_t": "kind ctx first last number",
}

# Ports that belong to a channel by their meaning, not by their name.
ALSO = {"read_rsp": ["read_data"], "end": ["job_end"]}

# Shown in hexadecimal: what is no number to count with. Everything of 32 bits and more is, but for BYTES.
HEX = re.compile(r"addr|va$|data|strb|keep|lanes|user|cookie|fold|(^|_)sum|flags|mask|sticky|^irq|^(free|dead_q|out_q)$")
BYTES = re.compile(r"bytes|timeout|cycles")

ZOOM = 16.6  # logarithm of the time, in ps, that 200 pixels show: 500 ns, 125 cycles, in the window

NORMAL, ORANGE, YELLOW = 0, 2, 3  # colours of GTKWave


def joined(path):
    """`id.[0]`, `id.id[0]`, `masks.[1].masks[1][0]`: elements of arrays, as the RTL has them."""
    return re.sub(r"\b(\w+)((?:\[\d+\])*)\.\1\2\[", r"\1\2[", path.replace(".[", "["))


class Signal:
    """One variable of a trace. `name` as GTKWave wants it; `key` as the RTL has it, without range."""

    def __init__(self, name, width, handle, enum):
        self.name = re.sub(r"\[(\d+):\1\]$", r"[\1]", name.replace(" [", "["))
        self.width = width
        self.handle = handle
        self.enum = enum
        path = re.sub(r" \[[^]]*\]$", "", name).replace("__SYM__", "")
        self.key = joined(path)
        self.other = self.key != path  # an element of an array, not as Verilator 5.006 spells it


class Trace:
    """The signals of an FST below vmso_top, by their RTL name. One of a run that was killed is read with
    FILE.hier beside it."""

    def __init__(self, path):
        import pylibfst  # not before enter_venv

        self.lib, self.ffi, self.text = pylibfst.lib, pylibfst.ffi, pylibfst.string
        self.blocks = pylibfst.fstReaderIterBlocks
        self.fst = self.lib.fstReaderOpen(str(path).encode())
        if self.fst == self.ffi.NULL:
            sys.exit(f"waves: {path} cannot be read; is it an FST? Of a run that goes on or was killed, the names "
                     f"are in {path}.hier, which has to be beside it")
        signals = list(self.read())
        tops = [s.key[: -len(".clk")] for s in signals if s.key.endswith(".u_top.clk")]
        if not tops:
            sys.exit(f"waves: {path} is no trace of the engine: there is no u_top in it")
        self.top = tops[0]
        self.signals = {}
        self.under = {}  # of a struct or packed array: its members
        for s in signals:
            if s.key.startswith(self.top + "."):
                key = s.key[len(self.top) + 1:]
                self.signals.setdefault(key, s)
                for end in re.finditer(r"[.[]", key):
                    self.under.setdefault(key[: end.start()], []).append(s)

    def read(self):
        """All variables, in the order of the file: struct members as they are declared."""
        lib = self.lib
        scopes, enum = [], False
        lib.fstReaderIterateHierRewind(self.fst)
        while True:
            node = lib.fstReaderIterateHier(self.fst)
            if node == self.ffi.NULL:
                return
            if node.htyp == lib.FST_HT_SCOPE:
                scopes.append(self.text(node.u.scope.name))
            elif node.htyp == lib.FST_HT_UPSCOPE:
                scopes.pop()
            elif node.htyp == lib.FST_HT_ATTRBEGIN:
                # a table of names has a name; what refers to it, before a variable, has none
                enum = node.u.attr.subtype == lib.FST_MT_ENUMTABLE and not self.text(node.u.attr.name)
            elif node.htyp == lib.FST_HT_VAR:
                var = node.u.var
                name = ".".join(scopes + [self.text(var.name)])
                yield Signal(name, var.length, var.handle, enum)
                enum = False

    def one(self, key):
        """The signals of a name: one, or the members of a struct or packed array."""
        if key in self.signals:
            return [self.signals[key]]
        if key not in self.under:
            sys.exit(f"waves: the trace has no {key} below {self.top}")
        return self.under[key]

    def first_one(self, key):
        """When the signal is 1 for the first time that the trace is out of reset, in units of the trace; None: never.
        Before the reset values are random."""
        signal, reset = self.one(key)[0], self.one("rst_n")[0]
        value, seen = {}, []

        def look(_, time, handle, bits):
            value[handle] = self.ffi.string(bits)
            if not seen and value.get(signal.handle) == value.get(reset.handle) == b"1":
                seen.append(time)

        self.lib.fstReaderClrFacProcessMaskAll(self.fst)
        for s in (signal, reset):
            self.lib.fstReaderSetFacProcessMask(self.fst, s.handle)
        self.blocks(self.fst, look)
        return seen[0] if seen else None

    def begins(self):
        """In units of the trace."""
        return self.lib.fstReaderGetStartTime(self.fst)


def enter_venv(missing):
    """What reads traces is in .venv. Goes on there, or ends with the exit code `missing` (77: a test is skipped)."""
    try:
        import pylibfst  # noqa: F401
        return
    except ImportError:
        python = ROOT / ".venv/bin/python3"
        if python.exists() and pathlib.Path(sys.prefix) != ROOT / ".venv":
            os.execv(python, [str(python), *sys.argv])
    print("SKIPPED: " * (missing == 77) + "the Python package `pylibfst`, which reads traces, is not installed: "
          "scripts/setup waves", file=sys.stderr)
    sys.exit(missing)


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def ports(module):
    """(direction, type, name) of a module's ports, as declared."""
    text = without_comments(module.read_text())
    head = text[text.index("\nmodule "): text.index("\n);")]
    found = re.findall(r"^\s*(input|output)\s+(?:vmso_\w+::)?(\w+)\s*((?:\[[^]]*\])*)\s*(\w+),?\s*$", head, re.M)
    if len(found) != len(re.findall(r"^\s*(?:input|output)\b", head, re.M)):
        sys.exit(f"waves: a port of {module.name} is declared in a way that is not understood here")
    return [(way, kind, name) for way, kind, _, name in found]


def bus(name):
    """`m_axi_ar` of `m_axi_araddr`: AXI's channels, which have no underscore behind their name."""
    match = re.match(r"(s_axil_|m_axi_)(aw|ar|w|r|b)[a-z]+$|m_axis_t(?=[a-z]+$)", name)
    return match and (match[1] + match[2] if match[1] else "m_axis_t")


def channels(names):
    """{channel: its names}, handshake first; under None what belongs to none."""
    bases = {n[: -len("_valid")] for n in names if n.endswith("_valid")} | {b for b in map(bus, names) if b}
    found = {}
    for name in names:
        base = bus(name) or max((b for b in bases if name == b or name.startswith(b + "_")), key=len, default=None)
        for other, also in ALSO.items():
            if other in bases and name in also:
                base = other
        found.setdefault(base, []).append(name)
    for base, members in found.items():
        members.sort(key=lambda n: [base and n in (base + "_valid", base + "valid"),
                                    base and n in (base + "_ready", base + "ready")], reverse=True)
    return found


class View:
    """The text of a save file."""

    def __init__(self, trace, scope):
        self.trace = trace
        self.scope = scope  # of the paths, relative to vmso_top: "" or "u_run."
        self.lines = []
        self.names = []     # RTL names that are in it already

    def comment(self, text):
        self.lines += ["@200", f"-{text}"]

    def group(self, title, closed=False):
        self.lines += ["@c00200" if closed else "@800200", f"-{title}"]
        return Group(self, title, closed)

    def signal(self, signal, label, colour=NORMAL):
        leaf = signal.key.split(".")[-1]
        wide = signal.width >= 32 and not BYTES.search(leaf)
        # GTKWave knows an enum's names only in binary
        flags = ("@100000028" if signal.enum else "@28" if signal.width == 1
                 else "@22" if wide or HEX.search(leaf) else "@24")
        self.lines += [f"[color] {colour}"] * (colour != NORMAL) + [flags, f"+{{{label}}} {signal.name}"]
        self.names.append(signal.key)

    def path(self, entry, colour=ORANGE):
        """An entry of the tables."""
        path, _, label = entry.partition(" = ")
        scope, path = ("", path[1:]) if path.startswith("^") else (self.scope, path)
        for s in self.trace.one(scope + path):
            self.signal(s, label or self.label(s, scope), colour)

    def label(self, signal, scope):
        """Path of a signal in the view's room; GTKWave cuts a name at its last dot, a given one too."""
        return signal.key[len(self.trace.top) + 1 + len(scope):].replace(".", "/")

    def some(self, base, members):
        """Of a channel: its handshake, and these of its members."""
        for end in ["valid", "ready", *members]:
            for key in [f"{base}.{end}", f"{base}_{end}", f"{base}{end}"]:
                if key in self.trace.signals:
                    self.path(key, YELLOW if end in ("valid", "ready") else NORMAL)
                    break
            else:
                if end != "ready":
                    sys.exit(f"waves: the channel {base} of vmso_top has no {end}")

    def channel(self, base, names, kinds):
        """Handshake, payload: a large struct by what is worth seeing first."""
        for name in names:
            first = FIRST.get(kinds[name], "").split()
            if not first:
                handshake = re.fullmatch(rf"{base}_?(valid|ready)", name)
                self.path(name, YELLOW if handshake else NORMAL)
                continue
            for member in first:
                self.path(f"{name}.{member}", NORMAL)
            with self.group(f"{name}: more", closed=True):
                for s in self.trace.one(self.scope + name):
                    if s.key not in self.names:
                        self.signal(s, self.label(s, self.scope))

    def text(self, start, zoom):
        return "\n".join([
            "[*] Written by scripts/waves/make from the names of a trace: do not edit.",
            f"[timestart] {start}", "[size] 1600 1000", "[pos] -1 -1", f"*{-zoom:.6f} {start}",
            "[sst_width] 20", "[signals_width] 400", "[sst_expanded] 0", *self.lines,
            "[pattern_trace] 1", "[pattern_trace] 0", ""])


class Group:
    def __init__(self, view, title, closed):
        self.view, self.title, self.closed = view, title, closed

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.view.lines += ["@1401200" if self.closed else "@1000200", f"-{self.title}"]


def engine(trace):
    view = View(trace, "")
    view.path("clk", NORMAL)
    view.path("rst_n", NORMAL)
    for name, what, entries, state in ENGINE:
        with view.group(f"{name}: {what}"):
            for entry in entries:
                base, _, members = entry.partition(": ")
                view.some(base, members.split())
            for entry in state:
                view.path(entry)
    return view


def room(trace, name):
    module = ROOT / f"rtl/{name}/vmso_{name}.sv"
    view = View(trace, scope_of(name))
    declared = [p for p in ports(module) if p[2] not in ("clk", "rst_n")]
    kinds = {port: kind for _, kind, port in declared}
    ways = {port: way for way, _, port in declared}
    of = channels([port for _, _, port in declared])
    alone = of.pop(None, [])
    first, state = ROOM[name]
    view.path("clk", NORMAL)
    view.path("rst_n", NORMAL)
    view.comment(next(f"{r}: {what}" for r, what, *_ in ENGINE if r == name))

    def channel(base, closed):
        way = "in" if ways[next(n for n in of[base] if n.endswith("valid"))] == "input" else "out"
        kind = kinds.get(base)
        with view.group(f"{way}: {base}" + (f", {kind}" if kind and kind != "logic" else ""), closed):
            view.channel(base, of[base], kinds)

    for entry in first:
        base = entry.lstrip("+")
        if base not in of:
            sys.exit(f"waves: vmso_{name} has no channel {base}")
        channel(base, entry != base)
        del of[base]
    with view.group("state"):
        for entry in state:
            view.path(entry)
    with view.group("other ports", closed=True):
        for base in of:
            channel(base, True)
        for port in alone:
            view.path(port, NORMAL)
    return view


def scope_of(room):
    return f"{OPTIONAL.get(room, '')}u_{room}."


def begins(name):
    """Signal that is 1 when there is something to see: the handshake of the first channel."""
    if name == "engine":
        return "doorbell_valid"
    base = ROOM[name][0][0]
    return f"{scope_of(name)}{base}" + ("valid" if bus(base + "valid") else "_valid")


def make(trace, name):
    return engine(trace) if name == "engine" else room(trace, name)
