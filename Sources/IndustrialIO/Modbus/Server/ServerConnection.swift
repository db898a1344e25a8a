internal import Glibc
internal import IndustrialModel

/// One client of a server.
final class ServerConnection {
  private let descriptor: FileDescriptor
  private var input: [UInt8] = []
  private var output: [UInt8] = []
  private(set) var hasEnded = false
  private var delayed: [(due: Int64, bytes: [UInt8])] = []
  private var endsAfterOutput = false
  /// Until then the second piece of a split answer is to come, and nothing may go between the two.
  private var heldUntil: Int64 = .min

  /// A client that does not take its answers is not read from any further.
  private static let outputLimit = 64 * 1024

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  var pollDescriptor: Int32 { descriptor.rawValue }

  var events: Int16 {
    (output.isEmpty ? 0 : Int16(POLLOUT))
      | (output.count < Self.outputLimit ? Int16(POLLIN) : 0)
  }

  /// Takes what has come, answers it, sends what goes.
  func serve(from banks: Banks, _ control: ServerControl) {
    if output.count < Self.outputLimit { receive() }
    answerRequests(from: banks, control)
    transmit()
  }

  private func receive() {
    let old = input.count
    input.append(contentsOf: repeatElement(0, count: 4096))
    let count = input.withUnsafeMutableBytes { buffer in
      recv(descriptor.rawValue, buffer.baseAddress?.advanced(by: old), 4096, 0)
    }
    if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { hasEnded = true }
    input.removeLast(4096 - max(0, count))
  }

  private func answerRequests(from banks: Banks, _ control: ServerControl) {
    var offset = 0
    input.withUnsafeBytes { bytes in
      while !hasEnded, bytes.count - offset >= 8 {
        let protocolID = UInt16(bytes[offset + 2]) << 8 | UInt16(bytes[offset + 3])
        let length = Int(bytes[offset + 4]) << 8 | Int(bytes[offset + 5])
        guard protocolID == 0, (2...254).contains(length) else {
          // There is no way back into step with such a client.
          hasEnded = true
          return
        }
        guard bytes.count - offset >= 6 + length else { return }
        let frame = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + 6 + length)])
        let faults = control.nextFaults(unit: frame[6])
        if faults.isEmpty, heldUntil == .min {
          output += banks.answer(to: frame)
        } else {
          answer(frame, from: banks, faults)
        }
        offset += 6 + length
      }
    }
    input.removeFirst(offset)
  }

  /// Answers as the faults want it. A request that is refused is not carried out.
  private func answer(
    _ frame: UnsafeRawBufferPointer, from banks: Banks, _ faults: [ModbusFault.Kind]
  ) {
    let pdu = UnsafeRawBufferPointer(rebasing: frame[7...])
    let refusal = faults.lazy.compactMap { ModbusFault.refusal($0, pdu) }.first
    var bytes =
      refusal.map { Array(frame[0..<4]) + [0, 3, frame[6], frame[7] | 0x80, $0.rawValue] }
      ?? banks.answer(to: frame)
    var copies = 1
    var delay: Int64 = 0
    var cut: (count: Int, pause: Int64)?
    guard bytes.count >= 8 else { return }
    for fault in faults {
      switch fault {
      case .delay(let duration): delay = max(0, duration.nanoseconds)
      case .drop: return
      case .transaction(let difference):
        let id = (UInt16(bytes[0]) << 8 | UInt16(bytes[1])) &+ difference
        bytes[0] = UInt8(id >> 8)
        bytes[1] = UInt8(truncatingIfNeeded: id)
      case .unit(let unit): bytes[6] = unit
      case .truncate(let count):
        bytes = Array(bytes.prefix(max(0, count)))
        endsAfterOutput = true
        // What could not be sent at all can't end with it.
        if bytes.isEmpty { hasEnded = true }
      case .split(let count, let pause): cut = (max(0, count), max(0, pause.nanoseconds))
      case .duplicate: copies = 2
      case .hangUp:
        hasEnded = true
        return
      case .reset:
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
          descriptor.rawValue, SOL_SOCKET, SO_LINGER, &option,
          socklen_t(MemoryLayout<linger>.size))
        hasEnded = true
        return
      case .exception, .hole, .registerLimit: break
      }
    }
    for _ in 0..<copies {
      if let cut, cut.count < bytes.count {
        give(Array(bytes[..<cut.count]), after: delay)
        let rest = give(Array(bytes[cut.count...]), after: delay &+ cut.pause)
        heldUntil = max(heldUntil, rest)
      } else {
        give(bytes, after: delay)
      }
    }
  }

  /// Sends bytes when their time has come; returns that time.
  @discardableResult
  private func give(_ bytes: [UInt8], after delay: Int64) -> Int64 {
    let now = MonotonicClock.now()
    let due = max(now &+ delay, heldUntil)
    if due > now { delayed.append((due, bytes)) } else { output += bytes }
    return due
  }

  /// When the next late answer is due.
  var nextDue: Int64? { delayed.lazy.map(\.due).min() }

  /// Sends the late answers whose time has come.
  func sendDue() {
    guard !delayed.isEmpty else { return }
    let now = MonotonicClock.now()
    for answer in delayed where answer.due <= now { output += answer.bytes }
    delayed.removeAll { $0.due <= now }
    transmit()
  }

  private func transmit() {
    guard !output.isEmpty, !hasEnded else { return }
    let count = output.withUnsafeBytes {
      send(descriptor.rawValue, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    if count > 0 {
      output.removeFirst(count)
      if output.isEmpty, endsAfterOutput { hasEnded = true }
    } else if errno != EAGAIN, errno != EINTR {
      hasEnded = true
    }
  }
}
