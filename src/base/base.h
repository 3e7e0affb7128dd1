/* SPDX-License-Identifier: MIT
 *
 * base.h - the outside header of the room `base`: what every room stands on.
 *
 * May use libc only. Knows nothing of posts, topics or scores.
 */
#ifndef ES_BASE_H
#define ES_BASE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/header.h"
#include "base/histogram.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "base/sort.h"
#include "base/str.h"

#define ES_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
