/** FreeBSD's system calls by number, the same on both CPUs; old forms have their version in their names. Source: sys/sys/syscall.h (13 and 14). */
// prettier-ignore
export const FREEBSD_CALLS = {
  syscall: 0, exit: 1, fork: 2, read: 3, write: 4, open: 5, close: 6, wait4: 7, link: 9, unlink: 10, chdir: 12, fchdir: 13, chmod: 15, chown: 16,
  break: 17, getpid: 20, mount: 21, unmount: 22, setuid: 23, getuid: 24, geteuid: 25, ptrace: 26, recvmsg: 27, sendmsg: 28, recvfrom: 29, accept: 30,
  getpeername: 31, getsockname: 32, access: 33, chflags: 34, fchflags: 35, sync: 36, kill: 37, getppid: 39, dup: 41, freebsd10_pipe: 42, getegid: 43,
  profil: 44, ktrace: 45, getgid: 47, getlogin: 49, setlogin: 50, acct: 51, sigaltstack: 53, ioctl: 54, reboot: 55, revoke: 56, symlink: 57,
  readlink: 58, execve: 59, umask: 60, chroot: 61, msync: 65, vfork: 66, sbrk: 69, sstk: 70, munmap: 73, mprotect: 74, madvise: 75, mincore: 78,
  getgroups: 79, setgroups: 80, getpgrp: 81, setpgid: 82, setitimer: 83, swapon: 85, getitimer: 86, getdtablesize: 89, dup2: 90, fcntl: 92,
  select: 93, fsync: 95, setpriority: 96, socket: 97, connect: 98, getpriority: 100, bind: 104, setsockopt: 105, listen: 106, gettimeofday: 116,
  getrusage: 117, getsockopt: 118, readv: 120, writev: 121, settimeofday: 122, fchown: 123, fchmod: 124, setreuid: 126, setregid: 127, rename: 128,
  flock: 131, mkfifo: 132, sendto: 133, shutdown: 134, socketpair: 135, mkdir: 136, rmdir: 137, utimes: 138, adjtime: 140, setsid: 147, quotactl: 148,
  lgetfh: 160, getfh: 161, sysarch: 165, rtprio: 166, semsys: 169, msgsys: 170, shmsys: 171, freebsd6_pread: 173, freebsd6_pwrite: 174, setfib: 175,
  ntp_adjtime: 176, setgid: 181, setegid: 182, seteuid: 183, freebsd11_stat: 188, freebsd11_fstat: 189, freebsd11_lstat: 190, pathconf: 191,
  fpathconf: 192, getrlimit: 194, setrlimit: 195, freebsd11_getdirentries: 196, freebsd6_mmap: 197, __syscall: 198, freebsd6_lseek: 199,
  freebsd6_truncate: 200, freebsd6_ftruncate: 201, __sysctl: 202, mlock: 203, munlock: 204, undelete: 205, futimes: 206, getpgid: 207, poll: 209,
  semget: 221, semop: 222, msgget: 225, msgsnd: 226, msgrcv: 227, shmat: 228, shmdt: 230, shmget: 231, clock_gettime: 232, clock_settime: 233,
  clock_getres: 234, ktimer_create: 235, ktimer_delete: 236, ktimer_settime: 237, ktimer_gettime: 238, ktimer_getoverrun: 239, nanosleep: 240,
  ffclock_getcounter: 241, clock_nanosleep: 244, clock_getcpuclockid2: 247, ntp_gettime: 248, minherit: 250, rfork: 251, issetugid: 253, lchown: 254,
  aio_read: 255, aio_write: 256, lio_listio: 257, lchmod: 274, lutimes: 276, preadv: 289, pwritev: 290, fhopen: 298, getsid: 310, setresuid: 311,
  setresgid: 312, aio_return: 314, aio_suspend: 315, aio_cancel: 316, aio_error: 317, yield: 321, mlockall: 324, munlockall: 325, __getcwd: 326,
  sched_setparam: 327, sched_getparam: 328, sched_setscheduler: 329, sched_getscheduler: 330, sched_yield: 331, sched_get_priority_max: 332,
  sched_get_priority_min: 333, sched_rr_get_interval: 334, utrace: 335, sigprocmask: 340, sigsuspend: 341, freebsd4_sigaction: 342, sigpending: 343,
  freebsd4_sigreturn: 344, sigtimedwait: 345, sigwaitinfo: 346, getresuid: 360, getresgid: 361, kqueue: 362, eaccess: 376, nmount: 378, kenv: 390,
  freebsd11_getfsstat: 395, freebsd11_statfs: 396, freebsd11_fstatfs: 397, ksem_close: 400, ksem_post: 401, ksem_wait: 402, ksem_trywait: 403,
  ksem_init: 404, ksem_open: 405, ksem_unlink: 406, ksem_getvalue: 407, ksem_destroy: 408, sigaction: 416, sigreturn: 417, getcontext: 421,
  setcontext: 422, swapcontext: 423, sigwait: 429, thr_create: 430, thr_exit: 431, thr_self: 432, thr_kill: 433, freebsd10__umtx_lock: 434,
  freebsd10__umtx_unlock: 435, jail_attach: 436, ksem_timedwait: 441, thr_suspend: 442, thr_wake: 443, _umtx_op: 454, thr_new: 455, sigqueue: 456,
  kmq_open: 457, abort2: 463, thr_set_name: 464, rtprio_thread: 466, pread: 475, pwrite: 476, mmap: 477, lseek: 478, truncate: 479, ftruncate: 480,
  thr_kill2: 481, freebsd12_shm_open: 482, shm_unlink: 483, cpuset: 484, cpuset_setid: 485, cpuset_getid: 486, cpuset_getaffinity: 487,
  cpuset_setaffinity: 488, faccessat: 489, fchmodat: 490, fchownat: 491, fexecve: 492, freebsd11_fstatat: 493, futimesat: 494, linkat: 495,
  mkdirat: 496, mkfifoat: 497, openat: 499, readlinkat: 500, renameat: 501, symlinkat: 502, unlinkat: 503, posix_openpt: 504,
  freebsd12_closefrom: 509, __semctl: 510, msgctl: 511, shmctl: 512, lpathconf: 513, cap_enter: 516, cap_getmode: 517, pdfork: 518, pselect: 522,
  posix_fallocate: 530, posix_fadvise: 531, wait6: 532, bindat: 538, connectat: 539, accept4: 541, pipe2: 542, procctl: 544, ppoll: 545,
  futimens: 546, utimensat: 547, fdatasync: 550, fstat: 551, fstatat: 552, fhstat: 553, getdirentries: 554, statfs: 555, fstatfs: 556, getfsstat: 557,
  mknodat: 559, kevent: 560, getrandom: 563, copy_file_range: 569, __sysctlbyname: 570, shm_open2: 571, shm_rename: 572, sigfastblock: 573,
  __realpathat: 574, close_range: 575, __specialfd: 577, fspacectl: 580, sched_getcpu: 581, kqueuex: 583, membarrier: 584,
} as const;

export type FreeBsdCallName = keyof typeof FREEBSD_CALLS;

export const freebsdCallNames: ReadonlyMap<number, FreeBsdCallName> = new Map(
  Object.entries(FREEBSD_CALLS).map(([name, number]) => [number, name as FreeBsdCallName]),
);
