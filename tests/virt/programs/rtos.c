/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos.h"

#include <stddef.h>

#include "virt.h"

#define FRAME_WORDS 32
#define MSTATUS_MACHINE_INTERRUPTS_ON_RETURN 0x1880u /* MPP = machine, MPIE */

task* current;
volatile uint32_t switches, preemptions, nested_interrupts, deepest;
extern volatile uint32_t depth; /* of nested handlers */

static task* tasks[TASKS];
static uint32_t task_count, last_chosen;
static volatile uint32_t tick_count;
static uint64_t next_tick;
static bool reschedule;

void restore_current(void);
void kernel_trap(uint32_t cause, uint32_t* frame);
void kernel_choose(void);

static uint32_t lock(void) {
  uint32_t status;
  __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(status)::"memory");
  return status & 8u;
}
static void unlock(uint32_t status) {
  SET_CSR(mstatus, status);
}

static void task_ended(void) {
  for (;;) {
    task_sleep(FOREVER);
  }
}

void task_create(task* t, const char* name, uint32_t priority, void (*entry)(void*), void* argument, uint32_t* stack,
                 uint32_t words) {
  uint32_t* frame = stack + (words & ~3u) - FRAME_WORDS;
  for (uint32_t i = 0; i < FRAME_WORDS; i++) {
    frame[i] = 0;
  }
  uint32_t gp;
  __asm__ volatile("mv %0, gp" : "=r"(gp));
  frame[0] = (uint32_t)entry;
  frame[1] = (uint32_t)task_ended;
  frame[2] = MSTATUS_MACHINE_INTERRUPTS_ON_RETURN;
  frame[3] = gp;
  frame[10] = (uint32_t)argument;
  *t = (task){.sp = (uint32_t)frame, .priority = priority, .base_priority = priority, .ready = true, .name = name};
  tasks[task_count++] = t;
}

static void list_add(wait_list* list, task* t) {
  list->waiting[list->count++] = t;
}
static void list_remove(wait_list* list, const task* t) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < list->count; i++) {
    if (list->waiting[i] != t) {
      list->waiting[kept++] = list->waiting[i];
    }
  }
  list->count = kept;
}

static void make_ready(task* t) {
  if (t->waits_in != NULL) {
    list_remove(t->waits_in, t);
    t->waits_in = NULL;
  }
  t->ready = true;
  t->sleeping = false;
  if (t->priority > current->priority) {
    reschedule = true;
  }
}

/* The one with the highest priority that has waited longest. */
static void wake_best(wait_list* list) {
  task* best = NULL;
  for (uint32_t i = 0; i < list->count; i++) {
    if (best == NULL || list->waiting[i]->priority > best->priority) {
      best = list->waiting[i];
    }
  }
  if (best != NULL) {
    make_ready(best);
  }
}

/* With interrupts off: gives the processor away until woken or until the patience ends. */
static void block(wait_list* list, uint32_t patience) {
  current->ready = false;
  current->sleeping = patience != FOREVER;
  current->wake_tick = tick_count + patience;
  current->waits_in = list;
  if (list != NULL) {
    list_add(list, current);
  }
  __asm__ volatile("ecall" ::: "memory");
}

void kernel_choose(void) {
  /* Highest priority; among equals the next one round. The idle task is always ready. */
  uint32_t chosen = last_chosen;
  bool found = false;
  for (uint32_t i = 1; i <= task_count; i++) {
    const uint32_t candidate = (last_chosen + i) % task_count;
    if (tasks[candidate]->ready && (!found || tasks[candidate]->priority > tasks[chosen]->priority)) {
      chosen = candidate;
      found = true;
    }
  }
  if (!reschedule && current->ready) {
    return;
  }
  reschedule = false;
  if (tasks[chosen] != current) {
    switches++;
    if (current->ready) {
      preemptions++;
    }
    current = tasks[chosen];
    current->runs++;
  }
  last_chosen = chosen;
}

static void tick(void) {
  tick_count++;
  next_tick += TICK;
  alarm_at(next_tick);
  for (uint32_t i = 0; i < task_count; i++) {
    if (tasks[i]->sleeping && (int32_t)(tick_count - tasks[i]->wake_tick) >= 0) {
      make_ready(tasks[i]);
    }
  }
  reschedule = true; /* equals take turns */
}

/* The PLIC's threshold keeps sources of the same and of lower priority out while the handler runs with interrupts on.
 */
static void external(void) {
  const uint32_t source = PLIC_CLAIM(0);
  if (source == 0) {
    return;
  }
  const uint32_t threshold = PLIC_THRESHOLD(0);
  PLIC_THRESHOLD(0) = PLIC_PRIORITY(source);
  const uint32_t epc = READ_CSR(mepc);
  const uint32_t status = READ_CSR(mstatus);
  SET_CSR(mstatus, 8u);
  external_interrupt(source);
  CLEAR_CSR(mstatus, 8u);
  WRITE_CSR(mepc, epc);
  WRITE_CSR(mstatus, status);
  PLIC_CLAIM(0) = source;
  PLIC_THRESHOLD(0) = threshold;
}

/* The software interrupt is the low-priority one: its handler runs long, with interrupts on. */
__attribute__((weak)) void software_interrupt(void) {}

void kernel_trap(uint32_t cause, uint32_t* frame) {
  if (depth > deepest) {
    deepest = depth;
  }
  if (depth > 1) {
    nested_interrupts++;
  }
  switch (cause) {
    case 11: /* ecall: the caller has arranged for whoever runs next */
      frame[0] += 4;
      reschedule = true;
      break;
    case INTERRUPT | 3:
      MSIP = 0;
      CLEAR_CSR(mie, MIE_SOFTWARE | MIE_TIMER);
      SET_CSR(mstatus, 8u);
      software_interrupt();
      CLEAR_CSR(mstatus, 8u);
      SET_CSR(mie, MIE_SOFTWARE | MIE_TIMER);
      break;
    case INTERRUPT | 7:
      tick();
      break;
    case INTERRUPT | 11:
      external();
      break;
    default:
      print_hex("\nunexpected trap", cause);
      print_hex("at", frame[0]);
      finish(2);
  }
}

void kernel_start(void) {
  current = tasks[0];
  current->runs = 1;
  next_tick = now() + TICK;
  alarm_at(next_tick);
  SET_CSR(mie, MIE_TIMER | MIE_SOFTWARE | MIE_EXTERNAL);
  restore_current();
  __builtin_unreachable();
}

void task_yield(void) {
  __asm__ volatile("ecall" ::: "memory");
}

void task_sleep(uint32_t patience) {
  const uint32_t status = lock();
  block(NULL, patience);
  unlock(status);
}

uint32_t ticks(void) {
  return tick_count;
}

void mutex_lock(mutex* m) {
  const uint32_t status = lock();
  while (m->owner != NULL) {
    if (m->owner->priority < current->priority) {
      m->owner->priority = current->priority; /* inheritance */
    }
    block(&m->waiters, FOREVER);
  }
  m->owner = current;
  unlock(status);
}

void mutex_unlock(mutex* m) {
  const uint32_t status = lock();
  m->owner = NULL;
  const bool lowered = current->priority != current->base_priority;
  current->priority = current->base_priority;
  wake_best(&m->waiters);
  if (reschedule || lowered) {
    __asm__ volatile("ecall" ::: "memory");
  }
  unlock(status);
}

bool queue_put_from_interrupt(queue* q, uint32_t item) {
  const uint32_t status = lock();
  const bool room = q->count < q->limit;
  if (room) {
    q->items[(q->head + q->count++) % QUEUE_ROOM] = item;
    wake_best(&q->readers);
  }
  unlock(status);
  return room;
}

bool queue_put(queue* q, uint32_t item, uint32_t patience) {
  const uint32_t status = lock();
  const uint32_t begin = tick_count;
  bool done = false;
  while (!(done = queue_put_from_interrupt(q, item))) {
    const uint32_t waited = tick_count - begin;
    if (patience != FOREVER && waited >= patience) {
      break;
    }
    block(&q->writers, patience == FOREVER ? FOREVER : patience - waited);
  }
  if (reschedule) {
    __asm__ volatile("ecall" ::: "memory");
  }
  unlock(status);
  return done;
}

bool queue_get(queue* q, uint32_t* item, uint32_t patience) {
  const uint32_t status = lock();
  const uint32_t begin = tick_count;
  while (q->count == 0) {
    const uint32_t waited = tick_count - begin;
    if (patience != FOREVER && waited >= patience) {
      unlock(status);
      return false;
    }
    block(&q->readers, patience == FOREVER ? FOREVER : patience - waited);
  }
  *item = q->items[q->head];
  q->head = (q->head + 1) % QUEUE_ROOM;
  q->count--;
  wake_best(&q->writers);
  if (reschedule) {
    __asm__ volatile("ecall" ::: "memory");
  }
  unlock(status);
  return true;
}
