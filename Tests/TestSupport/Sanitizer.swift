import Foundation

/// Whether a sanitizer watches: all takes ten times as long, memory is the sanitizer's, and no other library may be loaded before it
/// (LD_PRELOAD). `scripts/soak` and `.ci/run` set the options of the one they build with.
public let isSanitized = ["ASAN_OPTIONS", "TSAN_OPTIONS"].contains {
  ProcessInfo.processInfo.environment[$0] != nil
}
