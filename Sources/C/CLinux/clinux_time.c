#define _GNU_SOURCE
#include <time.h>

#include "clinux_time.h"

int64_t clinux_parse_time(const char *text, const char *format) {
    struct tm parts = {0};
    const char *end = strptime(text, format, &parts);
    return end && *end == 0 ? (int64_t)timegm(&parts) : INT64_MIN;
}
