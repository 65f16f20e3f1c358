#ifndef SALESTARGETS_CREDIS_H
#define SALESTARGETS_CREDIS_H
#if !__has_include(<hiredis/hiredis.h>)
#error "hiredis headers are missing: apt-get install libhiredis-dev"
#endif
#include <hiredis/hiredis.h>
#endif
