import Foundation
import Synchronization
import TestSupport
import Testing

/// Stands between a client and a device and cuts, delays, reorders, splits, doubles and corrupts the answers, as its seed wants it.
///
/// It does only what a client can notice: Modbus TCP has no checksum, so that there only headers are corrupted; of serial frames any bit is.
final class MischievousProxy: Sendable {
  enum Framing: Sendable { case tcp, rtu }

  let port: UInt16
  private let listener: Int32
  private let target: UInt16
  private let framing: Framing
  private let seed: UInt64
  private let isCalm = Atomic(false)
  private let written = Mutex<[UInt16: Int]>([:])
  private let deeds = Mutex<[String: Int]>([:])

  /// How often each value of function 6 passed on its way to the device.
  var writes: [UInt16: Int] { written.withLock { $0 } }
  /// What has been done, and how often.
  var statistics: [String: Int] { deeds.withLock { $0 } }

  /// How long a late answer is held back at least and at most, µs.
  private let lateness: ClosedRange<UInt32>

  init(
    to target: UInt16, framing: Framing = .tcp, seed: UInt64, lateness: ClosedRange<UInt32>
  ) throws {
    self.target = target
    self.framing = framing
    self.seed = seed
    self.lateness = lateness
    (listener, port) = try Self.listen()
    Thread.detachNewThread { [self] in
      var number: UInt64 = 0
      while true {
        let client = Loopback.accept(listener)
        guard client >= 0 else { return }
        number += 1
        serve(client, number)
      }
    }
  }

  /// From now on everything passes as it is.
  func calmDown() { isCalm.store(true, ordering: .relaxed) }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func listen() throws -> (Int32, UInt16) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, 64) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(isListening)
    return (descriptor, UInt16(bigEndian: address.sin_port))
  }

  /// One client: a thread for each direction.
  private func serve(_ client: Int32, _ number: UInt64) {
    let device = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = target.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(device, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      close(client)
      close(device)
      return
    }
    var option: Int32 = 1
    setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &option, 4)
    let wire = Wire(client: client, device: device)
    Thread.detachNewThread { [self] in carryRequests(wire, SeededGenerator(seed: seed &+ number)) }
    Thread.detachNewThread { [self] in
      carryAnswers(wire, SeededGenerator(seed: seed &* 31 &+ number))
    }
  }

  /// Both descriptors; closed when both threads and all late answers are done with them.
  private final class Wire: Sendable {
    let client: Int32
    let device: Int32
    private let answering = Mutex(())

    init(client: Int32, device: Int32) {
      self.client = client
      self.device = device
    }

    deinit {
      close(client)
      close(device)
    }

    /// Sends the pieces of an answer, without another answer between them: no client could tell that.
    func answer(_ pieces: [[UInt8]]) {
      answering.withLock { _ in
        for piece in pieces { MischievousProxy.send(piece, to: client) }
      }
    }

    func end() {
      shutdown(client, Int32(SHUT_RDWR))
      shutdown(device, Int32(SHUT_RDWR))
    }
  }

  fileprivate static func send(_ bytes: [UInt8], to descriptor: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  private static func receive(_ descriptor: Int32, into buffer: inout [UInt8]) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffer += chunk[..<count]
    return true
  }

  // MARK: - To the device

  private func carryRequests(_ wire: Wire, _ generator: SeededGenerator) {
    var generator = generator
    var buffer: [UInt8] = []
    while Self.receive(wire.client, into: &buffer) {
      while let request = takeRequest(&buffer, &generator) {
        if request[7] == 6 {
          let value = UInt16(request[10]) << 8 | UInt16(request[11])
          written.withLock { $0[value, default: 0] += 1 }
        }
        Self.send(request, to: wire.device)
      }
    }
    wire.end()
  }

  /// The next request as a frame of Modbus TCP.
  private func takeRequest(_ buffer: inout [UInt8], _ generator: inout SeededGenerator) -> [UInt8]?
  {
    switch framing {
    case .tcp:
      guard buffer.count >= 6 else { return nil }
      let length = 6 + Int(buffer[4]) << 8 + Int(buffer[5])
      guard buffer.count >= length else { return nil }
      defer { buffer.removeFirst(length) }
      return Array(buffer[..<length])
    case .rtu:
      // The client has one request under way, and all that are used here have eight bytes.
      guard buffer.count >= 8 else { return nil }
      var frame = Array(buffer[..<8])
      buffer.removeFirst(8)
      if !isCalm.load(ordering: .relaxed), Int.random(in: 0..<40, using: &generator) == 0 {
        flip(&frame, in: 0..<8, &generator)
      }
      guard RTUFrame.isSound(frame) else { return takeRequest(&buffer, &generator) }
      return [0, 0, 0, 0, 0, 6] + frame[..<6]
    }
  }

  // MARK: - To the client

  private func carryAnswers(_ wire: Wire, _ generator: SeededGenerator) {
    var generator = generator
    var buffer: [UInt8] = []
    // Answers that let the next ones pass.
    var passed: [[UInt8]] = []
    while Self.receive(wire.device, into: &buffer) {
      while buffer.count >= 6 {
        let length = 6 + Int(buffer[4]) << 8 + Int(buffer[5])
        guard buffer.count >= length else { break }
        var frame = Array(buffer[..<length])
        buffer.removeFirst(length)
        if framing == .rtu { frame = RTUFrame.adding(checkTo: Array(frame[6...])) }
        guard carry(frame, wire, &passed, &generator) else { return wire.end() }
      }
    }
    wire.end()
  }

  private func note(_ deed: String) { deeds.withLock { $0[deed, default: 0] += 1 } }

  private func flip(
    _ frame: inout [UInt8], in range: Range<Int>, _ generator: inout SeededGenerator
  ) {
    frame[Int.random(in: range, using: &generator)] ^=
      1 << UInt8.random(in: 0..<8, using: &generator)
  }

  /// False when the connection is to end.
  private func carry(
    _ frame: [UInt8], _ wire: Wire, _ passed: inout [[UInt8]], _ generator: inout SeededGenerator
  ) -> Bool {
    var frame = frame
    func send(_ bytes: [UInt8]) { wire.answer([bytes]) }
    let deed = isCalm.load(ordering: .relaxed) ? 99 : Int.random(in: 0..<100, using: &generator)
    switch deed {
    case 0..<2:
      note("dropped")
    case 2..<4:
      note("late")
      let delay = UInt32.random(in: lateness, using: &generator)
      Thread.detachNewThread { [frame] in
        usleep(delay)
        wire.answer([frame])
      }
    case 4..<9 where framing == .tcp:
      note("passed")
      passed.append(frame)
      return true
    case 9..<19:
      note("split")
      var pieces: [[UInt8]] = []
      while frame.count > 1 {
        let count = Int.random(in: 1..<frame.count, using: &generator)
        pieces.append(Array(frame[..<count]))
        frame.removeFirst(count)
      }
      wire.answer(pieces + [frame])
    case 19..<24:
      note("doubled")
      // On a serial line the second one would be another's answer.
      send(framing == .tcp ? frame + frame : frame)
    case 24..<28:
      note("corrupted")
      flip(&frame, in: 0..<(framing == .tcp ? 9 : frame.count), &generator)
      send(frame)
    case 28..<32:
      note("noise")
      // No noise that looks like a header's beginning of an answer under way.
      let count = Int.random(in: 1...20, using: &generator)
      send((0..<count).map { _ in UInt8.random(in: 0x90...0xFF, using: &generator) } + frame)
    case 32..<34:
      note("cut")
      send(Array(frame[..<Int.random(in: 0..<frame.count, using: &generator)]))
      return false
    case 34..<36:
      note("reset")
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        wire.client, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
      return false
    default: send(frame)
    }
    // Those that were passed follow now, in disorder.
    passed.shuffle(using: &generator)
    for other in passed { send(other) }
    passed.removeAll()
    return true
  }
}

/// The check of serial frames, as the specification's appendix computes it bit by bit.
enum RTUFrame {
  static func check(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var register: UInt16 = 0xFFFF
    for byte in bytes {
      register ^= UInt16(byte)
      for _ in 0..<8 {
        register = register & 1 == 1 ? register >> 1 ^ 0xA001 : register >> 1
      }
    }
    return [UInt8(register & 255), UInt8(register >> 8)]
  }

  static func adding(checkTo bytes: [UInt8]) -> [UInt8] { bytes + check(bytes) }

  static func isSound(_ frame: [UInt8]) -> Bool {
    frame.count > 2 && Array(frame.suffix(2)) == check(frame.dropLast(2))
  }
}
