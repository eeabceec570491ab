/* mach_vm_region and the kernel's copies: osfmk/vm/vm_map.c (vm_map_region, vm_map_copyin, vm_map_copy_overwrite), mach/vm_region.h. */
#include "observe.h"
#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <sys/mman.h>

int main(void) {
  unsigned long p = getpagesize();
  char *a = mmap(0, 4 * p, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0), buffer[16] = "";
  mach_vm_address_t at = (mach_vm_address_t)a + 100;
  mach_vm_size_t size = 0;
  vm_region_basic_info_data_64_t info;
  mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64, few = 8;
  mach_port_t name = 7, self = mach_task_self();
  mprotect(a + p, p, PROT_READ), mprotect(a + 2 * p, 2 * p, PROT_NONE);
  OBSERVE("region", mach_vm_region(self, &at, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &name));
  OBSERVE3("region.end", at <= (mach_vm_address_t)a, at + size - (mach_vm_address_t)a == p, name);
  OBSERVE3("region.info", info.protection, info.max_protection, info.inheritance);
  at = (mach_vm_address_t)a + p;
  OBSERVE("region.read-only", mach_vm_region(self, &at, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &name));
  OBSERVE3("region.read-only.info", at - (mach_vm_address_t)a == p, size == p, info.protection);
  at = (mach_vm_address_t)a + 3 * p;
  mach_vm_region(self, &at, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &name);
  OBSERVE2("region.none.info", at - (mach_vm_address_t)a == 2 * p, info.protection);
  at = 4096;
  OBSERVE("region.next", mach_vm_region(self, &at, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &name));
  OBSERVE("region.next.later", at > 4096 && size > 0);
  OBSERVE("region.few", mach_vm_region(self, &at, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &few, &name));
  at = 0x7ffffff00000ull;
  OBSERVE("region.beyond", mach_vm_region(self, &at, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &name));
  OBSERVE("region.task", mach_vm_region(0, &at, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&info, &count, &name));
  strcpy(a, "hello");
  size = 0;
  OBSERVE("read", mach_vm_read_overwrite(self, (mach_vm_address_t)a, 6, (mach_vm_address_t)buffer, &size));
  OBSERVE2("read.size", size, !strcmp(buffer, "hello"));
  OBSERVE("read.protected", mach_vm_read_overwrite(self, (mach_vm_address_t)a + 2 * p, 6, (mach_vm_address_t)buffer, &size));
  OBSERVE("read.hole", mach_vm_read_overwrite(self, 4096, 6, (mach_vm_address_t)buffer, &size));
  OBSERVE("write", mach_vm_write(self, (mach_vm_address_t)a, (vm_offset_t) "world", 6));
  OBSERVE("write.done", !strcmp(a, "world"));
  OBSERVE("write.read-only", mach_vm_write(self, (mach_vm_address_t)a + p, (vm_offset_t) "world", 6));
  OBSERVE("write.hole", mach_vm_write(self, 4096, (vm_offset_t) "world", 6));
  OBSERVE("copy", vm_copy(self, (vm_address_t)a, 6, (vm_address_t)buffer));
  OBSERVE("copy.done", !strcmp(buffer, "world"));
  return 0;
}
