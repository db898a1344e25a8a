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

/// Begins to deflate into a gzip file (RFC 1952): Z_OK, or an error.
static inline int iiot_gzip_begin(z_stream *stream, int level) {
    memset(stream, 0, sizeof *stream);
    // 15 bits of window, the largest; 16 more ask for gzip's header and check sum.
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
