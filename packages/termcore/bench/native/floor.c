/* The machine's floor: the same open-loop schedule in plain C. floor PERIOD_NS OPS_PER_SECOND SECONDS
 * prints P50 P90 P99 P99.9 max in us, operations done, and the run-queue wait in ms. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t run_queue_wait_ns(void) {
  unsigned long long running = 0, waiting = 0;
  FILE *file = fopen("/proc/self/schedstat", "r");
  if (file == NULL) return 0;
  if (fscanf(file, "%llu %llu", &running, &waiting) != 2) waiting = 0;
  fclose(file);
  return waiting;
}

static int by_value(const void *one, const void *other) {
  const float a = *(const float *)one, b = *(const float *)other;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const uint64_t period_ns = strtoull(argv[1], NULL, 10), rate = strtoull(argv[2], NULL, 10),
                 seconds = strtoull(argv[3], NULL, 10);
  const double interval_ns = 1e9 / (double)rate;
  const size_t total = (size_t)(rate * seconds);
  float *latencies_us = malloc(total * sizeof *latencies_us);
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), epoll = epoll_create1(0);
  const struct itimerspec when = {.it_value.tv_nsec = (long)period_ns, .it_interval.tv_nsec = (long)period_ns};
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event);
  timerfd_settime(timer, 0, &when, NULL);
  const uint64_t wait_before = run_queue_wait_ns(), start = now_ns();
  volatile uint32_t cells[1920];
  size_t done = 0;
  while (done < total) {
    uint64_t expirations = 0;
    epoll_wait(epoll, &event, 1, -1);
    if (read(timer, &expirations, sizeof expirations) < 0) continue;
    const size_t due = (size_t)((double)(now_ns() - start) / interval_ns);
    const size_t first = done;
    for (; done < due && done < total; done++) cells[done % 1920] = (uint32_t)done;
    const uint64_t end = now_ns();
    for (size_t index = first; index < done; index++)
      latencies_us[index] = (float)(((double)(end - start) - (double)index * interval_ns) / 1000.0);
  }
  const double wait_ms = (double)(run_queue_wait_ns() - wait_before) / 1e6;
  qsort(latencies_us, total, sizeof *latencies_us, by_value);
  const double ratios[] = {0.5, 0.9, 0.99, 0.999, 1};
  for (int index = 0; index < 5; index++) {
    const size_t at = (size_t)(ratios[index] * (double)total);
    printf("%.1f ", (double)latencies_us[at < total ? at : total - 1]);
  }
  printf("%zu %.2f\n", done, wait_ms);
  return 0;
}
