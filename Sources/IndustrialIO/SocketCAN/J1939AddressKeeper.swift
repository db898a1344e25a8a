internal import CANCore
internal import CSocketCAN
internal import Glibc
internal import IOThreads
internal import Synchronization

/// Claims an address and keeps it, on a thread of its own, with a raw socket beside the kernel's J1939: the kernel watches claims,
/// but leaves making and defending them to programs.
///
/// The thread keeps this object alive until `stop`.
final class J1939AddressKeeper: Sendable {
  private enum Start {
    case open
    case awaited(CheckedContinuation<UInt8?, Never>)
    case over(UInt8?)
  }

  private let bus: CANBus
  private let wake: WakeSignal
  private let isStopped = Atomic(false)
  private let start = Mutex(Start.open)

  /// Opens the socket.
  init(_ interface: String) throws(CANBusError) {
    func filter(_ format: UInt32) -> CANFilter {
      CANFilter(
        identifier: CANIdentifier.extendedFlag | format << 16,
        mask: CANIdentifier.extendedFlag | 0x3FF_0000)
    }
    var options = CANBusOptions()
    options.allowsFD = false
    bus = try CANBus(interface, filters: [filter(0xEE), filter(0xEA)], options: options)
    do throws(SystemFailure) {
      wake = try WakeSignal()
    } catch {
      throw CANBusError(errno: error.errorNumber, doing: error.call, interface: interface)
    }
  }

  /// Begins to claim. `didChange` is called on the thread with each address that is ours, and nil when there is none.
  func begin(
    name: J1939Name, addresses: [UInt8], didChange: @escaping @Sendable (UInt8?) -> Void
  ) throws(CANBusError) {
    do throws(SystemFailure) {
      try OwnedThread.start(name: "j1939-name") { [self] in
        run(name, addresses, didChange)
        settleStart(nil)
      }
    } catch {
      throw CANBusError(
        errno: error.errorNumber, doing: error.call, interface: bus.interface)
    }
  }

  /// Ends the thread, soon.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    wake.raise()
  }

  /// Waits for the first address; nil when all are others', or `stop` was called.
  func firstAddress() async -> UInt8? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let (isOver, address): (Bool, UInt8?) = start.withLock { start in
          if case .over(let address) = start { return (true, address) }
          start = .awaited(continuation)
          return (false, nil)
        }
        if isOver { continuation.resume(returning: address) }
      }
    } onCancel: {
      stop()
    }
  }

  private func settleStart(_ address: UInt8?) {
    let continuation: CheckedContinuation<UInt8?, Never>? = start.withLock { start in
      defer { if case .over = start {} else { start = .over(address) } }
      if case .awaited(let continuation) = start { return continuation }
      return nil
    }
    continuation?.resume(returning: address)
  }

  private func run(
    _ name: J1939Name, _ addresses: [UInt8], _ didChange: (UInt8?) -> Void
  ) {
    var claim = J1939AddressClaim(name: name, addresses: addresses, now: Self.now)
    var receiver = CANReceiver(bus)
    var batch = CANFrameBatch()
    var known: UInt8?
    var isBlocked = false
    while !isStopped.load(ordering: .acquiring) {
      // What can't be sent, as the interface is down or its queue full, is sent later.
      let wasBlocked = isBlocked
      isBlocked = !send(&claim)
      if wasBlocked, !isBlocked { claim.didSendLate(at: Self.now) }
      var milliseconds: Int32 = isBlocked ? 50 : -1
      if !isBlocked, let deadline = claim.deadline {
        milliseconds = Int32(clamping: (max(0, deadline &- Self.now) + 999_999) / 1_000_000)
      }
      do throws(CANBusError) {
        if try receiver.next(into: &batch, stop: wake.descriptor, milliseconds: milliseconds)
          == .frames
        {
          let now = Self.now
          for frame in batch { claim.take(frame, at: now) }
        }
      } catch {
        // The interface went down.
        claim.beginAgain(at: Self.now)
        isBlocked = true
        var entry = pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, 50)
      }
      if !isBlocked { claim.expire(at: Self.now) }
      switch claim.state {
      case .claimed(let address):
        if known != address { didChange(address) }
        known = address
        settleStart(address)
      case .none:
        if known != nil { didChange(nil) }
        known = nil
        if claim.deadline == nil { settleStart(nil) }
      case .claiming:
        if known != nil { didChange(nil) }
        known = nil
      }
    }
  }

  /// Sends what the claim wants sent; false when something is left.
  private func send(_ claim: inout J1939AddressClaim) -> Bool {
    while let frame = claim.output.first {
      guard bus.sendNow(frame) == 0 else { return false }
      claim.output.removeFirst()
    }
    return true
  }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
