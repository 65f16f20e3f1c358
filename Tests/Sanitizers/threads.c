/* Implements C11 threads, mutexes and conditions with POSIX ones. librdkafka uses the C11 functions, which the thread
   sanitizer does not support: it crashes in the first thread of librdkafka and sees none of its locks
   (https://github.com/google/sanitizers/issues/1195). Preloaded into the tests and the programs that they start. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

struct start {
    thrd_start_t function;
    void *argument;
};

static void *run(void *memory) {
    struct start start = *(struct start *)memory;
    free(memory);
    return (void *)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument) {
    struct start *start = malloc(sizeof *start);
    if (!start) return thrd_nomem;
    *start = (struct start){function, argument};
    if (pthread_create((pthread_t *)thread, NULL, run, start) == 0) return thrd_success;
    free(start);
    return thrd_error;
}

int thrd_join(thrd_t thread, int *result) {
    void *value;
    if (pthread_join((pthread_t)thread, &value)) return thrd_error;
    if (result) *result = (int)(intptr_t)value;
    return thrd_success;
}

int thrd_detach(thrd_t thread) { return pthread_detach((pthread_t)thread) ? thrd_error : thrd_success; }

static int result(int error) {
    switch (error) {
    case 0: return thrd_success;
    case EBUSY: return thrd_busy;
    case ETIMEDOUT: return thrd_timedout;
    default: return thrd_error;
    }
}

/* In glibc the C11 and POSIX types have the same layout. */
#define MUTEX(mutex) ((pthread_mutex_t *)(mutex))
#define CONDITION(condition) ((pthread_cond_t *)(condition))

int mtx_init(mtx_t *mutex, int type) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    if (type & mtx_recursive) pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    int error = pthread_mutex_init(MUTEX(mutex), &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result(error);
}

void mtx_destroy(mtx_t *mutex) { pthread_mutex_destroy(MUTEX(mutex)); }
int mtx_lock(mtx_t *mutex) { return result(pthread_mutex_lock(MUTEX(mutex))); }
int mtx_trylock(mtx_t *mutex) { return result(pthread_mutex_trylock(MUTEX(mutex))); }
int mtx_unlock(mtx_t *mutex) { return result(pthread_mutex_unlock(MUTEX(mutex))); }

int cnd_init(cnd_t *condition) { return result(pthread_cond_init(CONDITION(condition), NULL)); }
void cnd_destroy(cnd_t *condition) { pthread_cond_destroy(CONDITION(condition)); }
int cnd_signal(cnd_t *condition) { return result(pthread_cond_signal(CONDITION(condition))); }
int cnd_broadcast(cnd_t *condition) { return result(pthread_cond_broadcast(CONDITION(condition))); }

int cnd_wait(cnd_t *condition, mtx_t *mutex) {
    return result(pthread_cond_wait(CONDITION(condition), MUTEX(mutex)));
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *time) {
    return result(pthread_cond_timedwait(CONDITION(condition), MUTEX(mutex), time));
}

/* The slow path of Swift's Mutex, when another thread holds it, is in the Swift runtime, which is not instrumented. Without
   these calls the sanitizer would report races on data that the mutex protects. */
void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *mutex
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slowly(uint32_t thread, SELF) __asm__(LOCK);
SWIFT void unlock_slowly(SELF) __asm__(UNLOCK);

SWIFT void lock_slowly(uint32_t thread, SELF) {
    SWIFT void (*lock)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK);
    lock(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void unlock_slowly(SELF) {
    SWIFT void (*unlock)(SELF) = dlsym(RTLD_NEXT, UNLOCK);
    if (__tsan_release) __tsan_release(mutex);
    unlock(mutex);
}
