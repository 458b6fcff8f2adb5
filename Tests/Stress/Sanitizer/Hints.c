// Tells the thread sanitizer of the locks and of the continuations that it cannot see.
//
// A Mutex of Synchronization is taken and freed by an atomic step in the code that uses it, which the sanitizer follows.
// When another thread has it, that is done in libswiftSynchronization and in the kernel, of which the sanitizer knows
// nothing: it then reports what the lock protects as a race. Loaded before that library, this says what has happened.
//
// A continuation that is resumed tells the sanitizer so, and its task tells when it has been woken by that. When it is
// resumed before the task has come to wait for it, the task goes on without a word, and what was written before the
// resumption and is read after it is reported. This says that the task has heard: once when it comes to wait, and once
// more at what it does next, as it may be resumed between the two.
//
// Nothing is silenced: Blindness.swift shows the report without it, none with it, and that a real race is still found.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define HANDLE __attribute__((swift_context)) void *handle
#define SWIFT __attribute__((swiftcall))
#define SWIFT_ASYNC __attribute__((swiftasynccall))

// The functions of Synchronization._MutexHandle: _lockSlow(UInt32), _tryLockSlow() -> Bool and _unlockSlow().
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY "$s15Synchronization12_MutexHandleV11_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

// Those of the sanitizer, in a program that is built with it.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

// The task that runs, to which the runtime's hint of a resumption is tied.
extern SWIFT void *swift_task_getCurrent(void);

static SWIFT void (*lockSlow)(uint32_t thread, HANDLE);
static SWIFT bool (*tryLockSlow)(HANDLE);
static SWIFT void (*unlockSlow)(HANDLE);
static SWIFT_ASYNC void (*awaitContinuation)(void *continuation);
static SWIFT void (*deallocateInTask)(void *memory);

// The task that has come to wait on this thread, until that does something else.
static __thread void *waiting;

__attribute__((constructor)) static void findFunctions(void) {
    lockSlow = dlsym(RTLD_NEXT, LOCK);
    tryLockSlow = dlsym(RTLD_NEXT, TRY);
    unlockSlow = dlsym(RTLD_NEXT, UNLOCK);
    awaitContinuation = dlsym(RTLD_NEXT, "swift_continuation_await");
    deallocateInTask = dlsym(RTLD_NEXT, "swift_task_dealloc");
}

SWIFT void hintedLock(uint32_t thread, HANDLE) __asm__(LOCK);
SWIFT bool hintedTryLock(HANDLE) __asm__(TRY);
SWIFT void hintedUnlock(HANDLE) __asm__(UNLOCK);

SWIFT void hintedLock(uint32_t thread, HANDLE) {
    lockSlow(thread, handle);
    if (__tsan_acquire) __tsan_acquire(handle);
}

SWIFT bool hintedTryLock(HANDLE) {
    bool isLocked = tryLockSlow(handle);
    if (isLocked && __tsan_acquire) __tsan_acquire(handle);
    return isLocked;
}

SWIFT void hintedUnlock(HANDLE) {
    if (__tsan_release) __tsan_release(handle);
    unlockSlow(handle);
}

// These names are the runtime's own, as code calls it.
SWIFT_ASYNC void swift_continuation_await(void *continuation) {
    waiting = swift_task_getCurrent();
    if (__tsan_acquire) __tsan_acquire(waiting);
    __attribute__((musttail)) return awaitContinuation(continuation);
}

// What an asynchronous function does first when another has returned to it.
SWIFT void swift_task_dealloc(void *memory) {
    if (waiting) {
        if (waiting == swift_task_getCurrent() && __tsan_acquire) __tsan_acquire(waiting);
        waiting = 0;
    }
    deallocateInTask(memory);
}
