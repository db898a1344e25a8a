#pragma once
#include <string.h>
#include <zlib.h>

// The initialisers are macros, which Swift does not import.

/// Begins to inflate a zlib stream: Z_OK, or an error.
static inline int iiot_inflate_begin(z_stream *stream) {
    memset(stream, 0, sizeof *stream);
    return inflateInit(stream);
}

/// Begins to deflate into a zlib stream: Z_OK, or an error.
static inline int iiot_deflate_begin(z_stream *stream, int level) {
    memset(stream, 0, sizeof *stream);
    return deflateInit(stream, level);
}
