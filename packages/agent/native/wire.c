/*
 * The trace file: handed out in chunks that are mapped shared and written in place, so that SIGKILL loses nothing.
 * Layouts: docs/TRACE_FORMAT.md.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Until a file is open, and after it was lost, counters go here. */
static struct agt_header g_scratch;
struct agt_header *g_header = &g_scratch;

static struct {
  pthread_mutex_t lock;
  int fd;
  dev_t device; /* of our file: a subject that closes every descriptor may reuse our number */
  ino_t inode;
  uint64_t allocated; /* guarded by lock: bytes of the file that the disk has promised */
  uint64_t limit_bytes;
  bool is_trimmed; /* the process is ending: take no more of the disk than is needed */
  char path[4096];
} g_file = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14; older kernels answer EINVAL and pages fault one by one */
#endif

enum { PAGE = 4096, GROW_MIN = 1 << 20, GROW_MAX = 64 << 20 };

/* ------------------------------------------------------------------------------------------------------------ CRC-32 */

static uint32_t g_crc_table[8][256];

static void crc_init(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; bit++) c = c & 1 ? (c >> 1) ^ 0xedb88320u : c >> 1;
    g_crc_table[0][i] = c;
  }
  for (uint32_t i = 0; i < 256; i++)
    for (int t = 1; t < 8; t++)
      g_crc_table[t][i] = (g_crc_table[t - 1][i] >> 8) ^ g_crc_table[0][g_crc_table[t - 1][i] & 0xff];
}

/* Slicing by eight: a 256 KiB chunk takes about 0.1 ms, once in some 50,000 events. */
uint32_t agt_crc32(uint32_t crc, const uint8_t *p, size_t length) {
  crc = ~crc;
  for (; length >= 8; p += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    word ^= crc;
    crc = g_crc_table[7][word & 0xff] ^ g_crc_table[6][word >> 8 & 0xff] ^ g_crc_table[5][word >> 16 & 0xff] ^
          g_crc_table[4][word >> 24 & 0xff] ^ g_crc_table[3][word >> 32 & 0xff] ^ g_crc_table[2][word >> 40 & 0xff] ^
          g_crc_table[1][word >> 48 & 0xff] ^ g_crc_table[0][word >> 56];
  }
  while (length--) crc = (crc >> 8) ^ g_crc_table[0][(crc ^ *p++) & 0xff];
  return ~crc;
}

/* -------------------------------------------------------------------------------------------------------------- file */

void *agt_map(size_t bytes) {
  long got = syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
  return got == -1 ? NULL : (void *)got;
}

void agt_unmap(void *address, size_t bytes) { syscall(SYS_munmap, address, bytes); }

static uint64_t clock_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* A number far from those that programs count up from, so that `dup2` and close loops seldom meet it. */
static int move_descriptor_up(int fd) {
  struct rlimit limit;
  int wanted = 1000;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 1024) wanted = (int)limit.rlim_cur / 2;
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, wanted);
  if (moved < 0) return fd;
  syscall(SYS_close, fd);
  return moved;
}

static bool descriptor_is_ours(void) {
  struct stat status;
  return fstat(g_file.fd, &status) == 0 && status.st_dev == g_file.device && status.st_ino == g_file.inode;
}

/* The subject closed our descriptor, perhaps in a loop over all of them: the file is still there by name. */
static bool reopen(void) {
  int fd = (int)syscall(SYS_openat, AT_FDCWD, g_file.path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  g_file.fd = move_descriptor_up(fd);
  return descriptor_is_ours();
}

enum promise { PROMISED, DISK_IS_FULL, OVER_LIMIT };

/*
 * Makes the disk promise bytes [from, to): writing to a mapped hole of a full disk is SIGBUS. Growing a file over the limit
 * of the process is SIGXFSZ, so it is not tried.
 */
static enum promise promise(uint64_t from, uint64_t to) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && to > limit.rlim_cur) return OVER_LIMIT;
  while (syscall(SYS_fallocate, g_file.fd, 0, (long)from, (long)(to - from)) != 0) {
    if (errno == EINTR) continue;
    if (errno != EOPNOTSUPP) return DISK_IS_FULL;
    /* This file system promises nothing, but what has been written is there. */
    static const uint8_t zeros[PAGE];
    for (uint64_t at = from; at < to; at += PAGE)
      if (syscall(SYS_pwrite64, g_file.fd, zeros, sizeof zeros, (long)at) != (long)sizeof zeros) return DISK_IS_FULL;
    break;
  }
  return PROMISED;
}

static bool create_file(const char *directory) {
  int fd = -1;
  for (int attempt = 0; attempt < 10000 && fd < 0; attempt++) {
    /* The number keeps apart what one pid runs after another through exec. */
    int length = snprintf(g_file.path, sizeof g_file.path, "%s/process-%d-%d.trace", directory, getpid(), attempt);
    if (length < 0 || (size_t)length >= sizeof g_file.path) return false;
    fd = (int)syscall(SYS_openat, AT_FDCWD, g_file.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno != EEXIST) return false;
  }
  if (fd < 0) return false;
  g_file.fd = move_descriptor_up(fd);
  struct stat status;
  if (fstat(g_file.fd, &status) != 0) return false;
  g_file.device = status.st_dev;
  g_file.inode = status.st_ino;
  return true;
}

bool agt_file_open(const char *directory, uint64_t limit_bytes) {
  crc_init();
  if (!create_file(directory)) return false;
  g_file.limit_bytes = limit_bytes;
  g_file.is_trimmed = false;
  g_file.allocated = GROW_MIN;
  if (promise(0, GROW_MIN) != PROMISED) g_file.allocated = promise(0, PAGE) == PROMISED ? PAGE : 0;
  long mapped = -1;
  if (g_file.allocated) mapped = syscall(SYS_mmap, NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, g_file.fd, 0L);
  if (mapped == -1) { /* an empty file would only puzzle its reader */
    syscall(SYS_unlink, g_file.path);
    syscall(SYS_close, g_file.fd);
    g_file.fd = -1;
    return false;
  }
  struct agt_header *header = (struct agt_header *)mapped;
  memcpy(header->magic, "SEAMTRC1", 8);
  header->version = 1;
  header->header_bytes = PAGE;
  header->pid = (uint32_t)getpid();
  header->ppid = (uint32_t)getppid();
  header->start_wall_ns = clock_ns(CLOCK_REALTIME);
  header->start_mono_ns = clock_ns(CLOCK_MONOTONIC);
  header->mode = g_is_samples ? 2 : g_is_aggregate;
  header->page_size = PAGE;
  header->depth_max = g_depth_max;
  header->file_limit_bytes = limit_bytes;
  atomic_store(&header->file_bytes, PAGE);
  *(uint32_t *)((uint8_t *)header + 252) = agt_crc32(0, (const uint8_t *)header, 52);
  g_header = header;
  return true;
}

static bool is_stopped(void) {
  uint32_t state = __atomic_load_n(&g_header->state, __ATOMIC_RELAXED);
  return state == AGT_DISK_FULL || state == AGT_FILE_LIMIT;
}

void agt_file_set_state(enum agt_file_state state) {
  if (g_header == &g_scratch) return;
  /* A full disk stays the reason even when the process then ends in order. */
  if (is_stopped()) return;
  g_header->end_mono_ns = state == AGT_OPEN ? 0 : clock_ns(CLOCK_MONOTONIC);
  __atomic_store_n(&g_header->state, (uint32_t)state, __ATOMIC_RELAXED);
}

void agt_file_trim(void) {
  pthread_mutex_lock(&g_file.lock);
  uint64_t used = atomic_load(&g_header->file_bytes);
  if (g_header != &g_scratch && descriptor_is_ours() && ftruncate(g_file.fd, (off_t)used) == 0) g_file.allocated = used;
  g_file.is_trimmed = true;
  pthread_mutex_unlock(&g_file.lock);
}

/* The child must not write into its parent's file: forget it. The mappings stay, unused. */
void agt_file_after_fork(void) {
  pthread_mutex_init(&g_file.lock, NULL);
  if (g_file.fd >= 0 && descriptor_is_ours()) syscall(SYS_close, g_file.fd);
  g_file.fd = -1;
  g_file.allocated = 0;
  g_header = &g_scratch;
  memset(&g_scratch, 0, sizeof g_scratch);
}

/* Holder of g_file.lock. */
static bool grow_to(uint64_t bytes) {
  if (bytes <= g_file.allocated) return true;
  if (g_file.limit_bytes && bytes > g_file.limit_bytes) {
    agt_file_set_state(AGT_FILE_LIMIT);
    return false;
  }
  uint64_t step = g_file.allocated < GROW_MIN ? GROW_MIN : g_file.allocated > GROW_MAX ? GROW_MAX : g_file.allocated;
  uint64_t target = g_file.is_trimmed ? bytes : bytes + step;
  if (g_file.limit_bytes && target > g_file.limit_bytes) target = g_file.limit_bytes > bytes ? g_file.limit_bytes : bytes;
  enum promise given = promise(g_file.allocated, target);
  if (given != PROMISED && target > bytes) { /* there may still be room for what is needed now */
    target = bytes;
    given = promise(g_file.allocated, target);
  }
  if (given != PROMISED) {
    agt_file_set_state(given == OVER_LIMIT ? AGT_FILE_LIMIT : AGT_DISK_FULL);
    return false;
  }
  g_file.allocated = target;
  return true;
}

uint8_t *agt_chunk_open(enum agt_chunk_type type, uint32_t capacity, uint64_t first, uint32_t owner) {
  if (g_header == &g_scratch || is_stopped()) return NULL;
  int saved_errno = errno;
  uint8_t *chunk = NULL;
  pthread_mutex_lock(&g_file.lock);
  uint64_t offset = atomic_load_explicit(&g_header->file_bytes, memory_order_relaxed);
  if ((descriptor_is_ours() || reopen()) && grow_to(offset + capacity)) {
    long mapped = syscall(SYS_mmap, NULL, (size_t)capacity, PROT_READ | PROT_WRITE, MAP_SHARED, g_file.fd, (long)offset);
    if (mapped != -1) {
      chunk = (uint8_t *)mapped;
      atomic_store_explicit(&g_header->file_bytes, offset + capacity, memory_order_relaxed);
    }
  }
  pthread_mutex_unlock(&g_file.lock);
  if (chunk) {
    /* One call instead of a page fault for every 4 KiB of records. */
    if (capacity >= 64 * 1024) syscall(SYS_madvise, chunk, (size_t)capacity, MADV_POPULATE_WRITE);
    uint32_t words[7] = {0, (uint32_t)type, capacity, 0, (uint32_t)first, (uint32_t)(first >> 32), owner};
    memcpy(chunk + 4, words + 1, sizeof words - 4);
    atomic_thread_fence(memory_order_release);
    memcpy(chunk, "CHNK", 4);
  }
  errno = saved_errno;
  return chunk;
}

void agt_chunk_seal(uint8_t *chunk, uint32_t payload_bytes) {
  memcpy(chunk + 12, &payload_bytes, 4);
  uint32_t crc = agt_crc32(agt_crc32(0, chunk, 28), chunk + AGT_CHUNK_HEADER, payload_bytes);
  memcpy(chunk + 28, &crc, 4);
}

void agt_chunk_reuse(uint8_t *chunk, uint64_t first) {
  uint32_t capacity;
  memcpy(&capacity, chunk + 8, 4);
  memset(chunk, 0, 4);
  atomic_thread_fence(memory_order_release);
  memset(chunk + 12, 0, capacity - 12);
  memcpy(chunk + 16, &first, 8);
  atomic_thread_fence(memory_order_release);
  memcpy(chunk, "CHNK", 4);
}

void agt_chunk_close(uint8_t *chunk, uint32_t payload_bytes) {
  uint32_t capacity;
  memcpy(&capacity, chunk + 8, 4);
  agt_chunk_seal(chunk, payload_bytes);
  syscall(SYS_munmap, chunk, (size_t)capacity);
}
