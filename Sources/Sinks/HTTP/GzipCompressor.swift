#if HTTP
  internal import CZlib

  /// Compresses bodies to gzip (RFC 1952), one after the other, with the same memory.
  final class GzipCompressor {
    private let destination: String
    private var stream = z_stream()
    private var isOpen = false
    private var output: [UInt8] = []

    /// The fastest: line protocol shrinks to a tenth with it, and hardly further with more effort.
    private static let level: Int32 = 1

    init(destination: String) { self.destination = destination }

    deinit { if isOpen { deflateEnd(&stream) } }

    /// The whole of `body` as one gzip file.
    func compress(_ body: [UInt8]) throws(SinkError) -> [UInt8] {
      if isOpen {
        guard deflateReset(&stream) == Z_OK else { throw failure }
      } else {
        guard iiot_gzip_begin(&stream, Self.level) == Z_OK else { throw failure }
        isOpen = true
      }
      guard let size = UInt32(exactly: body.count) else { throw failure }
      let bound = Int(deflateBound(&stream, UInt(size)))
      guard let room = UInt32(exactly: bound) else { throw failure }
      if output.count < bound { output = [UInt8](repeating: 0, count: bound) }
      let status = body.withUnsafeBytes { input in
        output.withUnsafeMutableBytes { output in
          stream.next_in = UnsafeMutablePointer(
            mutating: input.bindMemory(to: UInt8.self).baseAddress)
          stream.avail_in = size
          stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
          stream.avail_out = room
          return deflate(&stream, Z_FINISH)
        }
      }
      guard status == Z_STREAM_END else { throw failure }
      return Array(output[..<(bound - Int(stream.avail_out))])
    }

    private var failure: SinkError {
      SinkError(
        code: .failed, destination: destination, message: "the body can't be compressed",
        advice: "free some memory, or leave out gzip")
    }
  }
#endif
