// SPDX-License-Identifier: Apache-2.0
// The examples as text, and what reads it.
//
// context  format, then options: pa, pse, gb, xd, rsw, napot, pbmt, hpd, priv (0 or 1),
//          af=ignore, win=first-last (more than one: with commas), and for ID base and limit, which
//          are the window's otherwise. Unless said: pa=44 (32: 32), af=require, pse, gb, xd = 1,
//          the other flags 0, one window from 0 to the end of what pa allows. Root table: 10000
// reads    address=value, in order, hexadecimal; SLVERR, DECERR, TIMEOUT instead of a value. P: the
//          pointers of the format's usual address, see usual_path(). value^5:2,7: one example for
//          each of the bits 5, 4, 3, 2 and 7, which is flipped
// result   PA, or cause@level (-: none); the level of a PA is the last read's
#include "worked_examples.hpp"

#include <sstream>

#include "model/findings.hpp"

namespace vmso {
namespace {

struct Row {
  const char *id, *context, *va, *reads, *result, *shows;
};

// clang-format off
const Row kRows[] = {
// -- x86-64, four levels
{"X1", "4L", "00007F1234567ABC", "P 13B38=80000000029D6867", "PA 29D6ABC",
 "a data page as Linux maps it: XD and software bits do not matter"},
{"X2", "4L", "00007F1234567ABC", "P 13B38=80000000032B1225", "PA 32B1ABC",
 "the zero page: neither writable nor dirty, and readable"},
{"X3", "4L", "00007F1234567ABC",
 "P 13B38=7FF00000029D6065", "PA 29D6ABC", "bits 62:52 all set and R/W clear do not matter"},
{"X4", "4L", "00007F1234567ABC", "107F0=11067 11240=12067 12D10=8000000040A010E7", "PA 40B67ABC",
 "2 MiB leaf; its bit 12 is PAT, not address"},
{"X5", "4L", "00007F1234567ABC", "107F0=11067 11240=80000001C00010E7", "PA 1F4567ABC",
 "1 GiB leaf; its bit 12 is PAT, not address"},
{"X6", "4L gb=0", "00007F1234567ABC",
 "107F0=11067 11240=80000001C00010E7", "RESERVED@2", "without gb there is no 1 GiB leaf"},
{"X7", "4L", "00007F1234567ABC", "107F0=11067 11240=12067 12D10=40A020E7", "RESERVED@1",
 "2 MiB leaf whose lowest reserved bit is set"},
{"X8", "4L", "00007F1234567ABC", "107F0=110E7", "RESERVED@3", "PS in the root table"},
{"X9", "4L", "00007F1234567ABC", "P 13B38=000FFFFFFD631960", "NOT_PRESENT@0",
 "PROT_NONE as Linux writes it: inverted frame, nothing of it counts"},
{"X10", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=13063", "NO_USER@1", "U/S clear in a pointer ends the walk there"},
{"X11", "4L", "FFFFFFFF81000000", "10FF8=11067 11FF0=12067 12040=10001E1", "NO_USER@1",
 "kernel text is canonical and not for users"},
{"X12", "4L", "0000800000000000", "none", "VA_RANGE@-", "the first address above the lower half"},
{"X13", "4L", "00007F1234567ABC",
 "107F0=11067 11240=100000012067", "ADDR_WIDTH@2", "pointer to memory beyond the width"},
{"X14", "4L xd=0", "00007F1234567ABC", "P 13B38=80001000029D6043", "RESERVED@0",
 "of four things wrong with an entry the reserved bit comes first"},
{"X15", "4L", "00007F1234567ABC",
 "107F0=11007 11240=12007 12D10=13007 13B38=29D6047", "ACCESS_FLAG@0",
 "A matters in the leaf alone"},
{"X16", "4L af=ignore", "00007F1234567ABC",
 "107F0=11007 11240=12007 12D10=13007 13B38=29D6047", "PA 29D6ABC",
 "and not even there under ignore"},
{"X17", "4L", "FFFFF6FB7DBEDABC", "10F68=10067 10F68=10067 10F68=10067 10F68=10067", "PA 10ABC",
 "a table that points at itself ends in a page"},
{"X18", "4L win=0-3FFFFFFF", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=40000067", "TABLE_WINDOW@0",
 "pointer out of the window: followed no further"},
{"X19", "4L win=0-3FFFFFFF", "00007F1234567ABC",
 "P 13B38=40000067", "DATA_WINDOW@0", "page outside the window"},
{"X20", "4L", "00007F1234567ABC",
 "107F0=11067 11240=DECERR", "TABLE_DEC_ERR@2", "no table memory there"},
{"X101", "4L", "00007F1234567ABC",
 "107F0=11067^1,3,4,5,6,8,11:9,62:52,63 11240=12067 12D10=13067 13B38=29D6067", "PA 29D6ABC",
 "level 3 pointer: ignored bits, A among them"},
{"X102", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067^1,3,4,5,6,8,11:9,62:52,63 12D10=13067 13B38=29D6067", "PA 29D6ABC",
 "level 2 pointer: ignored bits"},
{"X103", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=13067^1,3,4,5,6,8,11:9,62:52,63 13B38=29D6067", "PA 29D6ABC",
 "level 1 pointer: ignored bits"},
{"X104", "4L", "00007F1234567ABC",
 "P 13B38=29D6067^1,3,4,6,7,8,11:9,62:52,63", "PA 29D6ABC", "4 KiB leaf: ignored bits; 7 is PAT"},
{"X105", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=40A000E7^1,3,4,6,8,11:9,12,62:52,63", "PA 40B67ABC",
 "2 MiB leaf: ignored bits"},
{"X106", "4L", "00007F1234567ABC",
 "107F0=11067 11240=1C00000E7^1,3,4,6,8,11:9,12,62:52,63", "PA 1F4567ABC",
 "1 GiB leaf: ignored bits"},
{"X107", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=40A000E7^20:13", "RESERVED@1", "2 MiB leaf: reserved bits"},
{"X108", "4L", "00007F1234567ABC",
 "107F0=11067 11240=1C00000E7^29:13", "RESERVED@2", "1 GiB leaf: reserved bits"},
{"X109", "4L", "00007F1234567ABC",
 "107F0=11067^51:44", "ADDR_WIDTH@3", "level 3 pointer: bits from pa up"},
{"X110", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067^51:44", "ADDR_WIDTH@2", "level 2 pointer: bits from pa up"},
{"X111", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=13067^51:44", "ADDR_WIDTH@1", "level 1 pointer: bits from pa up"},
{"X112", "4L", "00007F1234567ABC",
 "P 13B38=29D6067^51:44", "ADDR_WIDTH@0", "4 KiB leaf: bits from pa up"},
{"X113", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=40A000E7^51:44", "ADDR_WIDTH@1", "2 MiB leaf: bits from pa up"},
{"X114", "4L", "00007F1234567ABC",
 "107F0=11067 11240=1C00000E7^51:44", "ADDR_WIDTH@2", "1 GiB leaf: bits from pa up"},
{"X115", "4L", "00007F1234567ABC",
 "P 13B38=800029D6067", "PA 800029D6ABC", "the highest bit below pa"},
{"X116", "4L pa=32", "00007F1234567ABC",
 "P 13B38=FFFFF067", "PA FFFFFABC", "the last page of 32 bits"},
{"X117", "4L pa=32", "00007F1234567ABC",
 "P 13B38=29D6067^51:32", "ADDR_WIDTH@0", "the least width"},
{"X118", "4L pa=52", "00007F1234567ABC",
 "P 13B38=80000029D6067", "PA 80000029D6ABC", "the largest width"},
{"X119", "4L pa=52", "00007F1234567ABC",
 "P 13B38=FFFFFFFFFF067", "PA FFFFFFFFFFABC", "the last page of 52 bits"},
{"X120", "4L xd=0", "00007F1234567ABC", "107F0=8000000000011067", "RESERVED@3", "XD without xd"},
{"X121", "4L xd=0", "00007F1234567ABC",
 "107F0=11067 11240=8000000000012067", "RESERVED@2", "XD without xd"},
{"X122", "4L xd=0", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=8000000000013067", "RESERVED@1", "XD without xd"},
{"X123", "4L xd=0", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=8000000040A000E7", "RESERVED@1", "XD without xd in a large leaf"},
{"X124", "4L xd=0", "00007F1234567ABC",
 "P 13B38=29D6067^62:52", "PA 29D6ABC", "xd is about bit 63 alone"},
{"X125", "4L gb=0", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=40A000E7", "PA 40B67ABC", "gb is about 1 GiB alone"},
{"X126", "4L", "00007F1234567ABC", "107F0=11063", "NO_USER@3", "U/S of every level counts"},
{"X127", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12063", "NO_USER@2", "U/S of every level counts"},
{"X128", "4L", "00007F1234567ABC", "P 13B38=29D6063", "NO_USER@0", "U/S of every level counts"},
{"X129", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=40A000E3", "NO_USER@1", "U/S of a 2 MiB leaf"},
{"X130", "4L", "00007F1234567ABC",
 "107F0=11067 11240=1C00000E3", "NO_USER@2", "U/S of a 1 GiB leaf"},
{"X131", "4L priv=1", "00007F1234567ABC",
 "107F0=11063 11240=12063 12D10=13063 13B38=29D6063", "PA 29D6ABC", "priv asks for no U/S"},
{"X132", "4L priv=1", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=10001E1", "PA 1167ABC", "priv: kernel text"},
{"X133", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=40A000C7", "ACCESS_FLAG@1", "A of a 2 MiB leaf"},
{"X134", "4L", "00007F1234567ABC",
 "107F0=11067 11240=1C00000C7", "ACCESS_FLAG@2", "A of a 1 GiB leaf"},
{"X135", "4L af=ignore", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=40A000C7", "PA 40B67ABC", "ignore: A of a 2 MiB leaf"},
{"X136", "4L", "00007F1234567ABC",
 "107F0=FFFFFFFFFFFFFFFE", "NOT_PRESENT@3", "P clear: whatever else is wrong"},
{"X137", "4L xd=0", "00007F1234567ABC",
 "107F0=11067 11240=FFFFFFFFFFFFFFFE", "NOT_PRESENT@2", "P clear: whatever else is wrong"},
{"X138", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=0", "NOT_PRESENT@1", "nothing there"},
{"X139", "4L", "00007F1234567ABC",
 "107F0=1000000110E3", "RESERVED@3", "PS at the root before width and user"},
{"X140", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=1000000130E1", "RESERVED@1", "reserved before width and user"},
{"X141", "4L", "00007F1234567ABC",
 "107F0=11067 11240=100000012063", "ADDR_WIDTH@2", "width before user"},
{"X142", "4L", "00007F1234567ABC", "P 13B38=29D6043", "NO_USER@0", "user before A"},
{"X143", "4L win=0-3FFFFFFF", "00007F1234567ABC",
 "P 13B38=40000047", "ACCESS_FLAG@0", "A before the window"},
{"X144", "4L", "00007FFFFFFFFFFF",
 "107F8=11067 11FF8=12067 12FF8=13067 13FF8=29D6067", "PA 29D6FFF",
 "the last address of the lower half"},
{"X145", "4L", "FFFF800000000000",
 "10800=11067 11000=12067 12000=13067 13000=29D6067", "PA 29D6000",
 "the first address of the upper half"},
{"X146", "4L", "FFFF7FFFFFFFFFFF", "none", "VA_RANGE@-", "the address before the upper half"},
{"X147", "4L", "FFFFFFFFFFFFFFFF",
 "10FF8=11067 11FF8=12067 12FF8=13067 13FF8=29D6067", "PA 29D6FFF", "the last address"},
{"X148", "4L", "80007F1234567ABC", "none", "VA_RANGE@-", "a tag in bit 63"},
{"X149", "4L", "00017F1234567ABC", "none", "VA_RANGE@-", "a tag in bit 48"},
{"X150", "4L", "00007F1234567ABC", "107F0=SLVERR", "TABLE_SLV_ERR@3", "root line fails"},
{"X151", "4L", "00007F1234567ABC", "107F0=DECERR", "TABLE_DEC_ERR@3", "root line fails"},
{"X152", "4L", "00007F1234567ABC", "107F0=TIMEOUT", "BUS_TIMEOUT@3", "root line never comes"},
{"X153", "4L", "00007F1234567ABC", "P 13B38=SLVERR", "TABLE_SLV_ERR@0", "last line fails"},
{"X154", "4L", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=TIMEOUT", "BUS_TIMEOUT@1", "line never comes"},
{"X155", "4L win=20000-3FFFFFFF", "00007F1234567ABC",
 "none", "TABLE_WINDOW@3", "root outside the window"},
{"X156", "4L win=0-11FFF", "00007F1234567ABC",
 "107F0=11067 11240=12067", "TABLE_WINDOW@1", "table behind the window"},
{"X157", "4L win=0-12FFF,14000-3FFFFFFF", "00007F1234567ABC",
 "P", "TABLE_WINDOW@0", "table between two windows"},
{"X158", "4L win=10000-13FFF,29D6000-29D6FFF", "00007F1234567ABC",
 "P 13B38=29D6067", "PA 29D6ABC", "page in a window of its own"},
{"X159", "4L win=0-3FFFFFFF", "00007F1234567ABC",
 "P 13B38=3FFFF067", "PA 3FFFFABC", "the last page of the window"},
{"X160", "4L win=0-40B67FFF", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=40A000E7", "PA 40B67ABC",
 "2 MiB leaf that straddles the edge: this page is inside"},
{"X161", "4L win=0-40B66FFF", "00007F1234567ABC",
 "107F0=11067 11240=12067 12D10=40A000E7", "DATA_WINDOW@1", "and this one outside"},
{"X162", "4L win=1-0", "00007F1234567ABC", "none", "TABLE_WINDOW@3", "no window: nothing is read"},
// -- x86-64, five levels
{"Y1", "5L", "0000800000000000",
 "10000=11067 11800=12067 12000=13067 13000=14067 14000=29D6067", "PA 29D6000",
 "five reads; the address that four levels cannot have"},
{"Y2", "5L", "0100000000000000", "none", "VA_RANGE@-", "the first address above the lower half"},
{"Y3", "5L", "00FEDCBA98765432", "107F0=110E7", "RESERVED@4", "PS in the root table"},
{"Y101", "5L", "00FEDCBA98765432", "P 14B28=29D6067", "PA 29D6432", "five levels"},
{"Y102", "5L", "00FEDCBA98765432",
 "107F0=11067^1,3,4,5,6,8,11:9,62:52,63 11DC8=12067 12750=13067 13618=14067 "
 "14B28=29D6067", "PA 29D6432", "level 4 pointer: ignored bits"},
{"Y103", "5L", "00FEDCBA98765432",
 "107F0=11067 11DC8=12067^1,3,4,5,6,8,11:9,62:52,63 12750=13067 13618=14067 "
 "14B28=29D6067", "PA 29D6432", "level 3 pointer: ignored bits"},
{"Y104", "5L", "00FEDCBA98765432",
 "107F0=11067^51:44", "ADDR_WIDTH@4", "level 4 pointer: bits from pa up"},
{"Y105", "5L xd=0", "00FEDCBA98765432", "107F0=8000000000011067", "RESERVED@4", "XD without xd"},
{"Y106", "5L", "00FEDCBA98765432", "107F0=11063", "NO_USER@4", "U/S of the root"},
{"Y107", "5L", "00FEDCBA98765432", "107F0=FFFFFFFFFFFFFFFE", "NOT_PRESENT@4", "P clear"},
{"Y108", "5L", "00FEDCBA98765432", "107F0=11067 11DC8=120E7", "RESERVED@3", "PS at level 3"},
{"Y109", "5L", "00FEDCBA98765432",
 "107F0=11067 11DC8=12067 12750=1C00000E7", "PA 1D8765432", "1 GiB leaf"},
{"Y110", "5L", "00FEDCBA98765432",
 "107F0=11067 11DC8=12067 12750=13067 13618=40A000E7", "PA 40B65432", "2 MiB leaf"},
{"Y111", "5L", "00FFFFFFFFFFFFFF",
 "107F8=11067 11FF8=12067 12FF8=13067 13FF8=14067 14FF8=29D6067", "PA 29D6FFF",
 "the last address of the lower half"},
{"Y112", "5L", "FF00000000000000",
 "10800=11067 11000=12067 12000=13067 13000=14067 14000=29D6067", "PA 29D6000",
 "the first address of the upper half"},
{"Y113", "5L", "FEFFFFFFFFFFFFFF", "none", "VA_RANGE@-", "the address before the upper half"},
{"Y114", "5L pa=52", "00FEDCBA98765432",
 "P 14B28=FFFFFFFFFF067", "PA FFFFFFFFFF432", "the last page of 52 bits"},
{"Y115", "5L", "00FEDCBA98765432",
 "107F0=11067 11DC8=12067 12750=13067 13618=SLVERR", "TABLE_SLV_ERR@1", "line fails"},
{"Y116", "5L win=0-10FFF", "00FEDCBA98765432",
 "107F0=11067", "TABLE_WINDOW@3", "table behind the window"},
{"Y117", "5L", "FFEDF6FB7DBEDABC",
 "10F68=10067 10F68=10067 10F68=10067 10F68=10067 10F68=10067", "PA 10ABC",
 "a table that points at itself ends in a page"},
{"Y118", "5L", "00FEDCBA98765432", "P 14B28=29D6047", "ACCESS_FLAG@0", "A of a 4 KiB leaf"},
{"Y119", "5L win=0-29D5FFF", "00FEDCBA98765432",
 "P 14B28=29D6067", "DATA_WINDOW@0", "page behind the window"},
// -- x86-32
{"Z1", "32", "00000000BFEDC123",
 "10BFC=11067 11B70=FEDCB067", "PA FEDCB123", "a frame in the upper half of 4 GiB"},
{"Z2", "32", "00000000BFEDC123",
 "10BFC=404010E7", "PA 406DC123", "4 MiB leaf; its bit 12 is PAT, not address"},
{"Z3", "32", "00000000BFEDC123", "10BFC=404020E7", "RESERVED@1", "lowest bit of a PSE-36 address"},
{"Z4", "32", "00000000BFEDC123",
 "10BFC=406000E7", "RESERVED@1", "bit 21, reserved in every 4 MiB leaf"},
{"Z5", "32 pse=0", "00000000BFEDC123",
 "10BFC=110E7 11B70=29D6067", "PA 29D6123", "without pse PS is ignored"},
{"Z6", "32", "0000000100000000", "none", "VA_RANGE@-", "no wrap at 4 GiB"},
{"Z101", "32", "00000000BFEDC123",
 "10BFC=11067^1,3,4,5,6,8,11:9 11B70=29D6067", "PA 29D6123", "pointer: ignored bits, A among them"},
{"Z102", "32 pse=0", "00000000BFEDC123",
 "10BFC=11067^1,3,4,5,6,7,8,11:9 11B70=29D6067", "PA 29D6123",
 "pointer without pse: PS is one of them"},
{"Z103", "32", "00000000BFEDC123",
 "P 11B70=29D6067^1,3,4,6,7,8,11:9", "PA 29D6123", "4 KiB leaf: ignored bits; 7 is PAT"},
{"Z104", "32", "00000000BFEDC123",
 "10BFC=404000E7^1,3,4,6,8,11:9,12", "PA 406DC123", "4 MiB leaf: ignored bits"},
{"Z105", "32", "00000000BFEDC123",
 "10BFC=404000E7^21:13", "RESERVED@1", "4 MiB leaf: reserved bits"},
{"Z106", "32", "00000000BFEDC123",
 "10BFC=FFC000E7", "PA FFEDC123", "4 MiB leaf at the end of 32 bits"},
{"Z107", "32", "00000000BFEDC123",
 "P 11B70=FFFFF067", "PA FFFFF123", "4 KiB leaf at the end of 32 bits"},
{"Z108", "32", "00000000BFEDC123",
 "10BFC=FFFFFFFE", "NOT_PRESENT@1", "P clear: whatever else is wrong"},
{"Z109", "32", "00000000BFEDC123",
 "P 11B70=FFFFFFFE", "NOT_PRESENT@0", "P clear: whatever else is wrong"},
{"Z110", "32", "00000000BFEDC123", "10BFC=11063", "NO_USER@1", "U/S of a pointer"},
{"Z111", "32", "00000000BFEDC123", "10BFC=404000E3", "NO_USER@1", "U/S of a 4 MiB leaf"},
{"Z112", "32", "00000000BFEDC123", "P 11B70=29D6063", "NO_USER@0", "U/S of a 4 KiB leaf"},
{"Z113", "32 priv=1", "00000000BFEDC123",
 "10BFC=11063 11B70=29D6063", "PA 29D6123", "priv asks for no U/S"},
{"Z114", "32 priv=1", "00000000BFEDC123", "10BFC=404000E3", "PA 406DC123", "priv: 4 MiB leaf"},
{"Z115", "32", "00000000BFEDC123", "10BFC=404000C7", "ACCESS_FLAG@1", "A of a 4 MiB leaf"},
{"Z116", "32", "00000000BFEDC123", "P 11B70=29D6047", "ACCESS_FLAG@0", "A of a 4 KiB leaf"},
{"Z117", "32 af=ignore", "00000000BFEDC123", "10BFC=404000C7", "PA 406DC123", "ignore: 4 MiB leaf"},
{"Z118", "32 af=ignore", "00000000BFEDC123", "P 11B70=29D6047", "PA 29D6123", "ignore: 4 KiB leaf"},
{"Z119", "32", "00000000BFEDC123", "10BFC=404020C3", "RESERVED@1", "reserved before user and A"},
{"Z120", "32", "00000000BFEDC123", "P 11B70=29D6043", "NO_USER@0", "user before A"},
{"Z121", "32", "0000000000000000", "10000=11067 11000=29D6067", "PA 29D6000", "the first address"},
{"Z122", "32", "00000000FFFFFFFF", "10FFC=11067 11FFC=FEDCB067", "PA FEDCBFFF", "the last address"},
{"Z123", "32", "FFFFFFFFBFEDC123", "none", "VA_RANGE@-", "a sign does not extend"},
{"Z124", "32", "80000000BFEDC123", "none", "VA_RANGE@-", "bit 63"},
{"Z125", "32", "00000000BFADC123",
 "10BF8=11067 11B70=29D6067", "PA 29D6123", "entry in the lower half of its word"},
{"Z126", "32", "00000000BFEDC123", "10BFC=SLVERR", "TABLE_SLV_ERR@1", "line fails"},
{"Z127", "32", "00000000BFEDC123", "P 11B70=DECERR", "TABLE_DEC_ERR@0", "line fails"},
{"Z128", "32", "00000000BFEDC123", "P 11B70=TIMEOUT", "BUS_TIMEOUT@0", "line never comes"},
{"Z129", "32 win=0-10FFF", "00000000BFEDC123", "P", "TABLE_WINDOW@0", "table behind the window"},
{"Z130", "32 win=0-406DBFFF", "00000000BFEDC123",
 "10BFC=404000E7", "DATA_WINDOW@1", "this page of a 4 MiB leaf is outside"},
{"Z131", "32 win=0-406DCFFF", "00000000BFEDC123",
 "10BFC=404000E7", "PA 406DC123", "and this one inside"},
// -- RISC-V Sv39
{"R1", "39", "0000003F12345678", "P 12A28=A758D7", "PA 29D6678", "4 KiB page"},
{"R2", "39", "0000003F12345678", "P 12A28=A758D6", "NOT_PRESENT@0", "V clear"},
{"R3", "39", "0000003F12345678",
 "P 12A28=A758D5", "RESERVED@0", "writable but not readable is no leaf"},
{"R4", "39", "0000003F12345678", "P 12A28=A758D9", "NO_READ@0", "execute-only page"},
{"R5", "39", "0000003F12345678", "P 12A28=A758C7", "NO_USER@0", "page of the supervisor"},
{"R6", "39", "0000003F12345678", "P 12A28=A75897", "ACCESS_FLAG@0", "A clear"},
{"R7", "39", "0000003F12345678",
 "P 12A28=A75801", "BAD_LEVEL@0", "a pointer where no table can follow"},
{"R8", "39", "0000003F12345678",
 "107E0=4411", "RESERVED@2", "U means nothing in a pointer and must be clear"},
{"R9", "39", "0000003F12345678", "P 12A28=40000000A758D7", "RESERVED@0", "lowest reserved bit"},
{"R10", "39 rsw=1", "0000003F12345678",
 "P 12A28=1800000000A758D7", "PA 29D6678", "bits 60:59 are software bits with rsw"},
{"R11", "39", "0000003F12345678", "107E0=4401 11488=102800D7", "PA 40B45678", "2 MiB page"},
{"R12", "39", "0000003F12345678",
 "107E0=4401 11488=102804D7", "MISALIGNED@1", "2 MiB page off its boundary"},
{"R13", "39", "0000003F12345678", "107E0=700000D7", "PA 1D2345678", "1 GiB page"},
{"R14", "39 napot=1", "0000003F12345678", "P 12A28=8000000000A760D7", "PA 29D5678",
 "64 KiB page: four bits of the frame come from the address"},
{"R15", "39 napot=1", "0000003F12345678",
 "P 12A28=8000000000A750D7", "RESERVED@0", "a NAPOT size that does not exist"},
{"R16", "39", "0000003F12345678", "P 12A28=8000000000A760D7", "RESERVED@0", "N without napot"},
{"R17", "39 pbmt=1", "0000003F12345678",
 "P 12A28=6000000000A758D7", "RESERVED@0", "the memory type that does not exist"},
{"R18", "39", "0000004000000000", "none", "VA_RANGE@-", "the first address above the lower half"},
{"R19", "39", "0000003F12345678", "P 12A28=40000A758D7", "ADDR_WIDTH@0", "page beyond the width"},
{"R101", "39", "0000003F12345678",
 "107E0=4401^5,9:8 11488=4801 12A28=A758D7", "PA 29D6678", "level 2 pointer: ignored bits"},
{"R102", "39", "0000003F12345678",
 "107E0=4401 11488=4801^5,9:8 12A28=A758D7", "PA 29D6678", "level 1 pointer: ignored bits"},
{"R103", "39", "0000003F12345678", "P 12A28=A758D7^2,3,5,7,9:8", "PA 29D6678",
 "4 KiB leaf: W, X, G, D and software bits do not matter"},
{"R104", "39", "0000003F12345678",
 "107E0=4401 11488=102800D7^2,3,5,7,9:8", "PA 40B45678", "2 MiB leaf: the same"},
{"R105", "39", "0000003F12345678",
 "P 12A28=A758D7^63:54", "RESERVED@0", "leaf: upper bits while all extensions are off"},
{"R106", "39", "0000003F12345678",
 "107E0=4401 11488=102800D7^63:54", "RESERVED@1", "2 MiB leaf: the same"},
{"R107", "39", "0000003F12345678",
 "107E0=4401^4,6,7,63:54", "RESERVED@2", "level 2 pointer: bits that must be clear"},
{"R108", "39", "0000003F12345678",
 "107E0=4401 11488=4801^4,6,7,63:54", "RESERVED@1", "level 1 pointer: bits that must be clear"},
{"R109", "39 rsw=1 napot=1 pbmt=1", "0000003F12345678",
 "107E0=4401^4,6,7,58:54,63:61", "RESERVED@2", "pointer: no extension gives it a type or N"},
{"R110", "39 rsw=1", "0000003F12345678",
 "107E0=4401^60:59 11488=4801 12A28=A758D7", "PA 29D6678", "pointer: software bits of Svrsw60t59b"},
{"R111", "39 rsw=1", "0000003F12345678",
 "P 12A28=A758D7^58:54,63:61", "RESERVED@0", "rsw is about two bits"},
{"R112", "39 pbmt=1", "0000003F12345678",
 "P 12A28=A758D7^62:61", "PA 29D6678", "NC and IO do not change the address"},
{"R113", "39 pbmt=1", "0000003F12345678",
 "107E0=4401 11488=102800D7^62:61", "PA 40B45678", "nor that of a large page"},
{"R114", "39 pbmt=1", "0000003F12345678",
 "P 12A28=A758D7^60:54,63", "RESERVED@0", "pbmt is about two bits"},
{"R115", "39 napot=1", "0000003F12340678",
 "P 12A00=8000000000A760D7", "PA 29D0678", "NAPOT: first page"},
{"R116", "39 napot=1", "0000003F12348678",
 "P 12A40=8000000000A760D7", "PA 29D8678", "NAPOT: ninth page"},
{"R117", "39 napot=1", "0000003F1234F678",
 "P 12A78=8000000000A760D7", "PA 29DF678", "NAPOT: last page"},
{"R118", "39 napot=1", "0000003F12345678",
 "P 12A28=A760D7", "PA 29D8678", "without N the same frame is a page"},
{"R119", "39 napot=1", "0000003F12345678",
 "P 12A28=8000000000A760D7^13:10", "RESERVED@0", "NAPOT: encodings 1001, 1010, 1100 and 0000"},
{"R120", "39 napot=1", "0000003F12345678",
 "107E0=4401 11488=80000000102800D7", "RESERVED@1", "N at level 1"},
{"R121", "39 napot=1", "0000003F12345678",
 "107E0=4401 11488=80000000102820D7", "RESERVED@1", "N at level 1 in the form of level 0"},
{"R122", "39 napot=1", "0000003F12345678", "107E0=80000000700000D7", "RESERVED@2", "N at level 2"},
{"R123", "39 napot=1", "0000003F12345678",
 "P 12A28=A758D7^62:54", "RESERVED@0", "napot is about one bit"},
{"R124", "39 napot=1 win=0-29D4FFF", "0000003F12345678",
 "P 12A28=8000000000A760D7", "DATA_WINDOW@0", "NAPOT: the page in use is outside"},
{"R125", "39 napot=1 win=0-12FFF,29D5000-29D5FFF", "0000003F12345678",
 "P 12A28=8000000000A760D7", "PA 29D5678", "NAPOT: only the page in use is inside"},
{"R126", "39", "0000003F12345678",
 "107E0=FFFFFFFFFFFFFFFE", "NOT_PRESENT@2", "V clear: whatever else is wrong"},
{"R127", "39", "0000003F12345678",
 "107E0=4401 11488=FFFFFFFFFFFFFFFE", "NOT_PRESENT@1", "V clear: whatever else is wrong"},
{"R128", "39", "0000003F12345678", "P 12A28=A758DD", "RESERVED@0", "W and X without R"},
{"R129", "39", "0000003F12345678",
 "107E0=4405", "RESERVED@2", "W alone: a shadow stack or nothing"},
{"R130", "39", "0000003F12345678", "P 12A28=A75811", "RESERVED@0", "reserved before level"},
{"R131", "39", "0000003F12345678", "P 12A28=40000A75801", "BAD_LEVEL@0", "level before width"},
{"R132", "39", "0000003F12345678",
 "P 12A28=A75821", "BAD_LEVEL@0", "pointer with G where no table can follow"},
{"R133", "39", "0000003F12345678",
 "107E0=4401^53:42", "ADDR_WIDTH@2", "level 2 pointer: bits from pa up"},
{"R134", "39", "0000003F12345678",
 "107E0=4401 11488=4801^53:42", "ADDR_WIDTH@1", "level 1 pointer: bits from pa up"},
{"R135", "39", "0000003F12345678",
 "P 12A28=A758D7^53:42", "ADDR_WIDTH@0", "4 KiB leaf: bits from pa up"},
{"R136", "39", "0000003F12345678",
 "107E0=4401 11488=102800D7^53:42", "ADDR_WIDTH@1", "2 MiB leaf: bits from pa up"},
{"R137", "39", "0000003F12345678",
 "107E0=700000D7^53:42", "ADDR_WIDTH@2", "1 GiB leaf: bits from pa up"},
{"R138", "39 napot=1", "0000003F12345678",
 "P 12A28=8000000000A760D7^53:42", "ADDR_WIDTH@0", "NAPOT leaf: bits from pa up"},
{"R139", "39 pa=32", "0000003F12345678",
 "P 12A28=3FFFFCD7", "PA FFFFF678", "the last page of 32 bits"},
{"R140", "39 pa=32", "0000003F12345678", "P 12A28=A758D7^53:30", "ADDR_WIDTH@0", "the least width"},
{"R141", "39 pa=56", "0000003F12345678",
 "P 12A28=3FFFFFFFFFFCD7", "PA FFFFFFFFFFF678", "the last page of 56 bits"},
{"R142", "39 pa=56", "0000003F12345678",
 "P 12A28=A758D7^54", "RESERVED@0", "behind the widest address"},
{"R143", "39", "0000003F12345678",
 "107E0=4401 11488=102800D7^18:10", "MISALIGNED@1", "2 MiB leaf: bits below its size"},
{"R144", "39", "0000003F12345678",
 "107E0=700000D7^27:10", "MISALIGNED@2", "1 GiB leaf: bits below its size"},
{"R145", "39", "0000003F12345678",
 "107E0=4401 11488=400102804D7", "ADDR_WIDTH@1", "width before alignment"},
{"R146", "39", "0000003F12345678",
 "107E0=4401 11488=102804C7", "MISALIGNED@1", "alignment before user"},
{"R147", "39", "0000003F12345678", "P 12A28=A75889", "NO_USER@0", "user before readable"},
{"R148", "39", "0000003F12345678", "P 12A28=A75899", "NO_READ@0", "readable before A"},
{"R149", "39 win=0-3FFFFFF", "0000003F12345678",
 "P 12A28=10000097", "ACCESS_FLAG@0", "A before the window"},
{"R150", "39", "0000003F12345678", "107E0=4401 11488=102800C7", "NO_USER@1", "U of a 2 MiB leaf"},
{"R151", "39", "0000003F12345678", "107E0=700000D9", "NO_READ@2", "R of a 1 GiB leaf"},
{"R152", "39", "0000003F12345678",
 "107E0=4401 11488=10280097", "ACCESS_FLAG@1", "A of a 2 MiB leaf"},
{"R153", "39 af=ignore", "0000003F12345678", "P 12A28=A75897", "PA 29D6678", "ignore: A"},
{"R154", "39 priv=1", "0000003F12345678", "P 12A28=A758C7", "PA 29D6678", "priv asks for no U"},
{"R155", "39 priv=1", "0000003F12345678", "P 12A28=A758D7", "PA 29D6678", "nor minds it"},
{"R156", "39 priv=1", "0000003F12345678",
 "P 12A28=A758C9", "NO_READ@0", "priv: execute-only stays so"},
{"R157", "39", "0000003FFFFFFFFF",
 "107F8=4401 11FF8=4801 12FF8=A758D7", "PA 29D6FFF", "the last address of the lower half"},
{"R158", "39", "FFFFFFC000000000",
 "10800=4401 11000=4801 12000=A758D7", "PA 29D6000", "the first address of the upper half"},
{"R159", "39", "FFFFFFBFFFFFFFFF", "none", "VA_RANGE@-", "the address before the upper half"},
{"R160", "39", "8000003F12345678", "none", "VA_RANGE@-", "bit 63 alone"},
{"R161", "39", "0000003F12345678", "107E0=4001 10488=4001 10A28=4001", "BAD_LEVEL@0",
 "a table that points at itself is a short walk"},
{"R162", "39", "0000003F12345678", "107E0=SLVERR", "TABLE_SLV_ERR@2", "root line fails"},
{"R163", "39", "0000003F12345678", "107E0=4401 11488=DECERR", "TABLE_DEC_ERR@1", "line fails"},
{"R164", "39", "0000003F12345678", "P 12A28=TIMEOUT", "BUS_TIMEOUT@0", "line never comes"},
{"R165", "39 win=0-11FFF", "0000003F12345678", "P", "TABLE_WINDOW@0", "table behind the window"},
{"R166", "39 win=0-29D5FFF", "0000003F12345678",
 "P 12A28=A758D7", "DATA_WINDOW@0", "page behind the window"},
{"R167", "39 gb=0 xd=0 pse=0", "0000003F12345678",
 "107E0=700000D7", "PA 1D2345678", "flags of other formats mean nothing"},
// -- RISC-V Sv48
{"S1", "48", "00007F1234567ABC", "107F0=20000000D7", "PA 9234567ABC", "512 GiB page"},
{"S101", "48", "00007F1234567ABC", "P 13B38=A758D7", "PA 29D6ABC", "four levels"},
{"S102", "48", "00007F1234567ABC",
 "107F0=4401 11240=4801 12D10=102800D7", "PA 40B67ABC", "2 MiB leaf"},
{"S103", "48", "00007F1234567ABC", "107F0=4401 11240=700000D7", "PA 1F4567ABC", "1 GiB leaf"},
{"S104", "48", "00007F1234567ABC",
 "107F0=20000000D7^36:10", "MISALIGNED@3", "512 GiB leaf: bits below its size"},
{"S105", "48", "00007F1234567ABC",
 "107F0=20000000D7^53:42", "ADDR_WIDTH@3", "512 GiB leaf: bits from pa up"},
{"S106", "48", "00007F1234567ABC",
 "107F0=20000000D7^2,3,5,7,9:8", "PA 9234567ABC", "512 GiB leaf: ignored bits"},
{"S107", "48", "00007F1234567ABC",
 "107F0=4401^5,9:8 11240=4801 12D10=4C01 13B38=A758D7", "PA 29D6ABC",
 "level 3 pointer: ignored bits"},
{"S108", "48", "00007F1234567ABC",
 "107F0=4401^4,6,7,63:54", "RESERVED@3", "level 3 pointer: bits that must be clear"},
{"S109", "48", "00007F1234567ABC",
 "107F0=4401^53:42", "ADDR_WIDTH@3", "level 3 pointer: bits from pa up"},
{"S110", "48 napot=1", "00007F1234567ABC", "107F0=80000020000000D7", "RESERVED@3", "N at level 3"},
{"S111", "48 napot=1", "00007F1234567ABC", "P 13B38=8000000000A760D7", "PA 29D7ABC", "NAPOT"},
{"S112", "48", "00007F1234567ABC", "107F0=20000000C7", "NO_USER@3", "U of a 512 GiB leaf"},
{"S113", "48", "00007F1234567ABC", "107F0=20000000D9", "NO_READ@3", "R of a 512 GiB leaf"},
{"S114", "48", "00007F1234567ABC", "107F0=2000000097", "ACCESS_FLAG@3", "A of a 512 GiB leaf"},
{"S115", "48", "00007F1234567ABC", "107F0=4400", "NOT_PRESENT@3", "V clear"},
{"S116", "48", "00007F1234567ABC",
 "P 13B38=A75801", "BAD_LEVEL@0", "a pointer where no table can follow"},
{"S117", "48", "00007FFFFFFFFFFF", "107F8=4401 11FF8=4801 12FF8=4C01 13FF8=A758D7", "PA 29D6FFF",
 "the last address of the lower half"},
{"S118", "48", "0000800000000000", "none", "VA_RANGE@-", "the first one above it"},
{"S119", "48", "FFFF800000000000", "10800=4401 11000=4801 12000=4C01 13000=A758D7", "PA 29D6000",
 "the first address of the upper half"},
{"S120", "48", "FFFF7FFFFFFFFFFF", "none", "VA_RANGE@-", "the address before it"},
{"S121", "48 win=0-9234567FFF", "00007F1234567ABC",
 "107F0=20000000D7", "PA 9234567ABC", "512 GiB leaf that straddles the edge: this page is inside"},
{"S122", "48 win=0-9234566FFF", "00007F1234567ABC",
 "107F0=20000000D7", "DATA_WINDOW@3", "and this one outside"},
{"S123", "48", "00007F1234567ABC", "107F0=SLVERR", "TABLE_SLV_ERR@3", "root line fails"},
{"S124", "48 win=0-10FFF", "00007F1234567ABC",
 "107F0=4401", "TABLE_WINDOW@2", "table behind the window"},
// -- RISC-V Sv57
{"T1", "57", "00FEDCBA98765432",
 "107F0=4401 11DC8=4801 12750=4C01 13618=5001 14B28=A758D7", "PA 29D6432", "five reads"},
{"T101", "57 pa=56", "00FEDCBA98765432", "107F0=4000000000D7", "PA 1DCBA98765432", "256 TiB leaf"},
{"T102", "57 pa=56", "00FEDCBA98765432",
 "107F0=4000000000D7^45:10", "MISALIGNED@4", "256 TiB leaf: bits below its size"},
{"T103", "57 pa=52", "00FEDCBA98765432",
 "107F0=4000000000D7^53:50", "ADDR_WIDTH@4", "256 TiB leaf: bits from pa up"},
{"T104", "57", "00FEDCBA98765432",
 "107F0=4000000000D7", "ADDR_WIDTH@4", "256 TiB leaf beyond the width"},
{"T105", "57", "00FEDCBA98765432",
 "107F0=D7", "DATA_WINDOW@4", "256 TiB leaf from 0: its entry fits the width, this page no window"},
{"T106", "57 pa=48", "00FEDCBA98765432",
 "107F0=D7", "PA DCBA98765432", "256 TiB leaf from 0 that fits"},
{"T107", "57 pa=56", "00FEDCBA98765432",
 "107F0=4000000000D7^2,3,5,7,9:8", "PA 1DCBA98765432", "256 TiB leaf: ignored bits"},
{"T108", "57 pa=56", "00FEDCBA98765432",
 "107F0=4000000000D7^63:54", "RESERVED@4", "256 TiB leaf: reserved bits"},
{"T109", "57 pa=56 napot=1", "00FEDCBA98765432",
 "107F0=80004000000000D7", "RESERVED@4", "N at level 4"},
{"T110", "57 pa=56", "00FEDCBA98765432", "107F0=4000000000C7", "NO_USER@4", "U of a 256 TiB leaf"},
{"T111", "57 pa=56", "00FEDCBA98765432", "107F0=4000000000D9", "NO_READ@4", "R of a 256 TiB leaf"},
{"T112", "57 pa=56", "00FEDCBA98765432",
 "107F0=400000000097", "ACCESS_FLAG@4", "A of a 256 TiB leaf"},
{"T113", "57", "00FEDCBA98765432", "107F0=4401 11DC8=20000000D7", "PA BA98765432", "512 GiB leaf"},
{"T114", "57", "00FEDCBA98765432",
 "107F0=4401 11DC8=20000000D7^36:10", "MISALIGNED@3", "512 GiB leaf: bits below its size"},
{"T115", "57", "00FEDCBA98765432",
 "107F0=4401 11DC8=4801 12750=700000D7", "PA 1D8765432", "1 GiB leaf"},
{"T116", "57", "00FEDCBA98765432",
 "107F0=4401 11DC8=4801 12750=4C01 13618=102800D7", "PA 40B65432", "2 MiB leaf"},
{"T117", "57 napot=1", "00FEDCBA98765432", "P 14B28=8000000000A760D7", "PA 29D5432", "NAPOT"},
{"T118", "57", "00FEDCBA98765432",
 "107F0=4401^5,9:8 11DC8=4801 12750=4C01 13618=5001 14B28=A758D7", "PA 29D6432",
 "level 4 pointer: ignored bits"},
{"T119", "57", "00FEDCBA98765432",
 "107F0=4401^4,6,7,63:54", "RESERVED@4", "level 4 pointer: bits that must be clear"},
{"T120", "57", "00FEDCBA98765432",
 "107F0=4401^53:42", "ADDR_WIDTH@4", "level 4 pointer: bits from pa up"},
{"T121", "57", "00FEDCBA98765432", "107F0=4400", "NOT_PRESENT@4", "V clear"},
{"T122", "57", "00FEDCBA98765432",
 "P 14B28=A75801", "BAD_LEVEL@0", "a pointer where no table can follow"},
{"T123", "57", "00FFFFFFFFFFFFFF",
 "107F8=4401 11FF8=4801 12FF8=4C01 13FF8=5001 14FF8=A758D7", "PA 29D6FFF",
 "the last address of the lower half"},
{"T124", "57", "0100000000000000", "none", "VA_RANGE@-", "the first one above it"},
{"T125", "57", "FF00000000000000",
 "10800=4401 11000=4801 12000=4C01 13000=5001 14000=A758D7", "PA 29D6000",
 "the first address of the upper half"},
{"T126", "57", "FEFFFFFFFFFFFFFF", "none", "VA_RANGE@-", "the address before it"},
{"T127", "57", "00FEDCBA98765432",
 "107F0=4401 11DC8=4801 12750=4C01 13618=TIMEOUT", "BUS_TIMEOUT@1", "line never comes"},
{"T128", "57 win=0-10FFF", "00FEDCBA98765432",
 "107F0=4401", "TABLE_WINDOW@3", "table behind the window"},
// -- AArch64
{"A1", "A64", "0000FFFF89ABCDEF",
 "P 135E0=680000029D6F43", "PA 29D6DEF", "a data page as Linux maps it"},
{"A2", "A64", "0000FFFF89ABCDEF", "10FF8=11003 11FF0=12003 12268=68000040A1FF41", "PA 40ABCDEF",
 "2 MiB block: bits 16:12 of the entry do not matter"},
{"A3", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=680001C0000F41", "PA 1C9ABCDEF", "1 GiB block"},
{"A4", "A64", "0000FFFF89ABCDEF",
 "P 135E0=FFF80000029D6F43", "PA 29D6DEF", "Contiguous and all upper bits set"},
{"A5", "A64", "0000FFFF89ABCDEF",
 "P 135E0=680000029D6F42", "NOT_PRESENT@0", "bit 0 clear: nothing else counts"},
{"A6", "A64", "0000FFFF89ABCDEF",
 "P 135E0=680000029D6F41", "BAD_LEVEL@0", "no block among the pages"},
{"A7", "A64", "0000FFFF89ABCDEF", "10FF8=11001", "BAD_LEVEL@3", "no block in the root table"},
{"A8", "A64", "0000FFFF89ABCDEF", "P 135E0=680000029D6F03", "NO_USER@0", "page of the kernel"},
{"A9", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=2000000000012003", "NO_USER@2", "APTable[0] takes a whole table from the user"},
{"A10", "A64 hpd=1", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=2000000000012003 12268=13003 135E0=680000029D6F43", "PA 29D6DEF", "unless hpd"},
{"A11", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=4000000000012003 12268=13003 135E0=680000029D6F43", "PA 29D6DEF",
 "APTable[1] is about writes"},
{"A12", "A64", "0000FFFF89ABCDEF", "P 135E0=680000029D6B43", "ACCESS_FLAG@0", "AF clear"},
{"A13", "A64", "0000FFFF89ABCDEF",
 "P 135E0=681000029D6F43", "ADDR_WIDTH@0", "page beyond the width"},
{"A14", "A64", "B40000FF89ABCDEF", "none", "VA_RANGE@-", "a tag is part of the address"},
{"A101", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003^5:2,6,7,9:8,10,11,51:48,52,54:53,58:55,59,60,62,63 11FF0=12003 12268=13003 "
 "135E0=29D6F43", "PA 29D6DEF", "level 3 table: ignored bits"},
{"A102", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003^5:2,6,7,9:8,10,11,51:48,52,54:53,58:55,59,60,62,63 12268=13003 "
 "135E0=29D6F43", "PA 29D6DEF", "level 2 table: ignored bits"},
{"A103", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=13003^5:2,6,7,9:8,10,11,51:48,52,54:53,58:55,59,60,62,63 "
 "135E0=29D6F43", "PA 29D6DEF", "level 1 table: ignored bits"},
{"A104", "A64", "0000FFFF89ABCDEF",
 "P 135E0=29D6F43^5:2,7,9:8,11,63:48", "PA 29D6DEF", "page: ignored bits; 61 is nothing here"},
{"A105", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=40A00F41^5:2,7,9:8,11,20:12,63:48", "PA 40ABCDEF",
 "2 MiB block: ignored bits"},
{"A106", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=1C0000F41^5:2,7,9:8,11,29:12,63:48", "PA 1C9ABCDEF",
 "1 GiB block: ignored bits"},
{"A107", "A64", "0000FFFF89ABCDEF", "10FF8=11002", "NOT_PRESENT@3", "type 10"},
{"A108", "A64", "0000FFFF89ABCDEF",
 "10FF8=FFFFFFFFFFFFFFFC", "NOT_PRESENT@3", "type 00: whatever else is wrong"},
{"A109", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=FFFFFFFFFFFFFFFE", "NOT_PRESENT@2", "type 10: whatever else is wrong"},
{"A110", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=40A00F40", "NOT_PRESENT@1", "type 00"},
{"A111", "A64", "0000FFFF89ABCDEF", "P 135E0=29D6F40", "NOT_PRESENT@0", "type 00"},
{"A112", "A64", "0000FFFF89ABCDEF", "10FF8=100000011001", "BAD_LEVEL@3", "level before width"},
{"A113", "A64", "0000FFFF89ABCDEF",
 "P 135E0=1000029D6B01", "BAD_LEVEL@0", "level before width, user and AF"},
{"A114", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003^47:44", "ADDR_WIDTH@3", "level 3 table: bits from pa up"},
{"A115", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003^47:44", "ADDR_WIDTH@2", "level 2 table: bits from pa up"},
{"A116", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=13003^47:44", "ADDR_WIDTH@1", "level 1 table: bits from pa up"},
{"A117", "A64", "0000FFFF89ABCDEF",
 "P 135E0=29D6F43^47:44", "ADDR_WIDTH@0", "page: bits from pa up"},
{"A118", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=40A00F41^47:44", "ADDR_WIDTH@1", "2 MiB block: bits from pa up"},
{"A119", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=1C0000F41^47:44", "ADDR_WIDTH@2", "1 GiB block: bits from pa up"},
{"A120", "A64 pa=32", "0000FFFF89ABCDEF",
 "P 135E0=FFFFFF43", "PA FFFFFDEF", "the last page of 32 bits"},
{"A121", "A64 pa=32", "0000FFFF89ABCDEF",
 "P 135E0=29D6F43^47:32", "ADDR_WIDTH@0", "the least width"},
{"A122", "A64 pa=48", "0000FFFF89ABCDEF",
 "P 135E0=FFFFFFFFFF43", "PA FFFFFFFFFDEF", "the last page of 48 bits"},
{"A123", "A64 pa=48", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=800000000F41", "PA 800009ABCDEF", "1 GiB block in the upper half of 48 bits"},
{"A124", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=40A00F01", "NO_USER@1", "AP[1] of a 2 MiB block"},
{"A125", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=1C0000F01", "NO_USER@2", "AP[1] of a 1 GiB block"},
{"A126", "A64", "0000FFFF89ABCDEF",
 "10FF8=2000000000011003", "NO_USER@3", "APTable[0] in the root table"},
{"A127", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=2000000000013003", "NO_USER@1", "APTable[0] above pages"},
{"A128", "A64 hpd=1", "0000FFFF89ABCDEF",
 "10FF8=2000000000011003 11FF0=2000000000012003 12268=2000000000013003 135E0=29D6F43", "PA 29D6DEF",
 "APTable[0] under hpd at every level"},
{"A129", "A64 hpd=1", "0000FFFF89ABCDEF", "P 135E0=29D6F03", "NO_USER@0", "hpd is about tables"},
{"A130", "A64 priv=1", "0000FFFF89ABCDEF",
 "P 135E0=29D6F03", "PA 29D6DEF", "priv asks for no AP[1]"},
{"A131", "A64 priv=1", "0000FFFF89ABCDEF",
 "10FF8=2000000000011003 11FF0=12003 12268=13003 135E0=29D6F03", "PA 29D6DEF",
 "nor minds APTable[0]"},
{"A132", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=40A00B41", "ACCESS_FLAG@1", "AF of a 2 MiB block"},
{"A133", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=1C0000B41", "ACCESS_FLAG@2", "AF of a 1 GiB block"},
{"A134", "A64 af=ignore", "0000FFFF89ABCDEF",
 "P 135E0=29D6B43", "PA 29D6DEF", "ignore: AF of a page"},
{"A135", "A64 af=ignore", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=40A00B41", "PA 40ABCDEF", "ignore: AF of a block"},
{"A136", "A64", "0000FFFF89ABCDEF", "10FF8=2000100000011003", "ADDR_WIDTH@3", "width before user"},
{"A137", "A64", "0000FFFF89ABCDEF", "P 135E0=29D6B03", "NO_USER@0", "user before AF"},
{"A138", "A64 win=0-3FFFFFFF", "0000FFFF89ABCDEF",
 "P 135E0=40000B43", "ACCESS_FLAG@0", "AF before the window"},
{"A139", "A64", "0000000000000000",
 "10000=11003 11000=12003 12000=13003 13000=29D6F43", "PA 29D6000", "the first address"},
{"A140", "A64", "0000800000000000",
 "10800=11003 11000=12003 12000=13003 13000=29D6F43", "PA 29D6000", "bit 47 is no sign"},
{"A141", "A64", "0000FFFFFFFFFFFF",
 "10FF8=11003 11FF8=12003 12FF8=13003 13FF8=29D6F43", "PA 29D6FFF", "the last address"},
{"A142", "A64", "0001000000000000", "none", "VA_RANGE@-", "the first one behind it"},
{"A143", "A64", "FFFF000000000000", "none", "VA_RANGE@-", "the upper half is not walked"},
{"A144", "A64", "0000FFFF89ABCDEF", "10FF8=SLVERR", "TABLE_SLV_ERR@3", "root line fails"},
{"A145", "A64", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=DECERR", "TABLE_DEC_ERR@1", "line fails"},
{"A146", "A64", "0000FFFF89ABCDEF", "P 135E0=TIMEOUT", "BUS_TIMEOUT@0", "line never comes"},
{"A147", "A64 win=0-11FFF", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003", "TABLE_WINDOW@1", "table behind the window"},
{"A148", "A64 win=0-40ABBFFF", "0000FFFF89ABCDEF",
 "10FF8=11003 11FF0=12003 12268=40A00F41", "DATA_WINDOW@1", "this page of a block is outside"},
// -- identity and off
{"I1", "ID win=0-3FFFFFFF", "000000003FFFFFC0", "none", "PA 3FFFFFC0", "last line of the window"},
{"I2", "ID win=0-3FFFFFFF", "0000000040000000", "none", "DATA_WINDOW@-", "the page behind it"},
{"I3", "ID", "0000100000000000", "none", "VA_RANGE@-", "beyond the width"},
{"I101", "ID base=1000 limit=2FFF", "0000000000001000", "none", "PA 1000", "first byte"},
{"I102", "ID base=1000 limit=2FFF", "0000000000000FFF", "none", "DATA_WINDOW@-", "the byte before"},
{"I103", "ID base=1000 limit=2FFF", "0000000000002FFF", "none", "PA 2FFF", "last byte"},
{"I104", "ID base=1000 limit=2FFF", "0000000000003000", "none", "DATA_WINDOW@-", "the byte behind"},
{"I105", "ID win=0-1FFF base=1000 limit=2FFF", "0000000000002000",
 "none", "DATA_WINDOW@-", "between base and limit but in no window"},
{"I106", "ID win=0-1FFF,2000-2FFF base=1000 limit=2FFF", "0000000000002000",
 "none", "PA 2000", "in the second window"},
{"I107", "ID base=2000 limit=1FFF", "0000000000002000",
 "none", "DATA_WINDOW@-", "no page between base and limit"},
{"I108", "ID pa=32", "00000000FFFFFFFF", "none", "PA FFFFFFFF", "the last byte of 32 bits"},
{"I109", "ID pa=32", "0000000100000000", "none", "VA_RANGE@-", "the byte behind"},
{"I110", "ID pa=56", "00FFFFFFFFFFFFFF", "none", "PA FFFFFFFFFFFFFF", "the last byte of 56 bits"},
{"I111", "ID pa=56", "0100000000000000", "none", "VA_RANGE@-", "the byte behind"},
{"I112", "ID", "8000000000001000", "none", "VA_RANGE@-", "bit 63"},
{"I113", "OFF", "0000000000001000", "none", "CTX_OFF@-", "off"},
{"I114", "OFF", "8000000000000000", "none", "CTX_OFF@-", "off comes before the range"},
{"I115", "ID base=1000 limit=2000", "0000000000002FFF", "none", "PA 2FFF",
 "the limit names a whole page"},
};
// clang-format on

const char *usual_path(const std::string &format) {
  if (format == "4L") return "107F0=11067 11240=12067 12D10=13067";
  if (format == "5L") return "107F0=11067 11DC8=12067 12750=13067 13618=14067";
  if (format == "32") return "10BFC=11067";
  if (format == "39") return "107E0=4401 11488=4801";
  if (format == "48") return "107F0=4401 11240=4801 12D10=4C01";
  if (format == "57") return "107F0=4401 11DC8=4801 12750=4C01 13618=5001";
  if (format == "A64") return "10FF8=11003 11FF0=12003 12268=13003";
  return "";
}

uint64_t hex(const std::string &text) {
  size_t used = 0;
  uint64_t value = std::stoull(text, &used, 16);
  if (used != text.size()) throw Error("worked example: no number: " + text);
  return value;
}

std::pair<std::string, std::string> cut(const std::string &text, char at) {
  size_t i = text.find(at);
  if (i == std::string::npos) return {text, ""};
  return {text.substr(0, i), text.substr(i + 1)};
}

std::vector<std::string> parts(const std::string &text, char at) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) {
    if (!part.empty()) all.push_back(part);
  }
  return all;
}

// Format and its root level.
std::pair<vmso_format, unsigned> format_named(const std::string &name) {
  if (name == "OFF") return {VMSO_FORMAT_OFF, 0};
  if (name == "ID") return {VMSO_FORMAT_IDENTITY, 0};
  if (name == "32") return {VMSO_FORMAT_X86_32, 1};
  if (name == "4L") return {VMSO_FORMAT_X86_64_L4, 3};
  if (name == "5L") return {VMSO_FORMAT_X86_64_L5, 4};
  if (name == "39") return {VMSO_FORMAT_SV39, 2};
  if (name == "48") return {VMSO_FORMAT_SV48, 3};
  if (name == "57") return {VMSO_FORMAT_SV57, 4};
  if (name == "A64") return {VMSO_FORMAT_AARCH64, 3};
  throw Error("worked example: no format " + name);
}

vmso_cause cause_named(const std::string &name) {
#define VMSO_NAMED(value, text, meaning) \
  if (name == text) return value;
  VMSO_CAUSE_LIST(VMSO_NAMED)
#undef VMSO_NAMED
  throw Error("worked example: no cause " + name);
}

void read_context(WorkedExample &e, const std::vector<std::string> &words) {
  reference::Context &c = e.context;
  c.format = format_named(words[0]).first;
  c.pa_bits = c.format == VMSO_FORMAT_X86_32 ? 32 : 44;
  c.root = c.format == VMSO_FORMAT_IDENTITY ? 0 : 0x10000;
  for (size_t i = 1; i < words.size(); i++) {
    auto [name, value] = cut(words[i], '=');
    bool *flags[] = {&c.pse, &c.gb, &c.xd, &c.rsw, &c.napot, &c.pbmt, &c.hpd, &c.priv};
    const char *names[] = {"pse", "gb", "xd", "rsw", "napot", "pbmt", "hpd", "priv"};
    size_t flag = 0;
    while (flag < 8 && name != names[flag]) flag++;
    if (flag < 8) {
      *flags[flag] = value == "1";
    } else if (name == "pa") {
      c.pa_bits = unsigned(std::stoul(value));
    } else if (name == "af") {
      c.af_ignore = value == "ignore";
    } else if (name == "win") {
      for (const std::string &part : parts(value, ',')) {
        auto [first, last] = cut(part, '-');
        e.windows.push_back({hex(first), hex(last)});
      }
    } else if (name != "base" && name != "limit") {
      throw Error("worked example: no option " + name);
    }
  }
  if (e.windows.empty()) e.windows.push_back({0, (uint64_t{1} << c.pa_bits) - 1});
  if (c.format != VMSO_FORMAT_IDENTITY) return;
  c.root = e.windows[0].first;
  c.limit = e.windows[0].last;
  for (const std::string &word : words) {
    auto [name, value] = cut(word, '=');
    if (name == "base") c.root = hex(value);
    if (name == "limit") c.limit = hex(value);
  }
}

// Reads; the bits of the row's last ^ list go to `bits`, the read they belong to is `flipped`.
void read_reads(WorkedExample &e, const std::string &format, const std::string &text,
                std::vector<unsigned> &bits, size_t &flipped) {
  std::string all;
  for (const std::string &word : parts(text, ' ')) {
    if (word != "none") all += (word == "P" ? usual_path(format) : word) + " ";
  }
  for (const std::string &word : parts(all, ' ')) {
    auto [at, what] = cut(word, '=');
    auto [value, list] = cut(what, '^');
    WorkedExample::Read read{hex(at), 0, reference::Response::kOkay};
    if (value == "SLVERR") {
      read.response = reference::Response::kSlvErr;
    } else if (value == "DECERR") {
      read.response = reference::Response::kDecErr;
    } else if (value == "TIMEOUT") {
      read.response = reference::Response::kNone;
    } else {
      read.value = hex(value);
    }
    if (!list.empty()) flipped = e.reads.size();
    for (const std::string &range : parts(list, ',')) {
      auto [high, low] = cut(range, ':');
      unsigned first = unsigned(std::stoul(low.empty() ? high : low));
      for (unsigned bit = first; bit <= std::stoul(high); bit++) bits.push_back(bit);
    }
    e.reads.push_back(read);
  }
}

void read_result(WorkedExample &e, const std::string &text, unsigned root_level) {
  if (text.starts_with("PA ")) {
    e.pa = hex(text.substr(3));
    if (!e.reads.empty()) e.level = root_level + 1 - unsigned(e.reads.size());
    return;
  }
  auto [cause, level] = cut(text, '@');
  e.cause = cause_named(cause);
  if (level != "-") e.level = unsigned(std::stoul(level));
}

}  // namespace

std::vector<WorkedExample> worked_examples() {
  std::vector<WorkedExample> all;
  for (const Row &row : kRows) {
    std::vector<std::string> words = parts(row.context, ' ');
    WorkedExample e;
    e.id = row.id;
    e.shows = row.shows;
    e.va = hex(row.va);
    read_context(e, words);
    std::vector<unsigned> bits;
    size_t flipped = 0;
    read_reads(e, words[0], row.reads, bits, flipped);
    read_result(e, row.result, format_named(words[0]).second);
    if (bits.empty()) all.push_back(e);
    for (unsigned bit : bits) {
      WorkedExample one = e;
      one.id += " bit " + std::to_string(bit);
      one.reads[flipped].value ^= uint64_t{1} << bit;
      all.push_back(one);
    }
  }
  return all;
}

}  // namespace vmso
