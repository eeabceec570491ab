#include "machine.h"

#include <cstring>

std::string Machine::Open(uint8_t* memory, uint64_t bytes) {
  uc_err error = UC_ERR_OK;
  auto failed = [&](uc_err result) { return (error = result) != UC_ERR_OK; };
  auto because = [&](const char* what) { return std::string(what) + ": " + uc_strerror(error); };
  bool x86 = model_.x86();
  if (failed(uc_open(x86 ? UC_ARCH_X86 : UC_ARCH_ARM64, x86 ? UC_MODE_64 : UC_MODE_ARM, &uc_))) return because("uc_open");
  int cpu = x86 ? static_cast<int>(UC_CPU_X86_HASWELL) : static_cast<int>(UC_CPU_ARM64_MAX);
  if (failed(uc_ctl_set_cpu_model(uc_, cpu))) return because("CPU model");
  if (!x86 && failed(uc_ctl_set_page_size(uc_, static_cast<uint32_t>(model_.pageSize())))) return because("page size");
  uc_ctl_set_tcg_buffer_size(uc_, uint32_t{steps ? 16u << 20 : 64u << 20});
  if (failed(uc_ctl_tlb_mode(uc_, UC_TLB_VIRTUAL))) return because("TLB mode");
  if (failed(uc_ctl_exits_enable(uc_))) return because("exits");
  if (failed(uc_mem_map_ptr(uc_, 0, bytes, UC_PROT_ALL, memory))) return because("physical memory");

  uc_context* blank = nullptr;
  if (failed(uc_context_alloc(uc_, &blank))) return because("uc_context_alloc");
  size_t size = uc_context_size(uc_);
  uc_context_save(uc_, blank);
  header_.resize((size + 7) / 8);
  memcpy(header_.data(), blank, size);
  uc_context_free(blank);
  return "";
}

void Machine::Close() {
  if (uc_) uc_close(uc_);
  uc_ = nullptr;
}

void Machine::FlushTlb() {
  uc_ctl_flush_tlb(uc_);
  tlb.flush = tlb.filled = false;
  if (++tlb.generation == 0) tlb.generation = 1;
}

void Machine::Save(Blob& blob) const {
  if (blob.empty()) blob = header_;
  uc_context_save(uc_, reinterpret_cast<uc_context*>(blob.data()));
}

void Machine::Restore(const Blob& blob) { uc_context_restore(uc_, reinterpret_cast<uc_context*>(const_cast<uint64_t*>(blob.data()))); }
