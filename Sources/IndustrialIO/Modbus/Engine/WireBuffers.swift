/// Bytes that have been received and not yet understood, at the front of a fixed piece of memory.
struct ReceiveBuffer: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer
  private var count = 0

  init(capacity: Int) {
    memory = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { memory.deallocate() }

  /// Where to put the next bytes. Never empty: what is not understood is shorter than two frames.
  var room: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: memory[count...])
  }

  /// What is there.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

  mutating func received(_ length: Int) { count += length }

  /// Forgets the first bytes.
  mutating func consume(_ length: Int) {
    guard length > 0 else { return }
    let rest = count - length
    if rest > 0 {
      memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[length..<count]))
    }
    count = rest
  }

  mutating func removeAll() { count = 0 }
}

/// Requests on their way to the kernel.
struct SendBuffer: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0

  init(capacity: Int) {
    memory = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { memory.deallocate() }

  var isEmpty: Bool { start == end }

  /// Whether the longest request fits in.
  var hasRoom: Bool { memory.count - end >= MBAPExchange.maximumFrameLength }

  var unsent: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: memory[start..<end])
  }

  mutating func sent(_ count: Int) {
    start += count
    if start >= end { removeAll() }
  }

  mutating func removeAll() {
    start = 0
    end = 0
  }

  /// Adds a read request. There must be room.
  mutating func appendRead(
    id: UInt16, unit: UInt8, function: UInt8, address: UInt16, count: UInt16
  ) {
    appendHeader(id: id, length: 6, unit: unit)
    memory[end + 7] = function
    store(address, at: end + 8)
    store(count, at: end + 10)
    end += 12
  }

  /// Adds a request with any PDU of up to 253 bytes. There must be room.
  mutating func append(id: UInt16, unit: UInt8, pdu: [UInt8]) {
    appendHeader(id: id, length: UInt16(truncatingIfNeeded: pdu.count + 1), unit: unit)
    for (index, byte) in pdu.enumerated() { memory[end + 7 + index] = byte }
    end += 7 + pdu.count
  }

  /// Adds a serial frame, with its check unless libmodbus adds that. There must be room.
  mutating func appendRTU(unit: UInt8, pdu: [UInt8], withCheck: Bool) {
    let frame = [unit] + pdu
    for (index, byte) in frame.enumerated() { memory[end + index] = byte }
    end += frame.count
    guard withCheck else { return }
    let check = CRC16.of(frame)
    memory[end] = UInt8(truncatingIfNeeded: check)
    memory[end + 1] = UInt8(check >> 8)
    end += 2
  }

  private func appendHeader(id: UInt16, length: UInt16, unit: UInt8) {
    store(id, at: end)
    store(0, at: end + 2)
    store(length, at: end + 4)
    memory[end + 6] = unit
  }

  private func store(_ value: UInt16, at offset: Int) {
    memory.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
  }
}
