/* SPDX-License-Identifier: Apache-2.0 */
/* A small preemptive kernel: priorities, time slices, a tick of the machine timer, queues, mutexes with priority
 * inheritance, and interrupts that nest. Made for tests; runs on any machine with QEMU virt's CLINT, PLIC and UART. */
#ifndef RTOS_H
#define RTOS_H

#include <stdbool.h>
#include <stdint.h>

#define TASKS 8
#define PRIORITIES 4
#define QUEUE_ROOM 32u /* more than a serial port's FIFO hands over in one interrupt */
#define TICK 10000u    /* of the 10 MHz time base: 1 ms */
#define FOREVER 0xFFFFFFFFu

typedef struct task task;
typedef struct {
  task* waiting[TASKS]; /* in order of arrival */
  uint32_t count;
} wait_list;

struct task {
  uint32_t sp; /* must be first: the context switch reads it */
  uint32_t priority, base_priority;
  uint32_t wake_tick;
  bool ready, sleeping;
  wait_list* waits_in;
  uint32_t runs; /* times it was switched to */
  const char* name;
};

typedef struct {
  task* owner;
  wait_list waiters;
} mutex;

typedef struct {
  uint32_t items[QUEUE_ROOM];
  uint32_t head, count, limit; /* limit: at most QUEUE_ROOM items wait */
  wait_list readers, writers;
} queue;

void task_create(task* t, const char* name, uint32_t priority, void (*entry)(void*), void* argument, uint32_t* stack,
                 uint32_t words);
void kernel_start(void); /* does not return */
void trap_table(void);   /* for vectored mtvec; trap_entry for direct mode is set by the start-up code */
void task_sleep(uint32_t ticks);
void task_yield(void);
uint32_t ticks(void);
void mutex_lock(mutex* m);
void mutex_unlock(mutex* m);
bool queue_put(queue* q, uint32_t item, uint32_t patience);
bool queue_get(queue* q, uint32_t* item, uint32_t patience);
bool queue_put_from_interrupt(queue* q, uint32_t item);

extern task* current;
extern volatile uint32_t switches, preemptions, nested_interrupts, deepest;
/* Provided by the program: external interrupts, called with interrupts of higher PLIC priority let through. */
void external_interrupt(uint32_t source);

#endif
