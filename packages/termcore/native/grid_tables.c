/* The side tables: combining sequences and underline colours, each with a limit. */
#include "grid_internal.h"

#define CLUSTER_COUNT_FIRST 64u
#define COLOR_COUNT_FIRST 16u

static uint32_t hash_of(const tc_cluster *cluster) {
  uint32_t hash = 2166136261u; /* FNV-1a over whole codepoints */
  for (uint32_t i = 0; i < cluster->length; i++) hash = (hash ^ cluster->codepoints[i]) * 16777619u;
  return hash ^ (hash >> 15);
}

static bool is_same(const tc_cluster *a, const tc_cluster *b) {
  return a->length == b->length &&
         memcmp(a->codepoints, b->codepoints, a->length * sizeof a->codepoints[0]) == 0;
}

static void index_id(tc_cluster_table *table, uint32_t id) {
  uint32_t at = hash_of(&table->entries[id]) & table->index_mask;
  while (table->index[at] != 0) at = (at + 1) & table->index_mask;
  table->index[at] = id + 1;
}

static void rebuild_index(tc_cluster_table *table) {
  memset(table->index, 0, ((size_t)table->index_mask + 1) * sizeof *table->index);
  for (uint32_t id = 0; id < table->used; id++)
    if (table->entries[id].length > 0) index_id(table, id);
}

static bool grow(tc_cluster_table *table) {
  const uint32_t capacity = table->capacity == 0 ? CLUSTER_COUNT_FIRST : table->capacity * 2;
  if (capacity > TC_CLUSTER_COUNT_MAX) return false;
  tc_cluster *entries = realloc(table->entries, (size_t)capacity * sizeof *entries);
  if (entries == NULL) return false;
  table->entries = entries;
  uint32_t *free_ids = realloc(table->free_ids, (size_t)capacity * sizeof *free_ids);
  if (free_ids == NULL) return false;
  table->free_ids = free_ids;
  uint32_t *index = realloc(table->index, (size_t)capacity * 2 * sizeof *index);
  if (index == NULL) return false;
  table->index = index;
  table->capacity = capacity;
  table->index_mask = capacity * 2 - 1;
  rebuild_index(table);
  return true;
}

/* Frees the ids that no cell shows, scrollback included. */
static void sweep(tc_grid *grid) {
  tc_cluster_table *table = &grid->clusters;
  uint8_t *in_use = calloc(table->used, 1);
  if (in_use == NULL) return;
  const size_t cell_count = (size_t)grid->line_capacity * grid->cols;
  for (size_t i = 0; i < cell_count; i++) {
    const uint32_t id = grid->cells[i].content & ~TC_CONTENT_CLUSTER;
    if ((grid->cells[i].content & TC_CONTENT_CLUSTER) && id < table->used) in_use[id] = 1;
  }
  uint32_t freed_count = 0;
  for (uint32_t id = 0; id < table->used; id++) {
    if (in_use[id] || table->entries[id].length == 0) continue;
    table->entries[id].length = 0;
    table->free_ids[table->free_count++] = id;
    freed_count++;
  }
  free(in_use);
  rebuild_index(table);
  table->sweep_count++;
  /* A full scan for each codepoint would let hostile output stall the terminal. */
  table->refusals_left = freed_count < table->capacity / 8 ? table->capacity / 8 : 0;
}

static bool take_id(tc_grid *grid, uint32_t *out_id) {
  tc_cluster_table *table = &grid->clusters;
  if (table->free_count == 0 && table->used == table->capacity && !grow(table)) {
    if (table->refusals_left > 0) {
      table->refusals_left--;
      return false;
    }
    if (table->used > 0) sweep(grid);
  }
  if (table->free_count > 0) {
    *out_id = table->free_ids[--table->free_count];
    return true;
  }
  if (table->used == table->capacity) return false;
  *out_id = table->used++;
  return true;
}

static bool intern(tc_grid *grid, const tc_cluster *cluster, uint32_t *out_id) {
  tc_cluster_table *table = &grid->clusters;
  if (table->capacity > 0) {
    uint32_t at = hash_of(cluster) & table->index_mask;
    for (; table->index[at] != 0; at = (at + 1) & table->index_mask) {
      const uint32_t id = table->index[at] - 1;
      if (is_same(&table->entries[id], cluster)) {
        *out_id = id;
        return true;
      }
    }
  }
  if (!take_id(grid, out_id)) return false;
  table->entries[*out_id] = *cluster;
  index_id(table, *out_id);
  return true;
}

uint32_t tc_grid_get_codepoints(const tc_grid *grid, uint32_t content,
                                uint32_t out_codepoints[TC_CLUSTER_CODEPOINTS_MAX]) {
  if (content == 0) return 0;
  if ((content & TC_CONTENT_CLUSTER) == 0) {
    out_codepoints[0] = content <= 0x10ffff ? content : 0xfffd;
    return 1;
  }
  const uint32_t id = content & ~TC_CONTENT_CLUSTER;
  if (id >= grid->clusters.used || grid->clusters.entries[id].length == 0) {
    out_codepoints[0] = 0xfffd; /* a cell that JavaScript wrote */
    return 1;
  }
  const tc_cluster *cluster = &grid->clusters.entries[id];
  memcpy(out_codepoints, cluster->codepoints, cluster->length * sizeof *out_codepoints);
  return cluster->length;
}

uint32_t tc_grid_combine(tc_grid *grid, uint32_t content, uint32_t codepoint) {
  tc_cluster cluster;
  cluster.length = tc_grid_get_codepoints(grid, content, cluster.codepoints);
  uint32_t id = 0;
  if (cluster.length == TC_CLUSTER_CODEPOINTS_MAX) {
    grid->clusters.dropped_count++;
    return content;
  }
  if (cluster.length == 0) cluster.codepoints[cluster.length++] = ' ';
  cluster.codepoints[cluster.length++] = codepoint;
  if (!intern(grid, &cluster, &id)) {
    grid->clusters.dropped_count++;
    return content;
  }
  return TC_CONTENT_CLUSTER | id;
}

uint32_t tc_grid_intern_color(tc_grid *grid, uint32_t color) {
  tc_color_table *table = &grid->colors;
  if (color == TC_COLOR_DEFAULT) return 0;
  for (uint32_t i = 0; i < table->count; i++)
    if (table->colors[i] == color) return i + 1;
  if (table->count == TC_UNDERLINE_COLORS_MAX) return 0;
  if (table->count == table->capacity) {
    const uint32_t capacity = table->capacity == 0 ? COLOR_COUNT_FIRST : table->capacity * 2;
    uint32_t *colors = realloc(table->colors, (size_t)capacity * sizeof *colors);
    if (colors == NULL) return 0;
    table->colors = colors;
    table->capacity = capacity;
  }
  table->colors[table->count++] = color;
  return table->count;
}

uint32_t tc_grid_get_color(const tc_grid *grid, uint32_t id) {
  return id == 0 || id > grid->colors.count ? TC_COLOR_DEFAULT : grid->colors.colors[id - 1];
}

tc_grid_counts tc_grid_get_counts(const tc_grid *grid) {
  const tc_cluster_table *table = &grid->clusters;
  return (tc_grid_counts){
      .cluster_count = table->used - table->free_count,
      .cluster_sweep_count = table->sweep_count,
      .cluster_dropped_count = table->dropped_count,
      .underline_color_count = grid->colors.count,
  };
}

void tc_grid__free_tables(tc_grid *grid) {
  free(grid->clusters.entries);
  free(grid->clusters.index);
  free(grid->clusters.free_ids);
  free(grid->colors.colors);
}
