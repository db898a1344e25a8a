internal import Synchronization

/// The register banks of a server, and libmodbus, which is not made for several threads: one lock around both.
///
/// Everything but the lock is touched only while it is held, which is why this may be marked as sendable.
final class Banks: @unchecked Sendable {
  private final class Box {
    var bank: RegisterBank
    init(_ bank: consuming RegisterBank) { self.bank = bank }
  }

  private let lock = Mutex(())
  private let boxes: [UInt8: Box]
  private let holes: [RegisterBlock]
  private let responder: LibmodbusResponder

  init(
    units: [UInt8], size: RegisterBank.Size, holes: [RegisterBlock]
  ) throws(ModbusError) {
    self.holes = holes
    var boxes: [UInt8: Box] = [:]
    for unit in units { boxes[unit] = Box(try RegisterBank(size)) }
    self.boxes = boxes
    responder = try LibmodbusResponder()
  }

  func withBank<Result, Failure: Error>(
    unit: UInt8, _ body: (inout RegisterBank) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard let box = boxes[unit] else { return nil }
    lock._unsafeLock()
    defer { lock._unsafeUnlock() }
    return try body(&box.bank)
  }

  /// The answer to a whole frame.
  func answer(to frame: UnsafeRawBufferPointer) -> [UInt8] {
    lock._unsafeLock()
    defer { lock._unsafeUnlock() }
    guard frame.count > 7, let box = boxes[frame[6]] else {
      return responder.exception(.gatewayTargetFailedToRespond, to: frame)
    }
    if !holes.isEmpty, touchesHole(frame) {
      return responder.exception(.illegalDataAddress, to: frame)
    }
    return responder.answer(to: frame, from: box.bank)
  }

  private func touchesHole(_ frame: UnsafeRawBufferPointer) -> Bool {
    let ranges = RequestShape.ranges(UnsafeRawBufferPointer(rebasing: frame[7...]))
    return ranges.contains { range in
      holes.contains { hole in
        hole.unit == frame[6] && hole.table == range.table
          && Int(hole.address) < range.start + range.count
          && range.start < Int(hole.address) + hole.count
      }
    }
  }
}
