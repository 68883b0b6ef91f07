#include "server/seccomp.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

namespace rook::server {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kMachine = AUDIT_ARCH_AARCH64;
#else
#error "seccomp.cpp knows x86-64 and ARM64"
#endif

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t refuse(int error) {
    return SECCOMP_RET_ERRNO | (static_cast<std::uint32_t>(error) & SECCOMP_RET_DATA);
}

// Whatever their arguments.
constexpr int kAllowed[] = {
    // files: what may be opened is Landlock's business
    __NR_openat,
    __NR_close,
    __NR_close_range,
    __NR_read,
    __NR_write,
    __NR_readv,
    __NR_writev,
    __NR_pread64,
    __NR_pwrite64,
    __NR_preadv,
    __NR_pwritev,
    __NR_preadv2,
    __NR_pwritev2,
    __NR_lseek,
    __NR_fstat,
    __NR_newfstatat,
    __NR_statx,
    __NR_statfs,
    __NR_fstatfs,
    __NR_faccessat,
    __NR_faccessat2,
    __NR_readlinkat,
    __NR_getdents64,
    __NR_getcwd,
    __NR_mkdirat,
    __NR_unlinkat,
    __NR_renameat,
    __NR_renameat2,
    __NR_linkat,
    __NR_truncate,
    __NR_ftruncate,
    __NR_fallocate,
    __NR_fsync,
    __NR_fdatasync,
    __NR_sync_file_range,
    __NR_fadvise64,
    __NR_readahead,
    __NR_sendfile,
    __NR_copy_file_range,
    __NR_flock,
    __NR_fcntl,
    __NR_dup,
    __NR_dup3,
    __NR_pipe2,
    __NR_fchmod,
    __NR_fchmodat,
    __NR_umask,
    // memory
    __NR_brk,
    __NR_munmap,
    __NR_mremap,
    __NR_madvise,
    __NR_mincore,
    __NR_mlock,
    __NR_munlock,
    // threads, signals, time
    __NR_futex,
    __NR_set_robust_list,
    __NR_rseq,
    __NR_sched_yield,
    __NR_sched_getaffinity,
    __NR_getcpu,
    __NR_gettid,
    __NR_getpid,
    __NR_getppid,
    __NR_exit,
    __NR_exit_group,
    __NR_restart_syscall,
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
    __NR_rt_sigtimedwait,
    __NR_rt_sigpending,
    __NR_sigaltstack,
    __NR_clock_gettime,
    __NR_clock_getres,
    __NR_clock_nanosleep,
    __NR_nanosleep,
    __NR_gettimeofday,
    // sockets
    __NR_bind,
    __NR_listen,
    __NR_accept,
    __NR_accept4,
    __NR_connect,
    __NR_shutdown,
    __NR_getsockname,
    __NR_getpeername,
    __NR_getsockopt,
    __NR_setsockopt,
    __NR_sendto,
    __NR_recvfrom,
    __NR_sendmsg,
    __NR_recvmsg,
    __NR_sendmmsg,
    __NR_recvmmsg,
    __NR_epoll_create1,
    __NR_epoll_ctl,
    __NR_epoll_pwait,
    __NR_epoll_pwait2,
    __NR_ppoll,
    __NR_pselect6,
    __NR_eventfd2,
    __NR_timerfd_create,
    __NR_timerfd_settime,
    __NR_timerfd_gettime,
    // what it asks of itself and of the machine
    __NR_getrandom,
    __NR_getuid,
    __NR_geteuid,
    __NR_getgid,
    __NR_getegid,
    __NR_getresuid,
    __NR_getresgid,
    __NR_getrusage,
    __NR_times,
    __NR_sysinfo,
    __NR_uname,
    __NR_prlimit64,
#if defined(__x86_64__)
    // the same by older names, which ARM64 never had
    __NR_open,
    __NR_stat,
    __NR_lstat,
    __NR_access,
    __NR_readlink,
    __NR_mkdir,
    __NR_rmdir,
    __NR_unlink,
    __NR_rename,
    __NR_link,
    __NR_chmod,
    __NR_dup2,
    __NR_pipe,
    __NR_poll,
    __NR_select,
    __NR_epoll_create,
    __NR_epoll_wait,
    __NR_getrlimit,
    __NR_time,
#endif
};

// Of a call, one argument's bits under `mask` must be one of `values`.
struct Checked {
    int number;
    unsigned argument;
    std::uint32_t mask;
    std::vector<std::uint32_t> values;
};

constexpr std::uint32_t kAll = ~0u;
constexpr std::uint32_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

std::vector<Checked> checked_calls() {
    const auto self = static_cast<std::uint32_t>(getpid());
    return {
        {__NR_socket, 0, kAll, {AF_UNIX, AF_INET, AF_INET6}},
        {__NR_socketpair, 0, kAll, {AF_UNIX}},
        // No memory that is written and then run. A library may still be loaded.
        {__NR_mmap, 2, PROT_WRITE | PROT_EXEC, {0, PROT_WRITE, PROT_EXEC}},
        {__NR_mprotect, 2, PROT_EXEC, {0}},
        // Threads of this process, no other process.
        {__NR_clone, 0, CLONE_THREAD | kNewNamespaces, {CLONE_THREAD}},
        {__NR_tgkill, 0, kAll, {self}},
        {__NR_prctl, 0, kAll, {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA}},
        {__NR_ioctl, 1, kAll, {FIONBIO, FIONREAD, TCGETS, std::uint32_t{FS_IOC_GETVERSION}}},
    };
}

using Program = std::vector<sock_filter>;

constexpr sock_filter load(std::size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
constexpr sock_filter answer(std::uint32_t action) { return BPF_STMT(BPF_RET | BPF_K, action); }
// Skips `over` instructions unless what was loaded is `value`.
constexpr sock_filter unless(std::uint32_t value, std::size_t over) {
    return BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, static_cast<std::uint8_t>(over));
}

// The number is loaded when this ends. A program for another kind of machine (32 bits) has other
// numbers, and so has x32, from 0x40000000 on, which no number of ours equals.
Program begin() {
    return {load(offsetof(seccomp_data, arch)), unless(kMachine, 1),
            BPF_STMT(BPF_JMP | BPF_JA | BPF_K, 1), answer(refuse(EPERM)),
            load(offsetof(seccomp_data, nr))};
}

void allow(Program& program, int number) {
    program.push_back(unless(static_cast<std::uint32_t>(number), 1));
    program.push_back(answer(kAllow));
}

// Of a 64-bit argument the lower half: every value here fits, and where the upper half could
// matter (flags of clone, protections) the kernel has no meaning for it.
void allow(Program& program, const Checked& call) {
    const auto values = call.values.size();
    program.push_back(unless(static_cast<std::uint32_t>(call.number), 3 + 2 * values));
    program.push_back(load(offsetof(seccomp_data, args) + 8 * call.argument));
    program.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, call.mask));
    for (auto value : call.values) {
        program.push_back(unless(value, 1));
        program.push_back(answer(kAllow));
    }
    program.push_back(answer(refuse(EPERM)));
}

Result<> install(const Program& program, unsigned flags) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()),
                            const_cast<sock_filter*>(program.data())};
    if (syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter) == 0) return {};
    return fail(Why::Unsupported, "seccomp is not to be had", std::strerror(errno));
}

}  // namespace

Result<> restrict_system_calls() {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(Why::Unsupported, "seccomp is not to be had", std::strerror(errno));

    // What libraries try and do without, in a filter of its own that logs nothing: the C library's
    // clone3, whose arguments no filter can see (it takes clone then), and io_uring.
    auto quiet = begin();
    for (int number : {__NR_clone3, __NR_io_uring_setup}) {
        quiet.push_back(unless(static_cast<std::uint32_t>(number), 1));
        quiet.push_back(answer(refuse(ENOSYS)));
    }
    quiet.push_back(answer(kAllow));

    auto program = begin();
    for (int number : kAllowed) allow(program, number);
    for (auto& call : checked_calls()) allow(program, call);
    // The quiet filter has the last word on them, and needs the call that installs this one.
    for (int number : {__NR_clone3, __NR_io_uring_setup}) allow(program, number);
    program.push_back(answer(refuse(EPERM)));

    TRY(install(quiet, 0));
    return install(program, SECCOMP_FILTER_FLAG_LOG);
}

}  // namespace rook::server
