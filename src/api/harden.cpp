#include "api/harden.h"

#include <cerrno>
#include <memory>

#include <linux/sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/log.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define QSS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define QSS_SANITIZED 1
#endif
#endif

namespace qss::api {

namespace {

#ifdef QSS_SANITIZED
constexpr bool sanitized = true; // its leak check is a process that traces this one
#else
constexpr bool sanitized = false;
#endif

struct ReleaseFilter {
    void operator()(void* filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

// Nothing that we do needs one of these: whoever calls it is no longer us.
constexpr int fatal_calls[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
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
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(setuid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setresgid),
};

// Zero, or a negative errno.
int add_rules(scmp_filter_ctx filter)
{
    for (const int call : fatal_calls)
        if (const int code = ::seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, call, 0); code != 0)
            return code;
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
        const scmp_arg_cmp exec{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC};
        if (const int code = ::seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), call, 1, &exec);
            code != 0)
            return code;
    }
    // Threads, but no processes. The flags of clone3 can not be seen: glibc falls back to clone.
    const scmp_arg_cmp no_thread{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0};
    if (const int code =
            ::seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1, &no_thread);
        code != 0)
        return code;
    return ::seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
}

Status restrict_system_calls()
{
    if (sanitized) {
        log::warning("built with a sanitizer: system calls are not restricted");
        return {};
    }
    const Filter filter(::seccomp_init(SCMP_ACT_ALLOW));
    if (!filter || add_rules(filter.get()) != 0 || ::seccomp_load(filter.get()) != 0)
        return fail(ErrorCode::io, "system calls could not be restricted (seccomp)");
    return {};
}

}

Status harden()
{
    ::umask(0077);
    const rlimit no_core{0, 0};
    if (::setrlimit(RLIMIT_CORE, &no_core) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(ErrorCode::io, "dumps or new privileges could not be switched off");
    return restrict_system_calls();
}

}
