internal import Glibc

/// The bytes of the objects in the containers of a BLF log, in one buffer that never grows.
///
/// Belongs to one parser, which is used by one thread at a time.
final class ObjectBuffer: @unchecked Sendable {  // See above: never shared.
  /// Recorders make containers of 128 KB.
  static let capacity = 1024 * 1024
  /// So many bytes behind the valid ones may be loaded.
  static let padding = 64

  private let memory: UnsafeMutableRawPointer
  private var start = 0
  private var end = 0
  private var mark = 0

  init() {
    memory = .allocate(byteCount: Self.capacity + Self.padding, alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: Self.capacity + Self.padding)
  }

  deinit { memory.deallocate() }

  /// Whether nothing more has room.
  var isFull: Bool { end == Self.capacity }

  /// What is there and not consumed.
  var unread: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: memory + start, count: end - start)
  }

  func consume(_ count: Int) { start += min(count, end - start) }

  func removeAll() {
    start = 0
    end = 0
    mark = 0
  }

  /// Remembers what is there now.
  func setMark() { mark = end }

  /// Forgets what came after the mark.
  func truncateToMark() { end = max(start, min(mark, end)) }

  /// The room behind what is there.
  func makeRoom() -> UnsafeMutableRawBufferPointer {
    if start > 0 {
      // Less than an object is left.
      memmove(memory, memory + start, end - start)
      end -= start
      mark -= min(start, mark)
      start = 0
    }
    return UnsafeMutableRawBufferPointer(start: memory + end, count: Self.capacity - end)
  }

  /// So many bytes of the room have been filled.
  func fill(_ count: Int) { end += count }
}
