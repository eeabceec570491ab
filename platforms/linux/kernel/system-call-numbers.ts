/**
 * Linux's system calls by number, on the three CPUs. Source: uapi/asm/unistd.h of i386, x86-64 and ARM64 (6.18).
 */
import type { CpuName } from '../../../emulator/engine.js';

/** That CPU has none. */
const _ = undefined;

/** IA-32, x86-64, ARM64. */
// prettier-ignore
const numbers = {
  read: [3, 0, 63], write: [4, 1, 64], open: [5, 2, _], close: [6, 3, 57], stat: [106, 4, _], fstat: [108, 5, 80], lstat: [107, 6, _],
  poll: [168, 7, _], lseek: [19, 8, 62], mmap: [90, 9, 222], mprotect: [125, 10, 226], munmap: [91, 11, 215], brk: [45, 12, 214],
  rt_sigaction: [174, 13, 134], rt_sigprocmask: [175, 14, 135], rt_sigreturn: [173, 15, 139], ioctl: [54, 16, 29], pread64: [180, 17, 67],
  pwrite64: [181, 18, 68], readv: [145, 19, 65], writev: [146, 20, 66], access: [33, 21, _], pipe: [42, 22, _], select: [82, 23, _],
  sched_yield: [158, 24, 124], mremap: [163, 25, 216], msync: [144, 26, 227], mincore: [218, 27, 232], madvise: [219, 28, 233],
  shmget: [395, 29, 194], shmat: [397, 30, 196], shmctl: [396, 31, 195], dup: [41, 32, 23], dup2: [63, 33, _], pause: [29, 34, _],
  nanosleep: [162, 35, 101], getitimer: [105, 36, 102], alarm: [27, 37, _], setitimer: [104, 38, 103], getpid: [20, 39, 172],
  sendfile: [187, 40, 71], socket: [359, 41, 198], connect: [362, 42, 203], accept: [_, 43, 202], sendto: [369, 44, 206],
  recvfrom: [371, 45, 207], sendmsg: [370, 46, 211], recvmsg: [372, 47, 212], shutdown: [373, 48, 210], bind: [361, 49, 200],
  listen: [363, 50, 201], getsockname: [367, 51, 204], getpeername: [368, 52, 205], socketpair: [360, 53, 199],
  setsockopt: [366, 54, 208], getsockopt: [365, 55, 209], clone: [120, 56, 220], fork: [2, 57, _], vfork: [190, 58, _],
  execve: [11, 59, 221], exit: [1, 60, 93], wait4: [114, 61, 260], kill: [37, 62, 129], uname: [122, 63, 160], semget: [393, 64, 190],
  semop: [_, 65, 193], semctl: [394, 66, 191], shmdt: [398, 67, 197], msgget: [399, 68, 186], msgsnd: [400, 69, 189],
  msgrcv: [401, 70, 188], msgctl: [402, 71, 187], fcntl: [55, 72, 25], flock: [143, 73, 32], fsync: [118, 74, 82],
  fdatasync: [148, 75, 83], truncate: [92, 76, 45], ftruncate: [93, 77, 46], getdents: [141, 78, _], getcwd: [183, 79, 17],
  chdir: [12, 80, 49], fchdir: [133, 81, 50], rename: [38, 82, _], mkdir: [39, 83, _], rmdir: [40, 84, _], creat: [8, 85, _],
  link: [9, 86, _], unlink: [10, 87, _], symlink: [83, 88, _], readlink: [85, 89, _], chmod: [15, 90, _], fchmod: [94, 91, 52],
  chown: [182, 92, _], fchown: [95, 93, 55], lchown: [16, 94, _], umask: [60, 95, 166], gettimeofday: [78, 96, 169],
  getrlimit: [76, 97, 163], getrusage: [77, 98, 165], sysinfo: [116, 99, 179], times: [43, 100, 153], ptrace: [26, 101, 117],
  getuid: [24, 102, 174], syslog: [103, 103, 116], getgid: [47, 104, 176], setuid: [23, 105, 146], setgid: [46, 106, 144],
  geteuid: [49, 107, 175], getegid: [50, 108, 177], setpgid: [57, 109, 154], getppid: [64, 110, 173], getpgrp: [65, 111, _],
  setsid: [66, 112, 157], setreuid: [70, 113, 145], setregid: [71, 114, 143], getgroups: [80, 115, 158], setgroups: [81, 116, 159],
  setresuid: [164, 117, 147], getresuid: [165, 118, 148], setresgid: [170, 119, 149], getresgid: [171, 120, 150],
  getpgid: [132, 121, 155], setfsuid: [138, 122, 151], setfsgid: [139, 123, 152], getsid: [147, 124, 156], capget: [184, 125, 90],
  capset: [185, 126, 91], rt_sigpending: [176, 127, 136], rt_sigtimedwait: [177, 128, 137], rt_sigqueueinfo: [178, 129, 138],
  rt_sigsuspend: [179, 130, 133], sigaltstack: [186, 131, 132], utime: [30, 132, _], mknod: [14, 133, _], uselib: [86, 134, _],
  personality: [136, 135, 92], ustat: [62, 136, _], statfs: [99, 137, 43], fstatfs: [100, 138, 44], sysfs: [135, 139, _],
  getpriority: [96, 140, 141], setpriority: [97, 141, 140], sched_setparam: [154, 142, 118], sched_getparam: [155, 143, 121],
  sched_setscheduler: [156, 144, 119], sched_getscheduler: [157, 145, 120], sched_get_priority_max: [159, 146, 125],
  sched_get_priority_min: [160, 147, 126], sched_rr_get_interval: [161, 148, 127], mlock: [150, 149, 228], munlock: [151, 150, 229],
  mlockall: [152, 151, 230], munlockall: [153, 152, 231], vhangup: [111, 153, 58], modify_ldt: [123, 154, _], pivot_root: [217, 155, 41],
  _sysctl: [149, 156, _], prctl: [172, 157, 167], arch_prctl: [384, 158, _], adjtimex: [124, 159, 171], setrlimit: [75, 160, 164],
  chroot: [61, 161, 51], sync: [36, 162, 81], acct: [51, 163, 89], settimeofday: [79, 164, 170], mount: [21, 165, 40],
  umount2: [52, 166, 39], swapon: [87, 167, 224], swapoff: [115, 168, 225], reboot: [88, 169, 142], sethostname: [74, 170, 161],
  setdomainname: [121, 171, 162], iopl: [110, 172, _], ioperm: [101, 173, _], create_module: [127, 174, _], init_module: [128, 175, 105],
  delete_module: [129, 176, 106], get_kernel_syms: [130, 177, _], query_module: [167, 178, _], quotactl: [131, 179, 60],
  nfsservctl: [169, 180, 42], getpmsg: [188, 181, _], putpmsg: [189, 182, _], afs_syscall: [137, 183, _], tuxcall: [_, 184, _],
  security: [_, 185, _], gettid: [224, 186, 178], readahead: [225, 187, 213], setxattr: [226, 188, 5], lsetxattr: [227, 189, 6],
  fsetxattr: [228, 190, 7], getxattr: [229, 191, 8], lgetxattr: [230, 192, 9], fgetxattr: [231, 193, 10], listxattr: [232, 194, 11],
  llistxattr: [233, 195, 12], flistxattr: [234, 196, 13], removexattr: [235, 197, 14], lremovexattr: [236, 198, 15],
  fremovexattr: [237, 199, 16], tkill: [238, 200, 130], time: [13, 201, _], futex: [240, 202, 98], sched_setaffinity: [241, 203, 122],
  sched_getaffinity: [242, 204, 123], set_thread_area: [243, 205, _], io_setup: [245, 206, 0], io_destroy: [246, 207, 1],
  io_getevents: [247, 208, 4], io_submit: [248, 209, 2], io_cancel: [249, 210, 3], get_thread_area: [244, 211, _],
  lookup_dcookie: [253, 212, 18], epoll_create: [254, 213, _], epoll_ctl_old: [_, 214, _], epoll_wait_old: [_, 215, _],
  remap_file_pages: [257, 216, 234], getdents64: [220, 217, 61], set_tid_address: [258, 218, 96], restart_syscall: [0, 219, 128],
  semtimedop: [_, 220, 192], fadvise64: [250, 221, 223], timer_create: [259, 222, 107], timer_settime: [260, 223, 110],
  timer_gettime: [261, 224, 108], timer_getoverrun: [262, 225, 109], timer_delete: [263, 226, 111], clock_settime: [264, 227, 112],
  clock_gettime: [265, 228, 113], clock_getres: [266, 229, 114], clock_nanosleep: [267, 230, 115], exit_group: [252, 231, 94],
  epoll_wait: [256, 232, _], epoll_ctl: [255, 233, 21], tgkill: [270, 234, 131], utimes: [271, 235, _], vserver: [273, 236, _],
  mbind: [274, 237, 235], set_mempolicy: [276, 238, 237], get_mempolicy: [275, 239, 236], mq_open: [277, 240, 180],
  mq_unlink: [278, 241, 181], mq_timedsend: [279, 242, 182], mq_timedreceive: [280, 243, 183], mq_notify: [281, 244, 184],
  mq_getsetattr: [282, 245, 185], kexec_load: [283, 246, 104], waitid: [284, 247, 95], add_key: [286, 248, 217],
  request_key: [287, 249, 218], keyctl: [288, 250, 219], ioprio_set: [289, 251, 30], ioprio_get: [290, 252, 31],
  inotify_init: [291, 253, _], inotify_add_watch: [292, 254, 27], inotify_rm_watch: [293, 255, 28], migrate_pages: [294, 256, 238],
  openat: [295, 257, 56], mkdirat: [296, 258, 34], mknodat: [297, 259, 33], fchownat: [298, 260, 54], futimesat: [299, 261, _],
  newfstatat: [_, 262, 79], unlinkat: [301, 263, 35], renameat: [302, 264, 38], linkat: [303, 265, 37], symlinkat: [304, 266, 36],
  readlinkat: [305, 267, 78], fchmodat: [306, 268, 53], faccessat: [307, 269, 48], pselect6: [308, 270, 72], ppoll: [309, 271, 73],
  unshare: [310, 272, 97], set_robust_list: [311, 273, 99], get_robust_list: [312, 274, 100], splice: [313, 275, 76], tee: [315, 276, 77],
  sync_file_range: [314, 277, 84], vmsplice: [316, 278, 75], move_pages: [317, 279, 239], utimensat: [320, 280, 88],
  epoll_pwait: [319, 281, 22], signalfd: [321, 282, _], timerfd_create: [322, 283, 85], eventfd: [323, 284, _], fallocate: [324, 285, 47],
  timerfd_settime: [325, 286, 86], timerfd_gettime: [326, 287, 87], accept4: [364, 288, 242], signalfd4: [327, 289, 74],
  eventfd2: [328, 290, 19], epoll_create1: [329, 291, 20], dup3: [330, 292, 24], pipe2: [331, 293, 59], inotify_init1: [332, 294, 26],
  preadv: [333, 295, 69], pwritev: [334, 296, 70], rt_tgsigqueueinfo: [335, 297, 240], perf_event_open: [336, 298, 241],
  recvmmsg: [337, 299, 243], fanotify_init: [338, 300, 262], fanotify_mark: [339, 301, 263], prlimit64: [340, 302, 261],
  name_to_handle_at: [341, 303, 264], open_by_handle_at: [342, 304, 265], clock_adjtime: [343, 305, 266], syncfs: [344, 306, 267],
  sendmmsg: [345, 307, 269], setns: [346, 308, 268], getcpu: [318, 309, 168], process_vm_readv: [347, 310, 270],
  process_vm_writev: [348, 311, 271], kcmp: [349, 312, 272], finit_module: [350, 313, 273], sched_setattr: [351, 314, 274],
  sched_getattr: [352, 315, 275], renameat2: [353, 316, 276], seccomp: [354, 317, 277], getrandom: [355, 318, 278],
  memfd_create: [356, 319, 279], kexec_file_load: [_, 320, 294], bpf: [357, 321, 280], execveat: [358, 322, 281],
  userfaultfd: [374, 323, 282], membarrier: [375, 324, 283], mlock2: [376, 325, 284], copy_file_range: [377, 326, 285],
  preadv2: [378, 327, 286], pwritev2: [379, 328, 287], pkey_mprotect: [380, 329, 288], pkey_alloc: [381, 330, 289],
  pkey_free: [382, 331, 290], statx: [383, 332, 291], io_pgetevents: [385, 333, 292], rseq: [386, 334, 293],
  pidfd_send_signal: [424, 424, 424], io_uring_setup: [425, 425, 425], io_uring_enter: [426, 426, 426],
  io_uring_register: [427, 427, 427], open_tree: [428, 428, 428], move_mount: [429, 429, 429], fsopen: [430, 430, 430],
  fsconfig: [431, 431, 431], fsmount: [432, 432, 432], fspick: [433, 433, 433], pidfd_open: [434, 434, 434], clone3: [435, 435, 435],
  close_range: [436, 436, 436], openat2: [437, 437, 437], pidfd_getfd: [438, 438, 438], faccessat2: [439, 439, 439],
  process_madvise: [440, 440, 440], epoll_pwait2: [441, 441, 441], mount_setattr: [442, 442, 442], quotactl_fd: [443, 443, 443],
  landlock_create_ruleset: [444, 444, 444], landlock_add_rule: [445, 445, 445], landlock_restrict_self: [446, 446, 446],
  memfd_secret: [447, 447, 447], process_mrelease: [448, 448, 448], futex_waitv: [449, 449, 449],
  set_mempolicy_home_node: [450, 450, 450], cachestat: [451, 451, 451], fchmodat2: [452, 452, 452], map_shadow_stack: [_, 453, _],
  futex_wake: [454, 454, 454], futex_wait: [455, 455, 455], futex_requeue: [456, 456, 456], statmount: [457, 457, 457],
  listmount: [458, 458, 458], lsm_get_self_attr: [459, 459, 459], lsm_set_self_attr: [460, 460, 460], lsm_list_modules: [461, 461, 461],
  mseal: [462, 462, 462], setxattrat: [463, 463, 463], getxattrat: [464, 464, 464], listxattrat: [465, 465, 465],
  removexattrat: [466, 466, 466], open_tree_attr: [467, 467, 467], file_getattr: [468, 468, 468], file_setattr: [469, 469, 469],
   waitpid: [7, _, _], break: [17, _, _], oldstat: [18, _, _], umount: [22, _, _], stime: [25, _, _],
  oldfstat: [28, _, _], stty: [31, _, _], gtty: [32, _, _], nice: [34, _, _], ftime: [35, _, _], prof: [44, _, _], signal: [48, _, _],
  lock: [53, _, _], mpx: [56, _, _], ulimit: [58, _, _], oldolduname: [59, _, _], sigaction: [67, _, _], sgetmask: [68, _, _],
  ssetmask: [69, _, _], sigsuspend: [72, _, _], sigpending: [73, _, _], oldlstat: [84, _, _], readdir: [89, _, _], profil: [98, _, _],
  socketcall: [102, _, _], olduname: [109, _, _], idle: [112, _, _], vm86old: [113, _, _], ipc: [117, _, _], sigreturn: [119, _, _],
  sigprocmask: [126, _, _], bdflush: [134, _, _], _llseek: [140, _, _], _newselect: [142, _, _], vm86: [166, _, _],
  ugetrlimit: [191, _, _], mmap2: [192, _, _], truncate64: [193, _, _], ftruncate64: [194, _, _], stat64: [195, _, _],
  lstat64: [196, _, _], fstat64: [197, _, _], lchown32: [198, _, _], getuid32: [199, _, _], getgid32: [200, _, _], geteuid32: [201, _, _],
  getegid32: [202, _, _], setreuid32: [203, _, _], setregid32: [204, _, _], getgroups32: [205, _, _], setgroups32: [206, _, _],
  fchown32: [207, _, _], setresuid32: [208, _, _], getresuid32: [209, _, _], setresgid32: [210, _, _], getresgid32: [211, _, _],
  chown32: [212, _, _], setuid32: [213, _, _], setgid32: [214, _, _], setfsuid32: [215, _, _], setfsgid32: [216, _, _],
  fcntl64: [221, _, _], sendfile64: [239, _, _], statfs64: [268, _, _], fstatfs64: [269, _, _], fadvise64_64: [272, _, _],
  fstatat64: [300, _, _], clock_gettime64: [403, _, _], clock_settime64: [404, _, _], clock_adjtime64: [405, _, _],
  clock_getres_time64: [406, _, _], clock_nanosleep_time64: [407, _, _], timer_gettime64: [408, _, _], timer_settime64: [409, _, _],
  timerfd_gettime64: [410, _, _], timerfd_settime64: [411, _, _], utimensat_time64: [412, _, _], pselect6_time64: [413, _, _],
  ppoll_time64: [414, _, _], io_pgetevents_time64: [416, _, _], recvmmsg_time64: [417, _, _], mq_timedsend_time64: [418, _, _],
  mq_timedreceive_time64: [419, _, _], semtimedop_time64: [420, _, _], rt_sigtimedwait_time64: [421, _, _], futex_time64: [422, _, _],
  sched_rr_get_interval_time64: [423, _, _],
} as const;

export type SystemCallName = keyof typeof numbers;

/** They have numbers, but no kernel of today has the calls. */
// prettier-ignore
export const NEVER_IMPLEMENTED: ReadonlySet<SystemCallName> = new Set([
  'afs_syscall', 'break', 'create_module', 'epoll_ctl_old', 'epoll_wait_old', 'ftime', 'get_kernel_syms', 'getpmsg', 'gtty', 'lock',
  'lookup_dcookie', 'mpx', 'nfsservctl', 'prof', 'profil', 'putpmsg', 'query_module', 'security', 'stty', 'tuxcall', 'ulimit', 'vserver', '_sysctl',
  'bdflush', 'idle',
] as const);

export function systemCallNames(cpu: CpuName): Map<number, SystemCallName> {
  const column = cpu === 'ia32' ? 0 : cpu === 'x86-64' ? 1 : 2;
  const table = new Map<number, SystemCallName>();
  for (const name of Object.keys(numbers) as SystemCallName[]) {
    const number = numbers[name][column];
    if (number !== undefined) table.set(number, name);
  }
  return table;
}
