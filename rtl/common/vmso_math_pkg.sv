// SPDX-License-Identifier: Apache-2.0
// Widths of counts and indices.
package vmso_math_pkg;

  // Bits that hold any of 0..max. A length that can *be* 4096 needs 13 bits.
  function automatic int unsigned count_width(int unsigned max);
    return $clog2(max + 1);
  endfunction

  // Bits of an index into n places, at least 1.
  function automatic int unsigned index_width(int unsigned n);
    return n > 1 ? $clog2(n) : 1;
  endfunction

endpackage : vmso_math_pkg
