/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stddef.h>

#include "tsr_uart.h"

typedef struct sink {
  char* buffer; /* NULL: the UART */
  uint32_t size;
  uint32_t count;
} sink;

typedef struct conversion {
  bool left;
  bool zero;
  uint32_t width;
  uint32_t precision; /* UINT32_MAX: none */
  uint32_t length;    /* 0 int, 1 long and size_t, 2 long long */
  char letter;
} conversion;

static void emit(sink* out, char character) {
  if (out->buffer == NULL) {
    tsr_uart_put(character);
  } else if (out->count + 1u < out->size) {
    out->buffer[out->count] = character;
  }
  out->count++;
}

static void pad(sink* out, uint32_t used, uint32_t width, char character) {
  for (; used < width; used++) {
    emit(out, character);
  }
}

static void text(sink* out, const conversion* how, const char* string) {
  uint32_t length = 0;
  if (string == NULL) {
    string = "(null)";
  }
  while (length < how->precision && string[length] != '\0') {
    length++;
  }
  if (!how->left) {
    pad(out, length, how->width, ' ');
  }
  for (uint32_t i = 0; i < length; i++) {
    emit(out, string[i]);
  }
  if (how->left) {
    pad(out, length, how->width, ' ');
  }
}

static void number(sink* out, const conversion* how, uint64_t value, bool negative) {
  char digits[24]; /* 22 octal digits of 64 bits */
  uint32_t count = 0;
  const uint32_t base = how->letter == 'x' || how->letter == 'X' || how->letter == 'p' ? 16u
                        : how->letter == 'o'                                           ? 8u
                                                                                       : 10u;
  const char* alphabet = how->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  uint32_t low = (uint32_t)value;
  while (value > UINT32_MAX) { /* 64-bit division is slow here: only as long as it is needed */
    digits[count++] = alphabet[value % base];
    value /= base;
    low = (uint32_t)value;
  }
  do {
    digits[count++] = alphabet[low % base];
    low /= base;
  } while (low != 0);
  const uint32_t used = count + (negative ? 1u : 0u);
  if (!how->left && !how->zero) {
    pad(out, used, how->width, ' ');
  }
  if (negative) {
    emit(out, '-');
  }
  if (!how->left && how->zero) {
    pad(out, used, how->width, '0');
  }
  while (count > 0) {
    emit(out, digits[--count]);
  }
  if (how->left) {
    pad(out, used, how->width, ' ');
  }
}

static const char* read_number(const char* format, uint32_t* value) {
  *value = 0;
  while (*format >= '0' && *format <= '9' && *value < 10000u) {
    *value = *value * 10u + (uint32_t)(*format++ - '0');
  }
  return format;
}

static const char* parse(const char* format, conversion* how) {
  *how = (conversion){false, false, 0, UINT32_MAX, 0, '\0'};
  for (; *format == '-' || *format == '0'; format++) {
    how->left = how->left || *format == '-';
    how->zero = how->zero || *format == '0';
  }
  format = read_number(format, &how->width);
  if (*format == '.') {
    format = read_number(format + 1, &how->precision);
  }
  for (; *format == 'l' || *format == 'h' || *format == 'z'; format++) {
    how->length += *format == 'l' ? 1u : 0u;
    how->length = *format == 'z' ? (sizeof(size_t) > sizeof(long) ? 2u : 1u) : how->length;
  }
  how->letter = *format;
  return *format == '\0' ? format : format + 1;
}

static void format_to(sink* out, const char* format, va_list arguments) {
  while (*format != '\0') {
    if (*format != '%') {
      emit(out, *format++);
      continue;
    }
    const char* start = format;
    conversion how;
    format = parse(format + 1, &how);
    switch (how.letter) {
      case 'd':
      case 'i': {
        const int64_t value = how.length >= 2u   ? va_arg(arguments, long long)
                              : how.length == 1u ? va_arg(arguments, long)
                                                 : va_arg(arguments, int);
        number(out, &how, value < 0 ? 0u - (uint64_t)value : (uint64_t)value, value < 0);
        break;
      }
      case 'u':
      case 'x':
      case 'X':
      case 'o': {
        const uint64_t value = how.length >= 2u   ? va_arg(arguments, unsigned long long)
                               : how.length == 1u ? va_arg(arguments, unsigned long)
                                                  : va_arg(arguments, unsigned int);
        number(out, &how, value, false);
        break;
      }
      case 'p':
        number(out, &how, (uintptr_t)va_arg(arguments, void*), false);
        break;
      case 'c':
        emit(out, (char)va_arg(arguments, int));
        break;
      case 's':
        text(out, &how, va_arg(arguments, const char*));
        break;
      case '%':
        emit(out, '%');
        break;
      default: /* not known: shown as written */
        while (start < format) {
          emit(out, *start++);
        }
    }
  }
}

int tsr_vprintf(const char* format, va_list arguments) {
  sink out = {NULL, 0, 0};
  format_to(&out, format, arguments);
  return (int)out.count;
}

int tsr_printf(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int count = tsr_vprintf(format, arguments);
  va_end(arguments);
  return count;
}

int tsr_snprintf(char* buffer, uint32_t size, const char* format, ...) {
  static char nowhere;
  sink out = {size > 0 ? buffer : &nowhere, size, 0};
  va_list arguments;
  va_start(arguments, format);
  format_to(&out, format, arguments);
  va_end(arguments);
  if (size > 0) {
    buffer[out.count < size ? out.count : size - 1u] = '\0';
  }
  return (int)out.count;
}
