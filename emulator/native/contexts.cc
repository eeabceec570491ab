// Saved CPU states. A context is Unicorn's blob (everything a thread has in the CPU)
// and a copy of the packed general registers, so that restoring is lazy: the blob goes
// to whichever machine runs next.
#include "engine.h"

#include <cstring>

void Engine::SaveBlob(std::vector<uint64_t>& blob) {
  if (blob.empty()) blob = templates_[0];  // for its header
  uc_context_save(at_->uc, reinterpret_cast<uc_context*>(blob.data()));
}

void Engine::RestoreBlob(Machine& machine, const std::vector<uint64_t>& blob) {
  uc_context_restore(machine.uc, reinterpret_cast<uc_context*>(const_cast<uint64_t*>(blob.data())));
}

void Engine::MoveTo(Machine& machine) {
  if (at_ == &machine) return;
  if (pending_) {
    RestoreBlob(machine, pending_->blob.empty() ? templates_[pending_->mode] : pending_->blob);
    pending_ = nullptr;
  } else {
    SaveBlob(scratchBlob_);
    RestoreBlob(machine, scratchBlob_);
  }
  at_ = &machine;
}

int Engine::NewContext(int mode) {
  auto* context = new Context;
  context->mode = x86() ? mode & 1 : 0;
  if (!x86()) {
    context->general[33] = 0;  // pstate: EL0, no flags
  } else {
    const uint16_t* s = &selectors_.cs;
    context->general[17] = 0x202;
    for (int i = 0; i < 6; i++) context->general[18 + i] = s[i];
    uint16_t code = context->mode ? selectors_.cs32 : selectors_.cs64;
    context->general[18] = code;
  }
  for (size_t i = 0; i < contexts_.size(); i++) {
    if (!contexts_[i]) {
      contexts_[i] = context;
      return static_cast<int>(i);
    }
  }
  contexts_.push_back(context);
  return static_cast<int>(contexts_.size()) - 1;
}

bool Engine::SaveContext(int id) {
  if (id < 0 || static_cast<size_t>(id) >= contexts_.size() || !contexts_[static_cast<size_t>(id)]) return false;
  Context& context = *contexts_[static_cast<size_t>(id)];
  if (!at_) {
    if (pending_ == &context && state_[kDirty] == 0) return true;
    MoveTo(main_);
  }
  if (state_[kDirty] != 0) WriteDirty(at_->uc);
  SaveBlob(context.blob);
  // Another thread may store between a load and a store exclusive: the monitor doesn't survive a switch.
  if (monitorSlot_) memset(reinterpret_cast<uint8_t*>(context.blob.data()) + monitorSlot_, 0xff, 8);
  memcpy(context.general, block_, sizeof context.general);
  context.skipBreakpoint = skipBreakpoint_;
  return true;
}

bool Engine::RestoreContext(int id) {
  if (id < 0 || static_cast<size_t>(id) >= contexts_.size() || !contexts_[static_cast<size_t>(id)]) return false;
  Context& context = *contexts_[static_cast<size_t>(id)];
  at_ = nullptr;
  pending_ = &context;
  memcpy(block_, context.general, sizeof context.general);
  memcpy(shadow_, context.general, sizeof context.general);
  skipBreakpoint_ = context.skipBreakpoint;
  state_[kDirty] = 0;
  return true;
}

bool Engine::FreeContext(int id) {
  if (id < 0 || static_cast<size_t>(id) >= contexts_.size() || !contexts_[static_cast<size_t>(id)]) return false;
  Context*& context = contexts_[static_cast<size_t>(id)];
  if (pending_ == context) MoveTo(main_);
  delete context;
  context = nullptr;
  return true;
}

// Unicorn never forgets that an exception was in flight, and turns the next one into a
// double fault; the field that remembers it is put back to "none" in a saved blob.
void Engine::ClearException(Machine& machine) {
  SaveBlob(scratchBlob_);
  memset(reinterpret_cast<uint8_t*>(scratchBlob_.data()) + exceptionSlot_, 0xff, 4);
  RestoreBlob(machine, scratchBlob_);
}
