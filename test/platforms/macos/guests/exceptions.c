/* A program that serves its own Mach exceptions, as a collector does: request 2407 by mach_msg, reply 2507. */
#include <mach/mach.h>
#include <mach/mach_vm.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
typedef x86_thread_state64_t state_t;
#define SP(s) ((s).__rsp)
#define PC(s) ((s).__rip)
#else
typedef arm_thread_state64_t state_t;
#define SP(s) ((s).__sp)
#define PC(s) ((s).__pc)
#endif
#define COUNT (sizeof(state_t) / 4)
#pragma pack(push, 4)
typedef struct {
  mach_msg_header_t header;
  mach_msg_body_t body;
  mach_msg_port_descriptor_t thread, task;
  NDR_record_t ndr;
  exception_type_t exception;
  mach_msg_type_number_t code_count;
  int64_t code[2];
  int flavor;
  mach_msg_type_number_t state_count;
  state_t state;
  char trailer[64];
} request_t;
typedef struct {
  mach_msg_header_t header;
  NDR_record_t ndr;
  kern_return_t result;
  int flavor;
  mach_msg_type_number_t state_count;
  state_t state;
} reply_t;
#pragma pack(pop)
static mach_port_t port;
static vm_size_t page_size;
static volatile char *page;
static int served, decline;
static uint64_t seen_pc, seen_address;
static int seen_code;

#define MUST(x) do { int r_ = (x); if (r_ != 0) { printf("%s: %d\n", #x, r_); exit(1); } } while (0)

static void *server(void *unused) {
  for (;;) {
    request_t q;
    reply_t a;
    memset(&q, 0, sizeof q);
    MUST(mach_msg(&q.header, MACH_RCV_MSG, 0, sizeof q, port, MACH_MSG_TIMEOUT_NONE, MACH_PORT_NULL));
    if (q.header.msgh_id != 2407 || q.header.msgh_size != sizeof(request_t) - 64 || q.code_count != 2 || q.flavor != MACHINE_THREAD_STATE || q.state_count != COUNT) {
      printf("bad request %d size %u\n", q.header.msgh_id, q.header.msgh_size);
      exit(1);
    }
    if (q.task.name != mach_task_self() || q.header.msgh_local_port != port) printf("bad ports\n");
    seen_pc = PC(q.state);
    seen_code = (int)q.code[0];
    seen_address = (uint64_t)q.code[1];
    a.header.msgh_bits = MACH_MSGH_BITS(MACH_MSGH_BITS_REMOTE(q.header.msgh_bits), 0);
    a.header.msgh_size = sizeof a;
    a.header.msgh_remote_port = q.header.msgh_remote_port;
    a.header.msgh_local_port = MACH_PORT_NULL;
    a.header.msgh_voucher_port = 0;
    a.header.msgh_id = q.header.msgh_id + 100;
    a.ndr = q.ndr;
    a.result = decline ? KERN_FAILURE : KERN_SUCCESS;
    a.flavor = q.flavor;
    a.state_count = q.state_count;
    a.state = q.state;
    if (!decline) MUST(mach_vm_protect(mach_task_self(), (mach_vm_address_t)page, page_size, 0, VM_PROT_READ | VM_PROT_WRITE));
    ++served;
    MUST(mach_msg(&a.header, MACH_SEND_MSG, sizeof a, 0, MACH_PORT_NULL, 0, MACH_PORT_NULL));
  }
}

int main(int argc, char **argv) {
  mach_vm_address_t address = 0;
  pthread_t thread;
  exception_mask_t masks[EXC_TYPES_COUNT];
  mach_port_t ports[EXC_TYPES_COUNT];
  exception_behavior_t behaviors[EXC_TYPES_COUNT];
  thread_state_flavor_t flavors[EXC_TYPES_COUNT];
  mach_msg_type_number_t count = EXC_TYPES_COUNT;
  MUST(host_page_size(mach_host_self(), &page_size));
  MUST(mach_vm_allocate(mach_task_self(), &address, page_size, VM_FLAGS_ANYWHERE));
  page = (char *)address;
  MUST(mach_port_allocate(mach_task_self(), MACH_PORT_RIGHT_RECEIVE, &port));
  MUST(mach_port_insert_right(mach_task_self(), port, port, MACH_MSG_TYPE_MAKE_SEND));
  MUST(thread_swap_exception_ports(mach_thread_self(), EXC_MASK_BAD_ACCESS, port, (int)(EXCEPTION_STATE_IDENTITY | MACH_EXCEPTION_CODES), MACHINE_THREAD_STATE, masks, &count,
                                   ports, behaviors, flavors));
  printf("old ports %u first %u\n", count, ports[0]);
  MUST(pthread_create(&thread, NULL, server, NULL));
  page[5] = 1;
  MUST(mach_vm_protect(mach_task_self(), (mach_vm_address_t)page, page_size, 0, VM_PROT_NONE));
  page[5]++;
  printf("page[5] %d served %d code %d offset %d in main %d\n", page[5], served, seen_code, (int)(seen_address - address), seen_pc > (uint64_t)(uintptr_t)main && seen_pc < (uint64_t)(uintptr_t)main + 0x1000);
  MUST(mach_vm_protect(mach_task_self(), (mach_vm_address_t)page, page_size, 0, VM_PROT_READ));
  page[6] = 7;
  printf("page[6] %d served %d\n", page[6], served);
  if (argc > 1) {
    decline = 1;
    MUST(mach_vm_protect(mach_task_self(), (mach_vm_address_t)page, page_size, 0, VM_PROT_NONE));
    fflush(stdout);
    return page[0];
  }
  return 0;
}
