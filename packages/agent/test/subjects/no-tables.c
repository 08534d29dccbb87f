/*
 * A library as C projects build it: no unwind tables, no frame pointers. The way in goes through function pointers and
 * frames with room in them that earlier, deeper calls have left full of return addresses. Every function notes where it
 * returns to; the walk from the allocation must give these addresses and no other.
 */
#include <alloca.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct way {
  uintptr_t expected[64];
  size_t depth, bytes;
};
typedef size_t step(struct way *way, int left);

#define OWN __attribute__((noinline, noclone))
#define NOTE(way) ((way)->expected[(way)->depth++] = (uintptr_t)__builtin_return_address(0))

static step *volatile next_step[4];

/* Nothing here may be the last call of its function: that would be a jump. */
OWN size_t leaf(struct way *way, int left) {
  NOTE(way);
  void *block = malloc(way->bytes);
  free(block);
  return way->depth + (size_t)left;
}

OWN size_t with_room(struct way *way, int left) {
  NOTE(way);
  volatile uintptr_t room[90];
  room[0] = (uintptr_t)left;
  size_t result = (left > 0 ? next_step[left & 3] : leaf)(way, left - 1);
  return result + room[0] + 1;
}

OWN size_t with_pushes(struct way *way, int left) {
  NOTE(way);
  size_t a = way->bytes * 3, b = way->bytes ^ 5, c = a * b, d = a + 7, e = b + c;
  size_t result = (left > 0 ? next_step[left & 3] : leaf)(way, left - 1);
  if (result == 1) abort();
  return result + (a ^ b) + (c ^ d) + e;
}

/* The frame pointer alone knows how large this frame is. */
OWN size_t with_alloca(struct way *way, int left) {
  NOTE(way);
  volatile char *room = alloca(way->bytes % 500 + 64 * (size_t)(left + 1));
  room[0] = (char)left;
  size_t result = (left > 0 ? next_step[left & 3] : leaf)(way, left - 1);
  return result + (size_t)room[0];
}

/* Aligned beyond what calls keep: the frame is found by the frame pointer, and a branch of it never returns. */
OWN size_t with_alignment(struct way *way, int left) {
  NOTE(way);
  volatile char room[128] __attribute__((aligned(64)));
  room[1] = (char)left;
  if (left > 1000) abort();
  for (int turn = 0; turn < 1; turn++) room[2] = (char)turn;
  size_t result = (left > 0 ? next_step[left & 3] : leaf)(way, left - 1);
  return result + (size_t)room[1];
}

OWN size_t fill_the_stack(struct way *way, int left) {
  way->depth = 0;
  if (left == 0) return leaf(way, 0);
  return fill_the_stack(way, left - 1) + fill_the_stack(way, left > 6 ? 0 : left - 1) + 1;
}

size_t enter(struct way *way, int order, int count) {
  step *const steps[] = {with_room, with_pushes, with_alloca, with_alignment};
  for (int i = 0; i < 4; i++) next_step[i] = steps[(order >> (2 * i)) & 3];
  size_t bytes = way->bytes;
  way->bytes = 16;
  fill_the_stack(way, 40);
  way->bytes = bytes;
  way->depth = 0;
  NOTE(way);
  size_t result = with_alignment(way, count);
  return result + 1;
}
