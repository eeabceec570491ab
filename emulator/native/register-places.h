// Where Unicorn keeps the general registers, and a copy of no more of the CPU's state than
// holds them: several times cheaper than asking Unicorn for each at every exit. Found at
// start-up by experiment (unicorn-places.h); where it is not found, each is asked for.
//
// A saved state (Machine::Save) is a header and the CPU's own structure. One word of the
// header says how many bytes of that structure go into it or come out of it. Flags are not
// there: Unicorn computes them when it is asked.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "machine.h"

class RegisterPlaces {
 public:
  // `ids`: Unicorn's registers, by slot of the packed block. Each of the first `plain` is
  // nothing but a number, and is also written in its place; all of these must be found, the
  // others may be. The machine still runs at the most privileged level, and is left as it was.
  bool Find(Machine& machine, const int* ids, int count, int plain);
  bool found() const { return !places_.empty(); }
  bool Has(int slot) const;

  // All that were found, into their slots.
  void Read(const Machine& machine, uint64_t* slots);
  // The plain ones get what `slots` has.
  void WritePlain(Machine& machine, const uint64_t* slots);

 private:
  struct Place { int slot; size_t at; bool selector; };  // `at`: a byte offset in a saved state

  size_t FindOne(Machine& machine, int id, bool selector);
  // The header's word, and where what it counts begins.
  bool FindLength(Machine& machine, size_t end);
  // The machine's header, where `end` bytes of a saved state are asked for.
  Blob Beginning(const Machine& machine, size_t end) const;
  bool WritesNothingElse(Machine& machine);

  std::vector<Place> places_;      // by slot: the plain ones come first
  size_t plain_ = 0;               // how many these are
  size_t length_ = 0, begin_ = 0;  // word of the header; byte where the structure begins
  Blob allPart_, plainPart_;       // room for them
};
