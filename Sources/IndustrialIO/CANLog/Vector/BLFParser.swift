internal import CANCore
internal import Glibc
internal import IndustrialModel

/// Vector's BLF: a file header, then objects, most of them in containers that are compressed one by one. An object may
/// begin in one container and end in the next.
///
/// Everything is taken piece by piece: no size in the file decides how much memory is used. After damage the next
/// object is looked for by its signature.
struct BLFParser: CANLogParser {
  private enum State {
    case fileHeader
    case object
    /// In a container: so many bytes of it are left.
    case container(left: Int, isCompressed: Bool)
    /// In something that is passed over.
    case skip(Int)
  }

  private(set) var timeBase = CANLogTimeBase.missing
  var hasMore: Bool { isInterrupted }

  private let options: CANLogOptions
  private var channels = NumberedChannels()
  private var state = State.fileHeader
  private var start: Int64
  private var hasDate = false
  private let inflater = Inflater()
  private let objects = ObjectBuffer()
  /// The container whose bytes are in `objects`, for findings.
  private var containerOffset: Int64 = 0
  /// What of an object in a container is still to be passed over.
  private var objectSkip = 0
  /// What is in `objects` came before a damaged container: nothing of what follows belongs to it.
  private var isBeforeDamage = false
  /// In mid-damage: reported once, until the next object is found.
  private var isLost = false
  private var isInterrupted = false
  private var isEndReported = false
  /// Nothing more can be done with the bytes that are there.
  private var needsMore = false

  static let fileHeaderSize = 144
  static let signature: UInt32 = 0x4747_4F4C  // LOGG
  /// Alignment differs from writer to writer; so many bytes between objects are no damage.
  private static let mostPadding = 8
  /// More is no object that a recorder writes.
  private static let longestObject = 1 << 26
  /// Up to this size, what follows an object that is no frame is looked at before it is passed over.
  private static let checkedSize = 1 << 16

  init(options: CANLogOptions) {
    self.options = options
    start = options.startTime
  }

  mutating func parse(
    _ bytes: UnsafeRawBufferPointer, _ context: ParseContext, into batch: inout CANFrameBatch,
    findings: inout CANLogFindings
  ) -> Int {
    var position = 0
    isInterrupted = false
    // What an earlier call left for want of room in its batch.
    if isBeforeDamage {
      takeBeforeDamage(context, into: &batch, &findings)
    } else if mayTake {
      takeObjects(context, isLast: false, into: &batch, &findings)
    }
    needsMore = false
    while !isInterrupted, !needsMore, batch.headers.count < context.limit {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
      switch state {
      case .fileHeader:
        needsMore = rest.count < Self.fileHeaderSize && !context.isEnd
        if !needsMore { position += takeFileHeader(rest, context, &findings) }
      case .object:
        needsMore = rest.isEmpty
        if needsMore { break }
        position += takeOuter(
          rest, context, context.byteOffset + Int64(position), into: &batch, &findings)
      case .skip(let left):
        let count = min(left, rest.count)
        position += count
        state = left == count ? .object : .skip(left - count)
        needsMore = left != count
      case .container(let left, let isCompressed):
        position += takeContainer(
          rest, context, left: left, isCompressed: isCompressed, into: &batch, &findings)
      }
    }
    if context.isEnd, position == bytes.count, !isInterrupted, batch.headers.count < context.limit {
      finish(context, into: &batch, &findings)
    }
    if batch.headers.count > 0 { setTimeBase() }
    batch.channels = channels.names
    return position
  }

  private mutating func setTimeBase() { timeBase = hasDate ? .absolute : .relative }

  // MARK: File header

  private mutating func takeFileHeader(
    _ bytes: UnsafeRawBufferPointer, _ context: ParseContext, _ findings: inout CANLogFindings
  ) -> Int {
    state = .object
    guard bytes.count >= Self.fileHeaderSize,
      UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == Self.signature
    else {
      // Forced upon a file that begins elsewhere: its objects may be sound.
      return 0
    }
    func field(_ index: Int) -> Int64 {
      Int64(
        UInt16(
          littleEndian: bytes.loadUnaligned(fromByteOffset: 40 + 2 * index, as: UInt16.self)))
    }
    // Year, month, day of week, day, hour, minute, second, millisecond.
    let seconds = CivilDate.seconds(
      year: field(0), month: field(1), day: field(3), hour: field(4), minute: field(5),
      second: field(6))
    if let seconds, field(7) < 1000 {
      let local = seconds - Int64(options.utcOffset)
      let (whole, overflow) = local.multipliedReportingOverflow(by: 1_000_000_000)
      let (time, overflowToo) = whole.addingReportingOverflow(field(7) * 1_000_000)
      if !overflow && !overflowToo {
        start = time
        hasDate = true
      }
    } else if (0..<8).contains(where: { field($0) != 0 }) {
      findings.add(
        CANLogFinding(
          code: .damaged, line: nil, column: nil, byteOffset: 40,
          reason: "the start of the recording is no date; times count from it"))
    }
    let size = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    if size > Self.fileHeaderSize && size <= 65_536 { state = .skip(size - Self.fileHeaderSize) }
    return Self.fileHeaderSize
  }

  // MARK: Objects of the file

  /// Finds the next object and opens it, or passes over what is none.
  private mutating func takeOuter(
    _ bytes: UnsafeRawBufferPointer, _ context: ParseContext, _ offset: Int64,
    into batch: inout CANFrameBatch, _ findings: inout CANLogFindings
  ) -> Int {
    guard let distance = Self.nextSignature(in: bytes) else {
      // The last three bytes may be the beginning of a signature.
      let count = context.isEnd ? bytes.count : max(0, bytes.count - 3)
      if count > Self.mostPadding || isLost {
        if count > 0 { reportLost(offset, &findings) }
        needsMore = count == 0
        return count
      }
      if context.isEnd, count > 0, bytes.contains(where: { $0 != 0 }) {
        report(.truncated, offset, "the file ends in mid-object", &findings)
        isEndReported = true
      }
      needsMore = !context.isEnd
      return context.isEnd ? count : 0
    }
    if distance > 0 {
      if distance > Self.mostPadding { reportLost(offset, &findings) }
      return distance
    }
    guard let object = BLFObject(bytes) else {
      guard context.isEnd else { return wait() }
      report(.truncated, offset, "the file ends in the header of an object", &findings)
      isEndReported = true
      return bytes.count
    }
    if object.kind == BLFObject.Kind.container {
      guard bytes.count >= 32 || context.isEnd else { return wait() }
      guard bytes.count >= 32 else {
        report(.truncated, offset, "the file ends in the header of a container", &findings)
        isEndReported = true
        return bytes.count
      }
      return openContainer(object, bytes, offset, &findings)
    }
    if object.isFrame, object.size >= 32, object.size <= BLFObject.longestFrame {
      switch Self.place(of: object, in: bytes, isLast: context.isEnd) {
      case .unknown: return wait()
      case .cutOff:
        report(.truncated, offset, "the file ends in mid-object", &findings)
        isEndReported = true
        return bytes.count
      case .overlapped(let distance):
        report(.damaged, offset, "an object is longer than the place it has", &findings)
        return distance
      case .sound: break
      }
      isLost = false
      let whole = UnsafeRawBufferPointer(rebasing: bytes[..<object.size])
      if let fault = object.append(whole, start: start, channels: &channels, to: &batch) {
        report(.damaged, offset, "a damaged object: \(fault)", &findings)
      }
      return object.size
    }
    guard !object.isFrame, object.size >= BLFObject.baseHeaderSize,
      object.size <= Self.longestObject
    else {
      report(.damaged, offset, "an object with an impossible size (\(object.size))", &findings)
      isLost = true
      return 4
    }
    noteLoss(object, offset, &findings)
    isLost = false
    state = .skip(object.size)
    return 0
  }

  private mutating func wait() -> Int {
    needsMore = true
    return 0
  }

  /// Whether an object ends where its size says.
  private enum Place {
    case sound
    /// Another object begins in it, at this distance from its beginning: its size is wrong.
    case overlapped(Int)
    /// More bytes are needed to say.
    case unknown
    /// It is not there as a whole, and nothing comes behind.
    case cutOff
  }

  @inline(__always)
  private static func place(
    of object: BLFObject, in bytes: UnsafeRawBufferPointer, isLast: Bool
  ) -> Place {
    let follower = object.size + mostPadding + 4
    if bytes.count >= follower {
      if isFollowed(bytes, at: object.size) { return .sound }
    } else if !isLast {
      return .unknown
    } else if bytes.count >= object.size, bytes.count - object.size <= mostPadding {
      return .sound
    }
    let inside = UnsafeRawBufferPointer(rebasing: bytes[4..<min(object.size, bytes.count)])
    if let distance = nextSignature(in: inside) { return .overlapped(4 + distance) }
    return bytes.count >= object.size ? .sound : .cutOff
  }

  private mutating func openContainer(
    _ object: BLFObject, _ bytes: UnsafeRawBufferPointer, _ offset: Int64,
    _ findings: inout CANLogFindings
  ) -> Int {
    let method = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt16.self))
    guard method == 0 || method == 2 else {
      report(.damaged, offset, "a container packed by unknown method \(method)", &findings)
      isLost = true
      return 4
    }
    containerOffset = offset
    isLost = false
    var left = object.size - 32
    if left < 0 {
      // A recorder that was cut off writes the size last. What is packed knows its own end.
      let unpacked = Int(
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt32.self)))
      report(.damaged, offset, "a container without its size", &findings)
      left = method == 2 ? Int.max : unpacked
    }
    if method == 2 && !inflater.begin() {
      report(.damaged, offset, "no memory to unpack a container", &findings)
      state = .skip(left)
      return 32
    }
    objects.setMark()
    state = .container(left: left, isCompressed: method == 2)
    return 32
  }

  // MARK: Containers

  private mutating func takeContainer(
    _ bytes: UnsafeRawBufferPointer, _ context: ParseContext, left: Int, isCompressed: Bool,
    into batch: inout CANFrameBatch, _ findings: inout CANLogFindings
  ) -> Int {
    let input = UnsafeRawBufferPointer(rebasing: bytes[..<min(left, bytes.count)])
    let room = objects.makeRoom()
    var taken = 0
    var given = 0
    var outcome = Inflater.Outcome.more
    if isCompressed {
      (taken, given, outcome) = inflater.inflate(input, to: room)
    } else {
      taken = min(input.count, room.count)
      given = taken
      if taken > 0, let source = input.baseAddress {
        room.baseAddress?.copyMemory(from: source, byteCount: taken)
      }
    }
    objects.fill(given)
    let after = left == Int.max ? left : left - taken
    state = .container(left: after, isCompressed: isCompressed)
    switch outcome {
    case .ended:
      inflater.close()
      // What is left of the container behind its data: padding, or a wrong size.
      state = after > 0 && after <= Self.mostPadding ? .skip(after) : .object
      if after > Self.mostPadding && left != Int.max {
        report(.damaged, containerOffset, "a container is longer than its data", &findings)
      }
    case .damaged:
      inflater.close()
      report(
        .damaged, containerOffset,
        "the packed data of a container is damaged; its frames are left out", &findings)
      // Its size may be damaged too: the next signature leads on.
      state = .object
      dropContainer(context, into: &batch, &findings)
      return taken
    case .more:
      // All input was given and all that came of it was taken.
      let isDrained = !isCompressed || given < room.count
      if after == 0 && isDrained {
        if isCompressed {
          inflater.close()
          report(.damaged, containerOffset, "a container ends before its data does", &findings)
          state = .object
          dropContainer(context, into: &batch, &findings)
          return taken
        }
        state = .object
      }
    }
    if mayTake { takeObjects(context, isLast: false, into: &batch, &findings) }
    if case .container = state { needsMore = taken == 0 && given == 0 }
    return taken
  }

  /// zlib knows only at the end of its data whether all of it was right: until then nothing is taken from it, as long
  /// as there is room. No value of a damaged container is given out.
  private var mayTake: Bool {
    if case .container(_, let isCompressed) = state { return !isCompressed || objects.isFull }
    return true
  }

  /// Drops what a damaged container gave, and takes what came whole before it.
  private mutating func dropContainer(
    _ context: ParseContext, into batch: inout CANFrameBatch, _ findings: inout CANLogFindings
  ) {
    objects.truncateToMark()
    isBeforeDamage = true
    takeBeforeDamage(context, into: &batch, &findings)
  }

  /// Takes the objects that came before a damaged container, as many as the batch has room for; in the end drops the one that
  /// began there and would have ended in it.
  private mutating func takeBeforeDamage(
    _ context: ParseContext, into batch: inout CANFrameBatch, _ findings: inout CANLogFindings
  ) {
    takeObjects(context, isLast: true, into: &batch, &findings)
    guard !isInterrupted else { return }
    objects.removeAll()
    objectSkip = 0
    isBeforeDamage = false
    isLost = true
  }

  /// Takes the objects out of what was unpacked.
  ///
  /// - Parameter isLast: nothing comes behind.
  private mutating func takeObjects(
    _ context: ParseContext, isLast: Bool, into batch: inout CANFrameBatch,
    _ findings: inout CANLogFindings
  ) {
    while true {
      if objectSkip > 0 {
        let count = min(objectSkip, objects.unread.count)
        objects.consume(count)
        objectSkip -= count
        if objectSkip > 0 { return }
      }
      guard batch.headers.count < context.limit else {
        isInterrupted = objects.unread.count > 0
        return
      }
      let bytes = objects.unread
      guard bytes.count >= BLFObject.baseHeaderSize else { return }
      guard let object = BLFObject(bytes) else {
        let distance = Self.nextSignature(in: bytes)
        if distance ?? bytes.count > Self.mostPadding { reportLost(containerOffset, &findings) }
        objects.consume(distance ?? bytes.count - 3)
        continue
      }
      let size = object.size
      let limit = object.isFrame ? BLFObject.longestFrame : Self.longestObject
      guard size >= BLFObject.baseHeaderSize, size <= limit else {
        report(
          .damaged, containerOffset, "an object with an impossible size (\(size))", &findings)
        isLost = true
        objects.consume(4)
        continue
      }
      if object.isFrame || size < Self.checkedSize {
        switch Self.place(of: object, in: bytes, isLast: isLast) {
        case .unknown, .cutOff: return
        case .overlapped(let distance):
          report(
            .damaged, containerOffset, "an object is longer than the place it has", &findings)
          objects.consume(distance)
          continue
        case .sound: break
        }
      }
      isLost = false
      if object.isFrame {
        let whole = UnsafeRawBufferPointer(rebasing: bytes[..<size])
        if let fault = object.append(whole, start: start, channels: &channels, to: &batch) {
          report(.damaged, containerOffset, "a damaged object: \(fault)", &findings)
        }
        objects.consume(size)
      } else {
        noteLoss(object, containerOffset, &findings)
        objectSkip = size
      }
    }
  }

  /// Whether an object begins behind `size` bytes and their padding.
  @inline(__always)
  private static func isFollowed(_ bytes: UnsafeRawBufferPointer, at size: Int) -> Bool {
    for padding in 0...mostPadding {
      let word = bytes.loadUnaligned(fromByteOffset: size + padding, as: UInt32.self)
      if UInt32(littleEndian: word) == BLFObject.signature { return true }
    }
    return false
  }

  // MARK: The end

  private mutating func finish(
    _ context: ParseContext, into batch: inout CANFrameBatch, _ findings: inout CANLogFindings
  ) {
    takeObjects(context, isLast: true, into: &batch, &findings)
    guard !isInterrupted, !isEndReported else { return }
    isEndReported = true
    let offset = context.byteOffset
    switch state {
    case .fileHeader, .object:
      if objects.unread.count >= BLFObject.baseHeaderSize || objectSkip > 0 {
        report(.truncated, containerOffset, "the last container ends in mid-object", &findings)
      }
    case .container(let left, _):
      let missing = left == Int.max ? "" : ": \(left) bytes of its last container are missing"
      report(.truncated, offset, "the file is cut off\(missing)", &findings)
    case .skip(let left) where left > Self.mostPadding:
      report(.truncated, offset, "the file ends in mid-object", &findings)
    case .skip: break
    }
  }

  // MARK: Findings

  private static func nextSignature(in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress else { return nil }
    var position = 0
    while position + 4 <= bytes.count,
      let found = memchr(base + position, 0x4C, bytes.count - position - 3)
    {
      position = UnsafeRawPointer(found) - base
      let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)
      if UInt32(littleEndian: word) == BLFObject.signature { return position }
      position += 1
    }
    return nil
  }

  /// The recorder's own word that something is missing here.
  private func noteLoss(
    _ object: BLFObject, _ offset: Int64, _ findings: inout CANLogFindings
  ) {
    guard object.kind == BLFObject.Kind.dataLostBegin else { return }
    report(.framesDropped, offset, "the recorder lost data here", &findings)
  }

  private mutating func reportLost(_ offset: Int64, _ findings: inout CANLogFindings) {
    guard !isLost else { return }
    isLost = true
    report(
      .damaged, offset, "what stands here is no object; the next one is looked for", &findings)
  }

  private func report(
    _ code: CANLogFinding.Code, _ offset: Int64, _ reason: String,
    _ findings: inout CANLogFindings
  ) {
    findings.add(
      CANLogFinding(code: code, line: nil, column: nil, byteOffset: offset, reason: reason))
  }
}
