/* SPDX-License-Identifier: Apache-2.0 */
/* Seven tasks on the small kernel. What it prints follows from priorities and queues alone, not from speed. */
#include <stddef.h>

#include "rtos.h"
#include "virt.h"

#define WORDS 512
static uint32_t stacks[TASKS][WORDS] __attribute__((aligned(16)));
static task idle_task, low_task, middle_task, high_task, producer_task, consumer_task, shell_task, judge_task;
static mutex shared, console;
static queue numbers = {.limit = 8}, keys = {.limit = QUEUE_ROOM}, done = {.limit = 8};
static volatile uint32_t spun_low, spun_middle;
static volatile bool high_waits, inherited, uart_served, nested_seen;
static volatile uint32_t uart_interrupts, sum;

static void say(const char* who, const char* what) {
  mutex_lock(&console);
  print(who);
  print(": ");
  print(what);
  put('\n');
  mutex_unlock(&console);
}

static void check(const char* what, bool good) {
  mutex_lock(&console);
  print(good ? "ok      " : "NOT OK  ");
  print(what);
  put('\n');
  mutex_unlock(&console);
  if (!good) {
    finish(1);
  }
}

void external_interrupt(uint32_t source) {
  if (source != UART_SOURCE) {
    return;
  }
  uart_interrupts++;
  for (uint32_t id; ((id = UART(2)) & 1u) == 0;) {
    if ((id & 0xEu) == 2u) {
      uart_served = true;
      UART(1) = 1; /* only the receiver from now on */
    } else {
      while ((UART(5) & 1u) != 0) {
        (void)queue_put_from_interrupt(&keys, UART(0));
      }
    }
  }
}

/* Of low priority and long: the UART's interrupt has to come in between. */
void software_interrupt(void) {
  uart_served = false;
  UART(1) = 3; /* the transmitter is empty, so this interrupts */
  for (uint32_t i = 0; i < 1000000 && !uart_served; i++) {
  }
  nested_seen = uart_served && deepest >= 2;
}

static void idle(void* unused) {
  (void)unused;
  for (;;) {
    __asm__ volatile("wfi");
  }
}

/* Takes the lock, lets higher ones come, and holds on for some ticks. */
static void low(void* unused) {
  (void)unused;
  mutex_lock(&shared);
  say("low", "has the lock");
  const uint32_t begin = ticks();
  while (!high_waits) {
    spun_low++;
  }
  inherited = current->priority == 3;
  while (ticks() - begin < 5) {
    spun_low++;
  }
  say("low", "gives it back");
  mutex_unlock(&shared);
  const uint32_t until = ticks() + 20;
  while ((int32_t)(ticks() - until) < 0) {
    spun_low++;
  }
  (void)queue_put(&done, 1, FOREVER);
}

/* Without inheritance it would keep `low` from ever giving the lock to `high`. */
static void middle(void* unused) {
  (void)unused;
  task_sleep(3);
  const uint32_t until = ticks() + 20;
  while ((int32_t)(ticks() - until) < 0) {
    spun_middle++;
  }
  (void)queue_put(&done, 2, FOREVER);
}

static void high(void* unused) {
  (void)unused;
  do {
    task_sleep(2);
  } while (shared.owner != &low_task); /* on a slow machine the first ticks leave `low` no time */
  say("high", "wants the lock");
  high_waits = true;
  mutex_lock(&shared);
  say("high", "has the lock");
  mutex_unlock(&shared);
  (void)queue_put(&done, 3, FOREVER);
}

static void producer(void* unused) {
  (void)unused;
  for (uint32_t i = 1; i <= 100; i++) {
    (void)queue_put(&numbers, i * i, FOREVER); /* the queue holds 8: it fills up */
  }
  (void)queue_put(&done, 4, FOREVER);
}

static void consumer(void* unused) {
  (void)unused;
  for (uint32_t i = 1; i <= 100; i++) {
    uint32_t item = 0;
    if (!queue_get(&numbers, &item, 1000) || item != i * i) {
      finish(3);
    }
    sum += item;
    if (i % 10 == 0) {
      task_sleep(1);
    }
  }
  (void)queue_put(&done, 5, FOREVER);
}

static void shell(void* unused) {
  (void)unused;
  char line[32];
  uint32_t length = 0;
  for (;;) {
    uint32_t key = 0;
    (void)queue_get(&keys, &key, FOREVER);
    if (key == '\n') {
      line[length] = 0;
      say("shell", line);
      break;
    }
    if (length < sizeof line - 1) {
      line[length++] = (char)key;
    }
  }
  (void)queue_put(&done, 6, FOREVER);
}

static void judge(void* unused) {
  (void)unused;
  for (uint32_t finished = 0; finished < 5; finished++) {
    uint32_t who = 0;
    if (!queue_get(&done, &who, 5000)) {
      check("all tasks came to an end", false);
    }
  }
  check("338350 is the sum of the squares", sum == 338350);
  check("the owner inherited the priority of who waits for its lock", inherited);
  check("lower tasks were preempted", preemptions > 20);
  check("both spinning tasks got on", spun_low > 0 && spun_middle > 0);
  MSIP = 1;
  task_sleep(2);
  check("an interrupt within an interrupt", nested_seen && nested_interrupts > 0);
  const uint32_t before = ticks();
  uint32_t nothing = 0;
  check("a queue's patience ends", !queue_get(&done, &nothing, 10) && ticks() - before >= 10);
  mutex_lock(&console);
  print("type a line> ");
  mutex_unlock(&console);
  (void)queue_get(&done, &nothing, FOREVER);
  check("keys came by interrupt", nothing == 6 && uart_interrupts > 1);
  check("time went on", ticks() > 35 && switches > 40);
  print("all tasks done\n");
  finish(0);
}

int main(void) {
#if VECTORED
  WRITE_CSR(mtvec, (uint32_t)trap_table | 1u);
#endif
  UART(2) = 0x07;
  UART(3) = 0x03;
  UART(1) = 1;
  PLIC_PRIORITY(UART_SOURCE) = 2;
  PLIC_ENABLE(0, 0) = 1u << UART_SOURCE;
  PLIC_THRESHOLD(0) = 0;
  print("starting\n");
  task_create(&idle_task, "idle", 0, idle, NULL, stacks[0], WORDS);
  task_create(&low_task, "low", 1, low, NULL, stacks[1], WORDS);
  task_create(&middle_task, "middle", 2, middle, NULL, stacks[2], WORDS);
  task_create(&high_task, "high", 3, high, NULL, stacks[3], WORDS);
  task_create(&producer_task, "producer", 2, producer, NULL, stacks[4], WORDS);
  task_create(&consumer_task, "consumer", 2, consumer, NULL, stacks[5], WORDS);
  task_create(&shell_task, "shell", 3, shell, NULL, stacks[6], WORDS);
  task_create(&judge_task, "judge", 3, judge, NULL, stacks[7], WORDS);
  kernel_start();
  return 0;
}
