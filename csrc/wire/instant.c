/* instant.c: what venues that write times as text mean, without a calendar of the system's. */
#include "wire/instant.h"

#include "base/error.h"

/* What stands at p, so many digits; -1 if it is no number. */
static int64_t digits_at(const char *p, int count) {
    int64_t v = 0;
    for (int i = 0; i < count; i++) {
        if (p[i] < '0' || p[i] > '9') return -1;
        v = v * 10 + (p[i] - '0');
    }
    return v;
}

static int days_of_month(int64_t year, int64_t month) {
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return DAYS[month - 1] + (month == 2 && leap);
}

/* Days from 1970-01-01, by years that begin in March. */
static int64_t days_of(int64_t year, int64_t month, int64_t day) {
    const int64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* The fraction behind the point, in ns; -1 if it is none. */
static int64_t fraction_of(const char *p, size_t count) {
    if (count < 1 || count > 9) return -1;
    int64_t ns = digits_at(p, (int)count);
    for (size_t i = count; ns >= 0 && i < 9; i++)
        ns *= 10;
    return ns;
}

int pmm_instant_of(const char *text, size_t bytes, int64_t *ns) {
    static const char FORM[] = "dddd-dd-ddTdd:dd:dd";
    const size_t whole = sizeof FORM - 1;
    if (bytes < whole + 1 || text[bytes - 1] != 'Z') return PMM_ERR_SYNTAX;
    for (size_t i = 0; i < whole; i++)
        if (FORM[i] != 'd' && text[i] != FORM[i]) return PMM_ERR_SYNTAX;
    const int64_t year = digits_at(text, 4), month = digits_at(text + 5, 2), day = digits_at(text + 8, 2);
    const int64_t hour = digits_at(text + 11, 2), minute = digits_at(text + 14, 2), second = digits_at(text + 17, 2);
    int64_t fraction = 0;
    if (bytes > whole + 1) fraction = text[whole] == '.' ? fraction_of(text + whole + 1, bytes - whole - 2) : -1;
    if (year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month) ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || fraction < 0)
        return PMM_ERR_SYNTAX;
    const int64_t seconds = ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    *ns = seconds * INT64_C(1000000000) + fraction;
    return PMM_OK;
}
