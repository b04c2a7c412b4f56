// strptime's declaration needs _XOPEN_SOURCE.
#ifndef CLINUX_TIME_H
#define CLINUX_TIME_H
#include <stdint.h>

// Seconds since the epoch of a text that is UTC in strptime's format, whole; INT64_MIN where it is none.
int64_t clinux_parse_time(const char *text, const char *format);
#endif
