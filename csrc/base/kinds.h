/*
 * kinds.h: what may be asked of a kind without naming it. Private: cffi never reads it.
 *
 * What it is. The one place that knows how kinds are numbered: a kind's class stands in its upper four bits
 * (enum pmm_class in event.h), and a few kinds of a class stand together. Everybody else asks here, so that a kind
 * that is put in changes nothing but its own class.
 */
#ifndef PMM_KINDS_H
#define PMM_KINDS_H

#include <assert.h>

#include "base/event.h"

static inline enum pmm_class pmm_class_of(uint8_t kind) { return (enum pmm_class)(kind >> PMM_CLASS_SHIFT); }

/* Whether it says in which state a book is: BOOK_BEGIN, BOOK_END, BOOK_INVALID. */
static inline int pmm_is_book_state(uint8_t kind) {
    return kind >= PMM_KIND_BOOK_BEGIN && kind <= PMM_KIND_BOOK_INVALID;
}

/* Whether a book of levels is concerned: DEPTH, TRADE, TOP and the states. */
static inline int pmm_is_of_levels(uint8_t kind) { return kind >= PMM_KIND_DEPTH && kind <= PMM_KIND_BOOK_INVALID; }

/* Whether single orders are concerned: ORDER_ADD to ORDER_EXECUTE. */
static inline int pmm_is_of_orders(uint8_t kind) {
    return kind >= PMM_KIND_ORDER_ADD && kind <= PMM_KIND_ORDER_EXECUTE;
}

/* The report that an order of this kind had no effect. */
static inline uint8_t pmm_refusal_of(uint8_t kind) {
    return kind == PMM_KIND_REPLACE  ? PMM_KIND_REPLACE_REJECTED
           : kind == PMM_KIND_CANCEL ? PMM_KIND_CANCEL_REJECTED
                                     : PMM_KIND_REJECTED;
}

#define PMM_IN_CLASS(kind, class) static_assert((kind) >> PMM_CLASS_SHIFT == (class), #kind " is not in " #class)
PMM_IN_CLASS(PMM_KIND_DEPTH, PMM_CLASS_MARKET);
PMM_IN_CLASS(PMM_KIND_ORDER_EXECUTE, PMM_CLASS_MARKET);
PMM_IN_CLASS(PMM_KIND_NEW, PMM_CLASS_ORDER);
PMM_IN_CLASS(PMM_KIND_QUERY, PMM_CLASS_ORDER);
PMM_IN_CLASS(PMM_KIND_ACK, PMM_CLASS_REPORT);
PMM_IN_CLASS(PMM_KIND_BALANCE, PMM_CLASS_REPORT);
PMM_IN_CLASS(PMM_KIND_START, PMM_CLASS_PROCESS);
PMM_IN_CLASS(PMM_KIND_PARAMETER, PMM_CLASS_PROCESS);
static_assert(PMM_KIND_BOOK_END == PMM_KIND_BOOK_BEGIN + 1 && PMM_KIND_BOOK_INVALID == PMM_KIND_BOOK_END + 1,
              "the states of a book stand together");
static_assert(PMM_KIND_TRADE == PMM_KIND_DEPTH + 1 && PMM_KIND_TOP == PMM_KIND_TRADE + 1 &&
                  PMM_KIND_BOOK_BEGIN == PMM_KIND_TOP + 1,
              "what concerns a book of levels stands together");
static_assert(PMM_KIND_ORDER_EXECUTE == PMM_KIND_ORDER_ADD + 4, "what concerns single orders stands together");
#undef PMM_IN_CLASS

#endif
