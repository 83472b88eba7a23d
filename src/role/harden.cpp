#include "role/harden.h"

#include <cerrno>
#include <memory>

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/log.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define QSS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define QSS_SANITIZED 1
#endif
#endif

namespace qss::role {

namespace {

#ifdef QSS_SANITIZED
constexpr bool sanitized = true; // it traces itself, maps terabytes and calls what it likes
#else
constexpr bool sanitized = false;
#endif

void lock_memory()
{
    rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    rlimit current{};
    ::setrlimit(RLIMIT_MEMLOCK, &unlimited); // only the privileged may; else what we were given
    // Under a finite limit later allocations would fail: better not at all.
    if (::getrlimit(RLIMIT_MEMLOCK, &current) == 0 && current.rlim_cur == RLIM_INFINITY &&
        ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0)
        return;
    log::warning("memory is not locked: raise RLIMIT_MEMLOCK, or keep swap encrypted");
}

struct ReleaseFilter {
    void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

// What OpenSSL, SQLite, threads, sockets that are open already, and an orderly end need.
constexpr int allowed_calls[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(fcntl),
    SCMP_SYS(flock),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(rename),
    SCMP_SYS(renameat),
    SCMP_SYS(renameat2),
    SCMP_SYS(mkdir),
    SCMP_SYS(mkdirat),
    SCMP_SYS(getdents64),
    SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat),
    SCMP_SYS(chmod),
    SCMP_SYS(fchown),
    SCMP_SYS(utimensat),
    SCMP_SYS(fstatfs),
    SCMP_SYS(statfs),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(accept4),
    SCMP_SYS(getsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(eventfd2),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(mlock),
    SCMP_SYS(mlock2),
    SCMP_SYS(munlock),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(tgkill),
    SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(prlimit64),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(membarrier),
    SCMP_SYS(getcpu),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

constexpr int fatal_calls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(keyctl),
    SCMP_SYS(setuid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setresgid),
};

// Zero, or a negative errno.
int add_rules(scmp_filter_ctx filter, ClockReading clock_reading)
{
    if (clock_reading == ClockReading::state)
        for (const int call :
             {SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime)}) // which of them is glibc's choice
            if (const int code = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0); code != 0)
                return code;
    for (const int call : allowed_calls)
        if (const int code = ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0); code != 0)
            return code;
    for (const int call : fatal_calls)
        if (const int code = ::seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0); code != 0)
            return code;
    // Memory, but no new code.
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
        const scmp_arg_cmp no_exec{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
        if (const int code = ::seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &no_exec); code != 0)
            return code;
    }
    // Threads, but no processes. The flags of clone3 can not be seen: glibc falls back to clone.
    const scmp_arg_cmp thread{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD};
    if (const int code = ::seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread);
        code != 0)
        return code;
    return ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

}

Status harden_memory()
{
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(ErrorCode::io, "no_new_privs was refused");
    const rlimit no_core{0, 0};
    if (::setrlimit(RLIMIT_CORE, &no_core) != 0)
        return fail(ErrorCode::io, "core dumps could not be switched off");
    if (sanitized)
        return {};
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return fail(ErrorCode::io, "the process could not be made undumpable");
    lock_memory();
    return {};
}

Status restrict_system_calls(ClockReading clock_reading)
{
    if (sanitized) {
        log::warning("built with a sanitizer: system calls are not restricted");
        return {};
    }
    const Filter filter(::seccomp_init(SCMP_ACT_ERRNO(EPERM)));
    if (!filter)
        return fail(ErrorCode::io, "seccomp_init failed");
    // All threads: the role's own were started while it was opened.
    if (::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1) != 0 ||
        add_rules(filter.get(), clock_reading) != 0 || ::seccomp_load(filter.get()) != 0)
        return fail(ErrorCode::io, "system calls could not be restricted (seccomp)");
    return {};
}

}
