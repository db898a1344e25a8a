internal import CDecodeKernels

/// The compiled form of a database: flat records in memory of its own, read by the decoders in Swift and C.
///
/// `@unchecked Sendable`: the memory is written before `init` returns, never again, and freed in `deinit`.
final class DecodePlan: @unchecked Sendable {  // written before `init` returns, never again
  let storage: DatabaseStorage
  let plan: dk_plan
  /// The slot of each signal of the database, or -1.
  let slots: [Int32]
  let signalCount: Int
  let sectionCount: Int
  let messageCount: Int
  /// The section of each slot.
  let sectionOfSlot: [Int32]

  private let memory: [UnsafeMutableRawPointer]

  init(_ storage: DatabaseStorage, _ matching: J1939Matching = .declared) {
    self.storage = storage
    var compiler = PlanCompiler(storage.content, matching)
    compiler.compile()
    var memory: [UnsafeMutableRawPointer] = []
    func place<Record>(_ records: [Record]) -> UnsafePointer<Record> {
      let byteCount = max(1, records.count) * MemoryLayout<Record>.stride
      let raw = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
      memory.append(raw)
      let typed = raw.bindMemory(to: Record.self, capacity: max(1, records.count))
      records.withUnsafeBufferPointer { source in
        if let base = source.baseAddress { typed.initialize(from: base, count: source.count) }
      }
      return UnsafePointer(typed)
    }
    let groups = compiler.parameterGroups
    let extended = IdentifierTable(
      compiler.identifiers.filter { $0.identifier & CANIdentifier.extendedFlag != 0 } + groups)
    plan = dk_plan(
      signals: place(compiler.signals), sections: place(compiler.sections),
      switches: place(compiler.switches), ranges: place(compiler.ranges),
      entries: place(compiler.entries), messages: place(compiler.messages),
      groups: place(compiler.groups), shortGroups: place(compiler.shortGroups),
      standard: place(compiler.standardTable),
      extended: place(extended.entries), extendedMask: UInt32(extended.entries.count - 1),
      extendedMultiplier: extended.multiplier, hasParameterGroups: groups.isEmpty ? 0 : 1)
    slots = compiler.slots
    sectionOfSlot = compiler.sectionOfSlot
    signalCount = compiler.signals.count
    sectionCount = compiler.sections.count
    messageCount = compiler.messages.count
    self.memory = memory
  }

  deinit {
    for block in memory { block.deallocate() }
  }

  /// The message that frames with this identifier decode as, or -1.
  @inline(__always)
  func message(_ identifier: UInt32) -> Int {
    if identifier & CANIdentifier.extendedFlag == 0 {
      return Int(plan.standard[Int(identifier & 0x7FF)])
    }
    let message = entry(identifier)
    if message >= 0 || plan.hasParameterGroups == 0 { return message }
    return entry(ParameterGroupNumber(rawIdentifier: identifier).key)
  }

  @inline(__always)
  private func entry(_ identifier: UInt32) -> Int {
    var position = IdentifierTable.position(identifier, plan.extendedMultiplier)
    while true {
      position &= plan.extendedMask
      let entry = plan.extended[Int(position)]
      if UInt32(truncatingIfNeeded: entry >> 32) == identifier {
        return Int(Int32(truncatingIfNeeded: entry))
      }
      if entry == .max { return -1 }
      position &+= 1
    }
  }
}

/// Open addressing for extended identifiers, with a multiplier that keeps the ways short.
struct IdentifierTable {
  private(set) var entries: [UInt64] = []
  private(set) var multiplier: UInt32 = 0

  @inline(__always)
  static func position(_ identifier: UInt32, _ multiplier: UInt32) -> UInt32 {
    let product = identifier &* multiplier
    return product ^ (product >> 15)
  }

  init(_ members: [(identifier: UInt32, message: Int32)]) {
    var size = 16
    while size < members.count * 2 { size *= 2 }
    var candidate: UInt32 = 2_654_435_769
    var attempt = 0
    while true {
      let (table, longest) = Self.fill(members, size, candidate)
      if longest <= 8 || attempt >= 24 {
        entries = table
        multiplier = candidate
        return
      }
      attempt += 1
      candidate = (candidate &* 747_796_405 &+ 2_891_336_453) | 1
      // A file made to collide costs a few doublings of the table, not a long way a frame.
      if attempt % 8 == 0 { size *= 2 }
    }
  }

  /// The table, and the longest way to an entry.
  private static func fill(
    _ members: [(identifier: UInt32, message: Int32)], _ size: Int, _ multiplier: UInt32
  ) -> ([UInt64], Int) {
    var table = [UInt64](repeating: .max, count: size)
    let mask = UInt32(size - 1)
    var longest = 0
    for member in members {
      var position = position(member.identifier, multiplier) & mask
      var length = 1
      while table[Int(position)] != .max {
        position = (position + 1) & mask
        length += 1
        if length > 4096 { return (table, length) }
      }
      longest = max(longest, length)
      table[Int(position)] =
        UInt64(member.identifier) << 32 | UInt64(UInt32(bitPattern: member.message))
    }
    return (table, longest)
  }
}
