internal import CZlib

/// One zlib stream after the other, inflated piece by piece.
///
/// A class so that zlib's state stays where it is; it belongs to one parser, which is used by one thread at a time.
final class Inflater: @unchecked Sendable {  // See above: never shared.
  enum Outcome { case more, ended, damaged }

  private var stream = z_stream()
  private var isOpen = false

  deinit { close() }

  /// Begins a stream; false when the system has no memory.
  func begin() -> Bool {
    close()
    isOpen = iiot_inflate_begin(&stream) == Z_OK
    return isOpen
  }

  func close() {
    if isOpen { inflateEnd(&stream) }
    isOpen = false
  }

  /// Inflates from `input` to `output`, and says how many bytes of each were used.
  func inflate(
    _ input: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer
  ) -> (taken: Int, given: Int, outcome: Outcome) {
    guard isOpen, let source = input.baseAddress, let target = output.baseAddress else {
      return (0, 0, .more)
    }
    let inputCount = min(input.count, Int(Int32.max))
    let outputCount = min(output.count, Int(Int32.max))
    // zlib does not write to its input.
    stream.next_in = UnsafeMutablePointer(
      mutating: source.assumingMemoryBound(to: UInt8.self))
    stream.avail_in = UInt32(inputCount)
    stream.next_out = target.assumingMemoryBound(to: UInt8.self)
    stream.avail_out = UInt32(outputCount)
    let status = CZlib.inflate(&stream, Z_NO_FLUSH)
    let taken = inputCount - Int(stream.avail_in)
    let given = outputCount - Int(stream.avail_out)
    switch status {
    case Z_STREAM_END: return (taken, given, .ended)
    case Z_OK, Z_BUF_ERROR: return (taken, given, .more)
    default: return (taken, given, .damaged)
    }
  }
}
