#ifndef SALESTARGETS_CFUZZER_H
#define SALESTARGETS_CFUZZER_H
#include <stddef.h>
#include <stdint.h>
/* A function of libFuzzer in the compiler's runtime. No header of the toolchain declares it. */
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
#endif
