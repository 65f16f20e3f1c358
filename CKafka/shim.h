#ifndef SALESTARGETS_CKAFKA_H
#define SALESTARGETS_CKAFKA_H
#if !__has_include(<librdkafka/rdkafka.h>)
#error "librdkafka headers are missing: apt-get install librdkafka-dev"
#endif
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#endif
